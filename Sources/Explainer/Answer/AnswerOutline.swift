// AnswerOutline.swift — which sentences an answer may be made of, before a model is asked.
// Explainer › Answer.

/// The short answer leads; then come the sentences that the model may choose from; other sections follow.
package struct AnswerOutline: Sendable {
    /// Of the best note's short answer; empty where the evidence is weak.
    package private(set) var lead: [AnswerSentence] = []
    /// Best first, none of them in `lead`.
    package private(set) var candidates: [AnswerSentence] = []
    package private(set) var sections: [(heading: Note.Heading, sentences: [AnswerSentence])] = []
    package private(set) var related: [Note] = []
    package private(set) var code: [CodePlace] = []

    /// Notes a prompt quotes.
    static let noteCount = 4
    /// Sentences a prompt quotes.
    static let promptSentenceCount = 24
    static let relatedCount = 6

    /// - Parameter note: looks up a note that another refers to.
    package init(_ evidence: Evidence, _ options: AnswerOptions, note: (NoteID) -> Note?) {
        let notes = evidence.notes.map(\.note)
        related = Self.related(to: notes, isDeclined: evidence.verdict.isDeclined, note)
        guard let best = notes.first, !evidence.verdict.isDeclined else { return }
        candidates = Self.candidates(evidence)
        guard evidence.verdict == .sufficient else {
            // The best ones, in an order that can be read: note by note, each from above.
            let order = Dictionary(uniqueKeysWithValues: notes.enumerated().map { ($1.id, $0) })
            candidates = candidates.prefix(options.answerSentenceCount).sorted { left, right in
                (order[left.note.id] ?? 0, left.range.lowerBound) < (order[right.note.id] ?? 0, right.range.lowerBound)
            }
            return
        }
        lead = Array(AnswerSentence.all(.shortAnswer, of: best).prefix(options.answerSentenceCount))
        candidates.removeAll { lead.contains($0) }
        candidates = Array(candidates.prefix(max(0, Self.promptSentenceCount - lead.count)))
        sections = Self.sections(of: best, options)
        code = best.code.compactMap(CodePlace.init)
    }

    /// Makes the prompt shorter by the sentence that matches least.
    mutating func removeLastCandidate() { candidates.removeLast() }

    /// Sentences that tell something, of the first few notes. Sections that follow anyway are not repeated.
    private static func candidates(_ evidence: Evidence) -> [AnswerSentence] {
        let notes = evidence.notes.prefix(noteCount).map(\.note)
        var candidates: [AnswerSentence] = []
        for sentence in evidence.sentences where sentence.heading != .interviewersProbe {
            guard let note = notes.first(where: { $0.id == sentence.note }) else { continue }
            let found = AnswerSentence(note: note, range: sentence.range, heading: sentence.heading)
            if found.stands, !candidates.contains(found) { candidates.append(found) }
        }
        return candidates
    }

    private static func sections(
        of note: Note, _ options: AnswerOptions
    ) -> [(heading: Note.Heading, sentences: [AnswerSentence])] {
        [Note.Heading.interviewersProbe, .commonMistakes, .followUps].map { heading in
            var sentences = AnswerSentence.all(heading, of: note)
            // What to ask next; its answer comes when it is asked.
            if heading == .followUps { sentences = sentences.filter(\.isQuestion) }
            return (heading, Array(sentences.prefix(options.sectionSentenceCount)))
        }
    }

    /// What was found besides, then what the best note refers to.
    private static func related(to notes: [Note], isDeclined: Bool, _ note: (NoteID) -> Note?) -> [Note] {
        var related: [Note] = []
        let linked = isDeclined ? [] : (notes.first?.seeAlso ?? []).compactMap(note)
        for other in Array(notes.dropFirst(isDeclined ? 0 : 1)) + linked
        where !related.contains(where: { $0.id == other.id }) && (isDeclined || other.id != notes.first?.id) {
            related.append(other)
        }
        return Array(related.prefix(relatedCount))
    }
}

/// A place in this project's sources: `path`, `path#symbol` in a note.
package struct CodePlace: Sendable, Equatable {
    package let path: String
    package let symbol: String?

    init?(_ text: String) {
        let parts = text.split(separator: "#", maxSplits: 1).map(String.init)
        guard let path = parts.first else { return nil }
        self.path = path
        symbol = parts.count > 1 ? parts[1] : nil
    }
}
