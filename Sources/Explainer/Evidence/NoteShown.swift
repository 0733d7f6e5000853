// NoteShown.swift — what a question gets that is still about the note just quoted.
// Explainer › Evidence.  1. which of the quoted notes is meant  2. whether it stays  3. which of its sentences answer

/// The note that the last answer quoted, seen from the question behind it.
struct NoteShown: Sendable {
    let corpus: Corpus
    let vocabulary: Vocabulary
    let names: PlainNames
    let details: SubjectDetails

    /// The conversation with the note on the side that the question points at as the first of those quoted last.
    func meant(in conversation: [ConversationTurn], by side: String?) -> [ConversationTurn] {
        guard let side, let last = conversation.last,
            let meant = names.note(named: side, among: last.notes)
                ?? last.notes.first(where: { names.isAbout($0, all: [side]) })
        else { return conversation }
        let notes = [meant] + last.notes.filter { $0 != meant }
        return conversation.dropLast() + [ConversationTurn(question: last.question, notes: notes, answer: last.answer)]
    }

    /// The sentences of it that answer the question; nil if it is about something else. The note leads then.
    ///
    /// - Parameters:
    ///   - candidates: best first.
    ///   - vector: of the question alone, by the encoder of `details`.
    func continued(
        by question: UnderstoodQuestion, _ found: QuestionSearch, _ candidates: inout [NoteCandidate],
        in conversation: [ConversationTurn], vector: [Float]?
    ) throws -> SubjectDetails.Found? {
        let best = candidates.first.flatMap { corpus[$0.id] }
        guard let shown = found.lastShown, let note = corpus[shown], candidates.contains(where: { $0.id == shown })
        else { return nil }
        let isPointedAt = question.pointedSide.map { names.note(named: $0, among: [shown]) == shown } ?? false
        let stays =
            isPointedAt
            || SubjectKept(vocabulary: vocabulary).stays(
                with: note, isKnown: conversation.last?.notes.first == shown, before: best,
                found.own.first.flatMap { corpus[$0.id] }, for: question)
        guard stays else { return nil }
        NoteMerge.lead(&candidates, by: shown)
        let told = try details.found(
            in: note, for: question.own, after: question.earlier?.subject ?? [], vector: vector,
            said: conversation.map(\.answer))
        return told.sentences.isEmpty ? nil : told
    }
}
