// QuestionSet.swift — questions whose right notes are known: Tests/Fixtures/questions.jsonl.
// Explainer › Evaluation.  What is fitted sees `tune` alone; what is reported is `held-out`.

internal import Base
internal import Retrieval

/// One question of the evaluation set.
package struct JudgedQuestion: Sendable {
    package enum Kind: String, CaseIterable, Sendable {
        case answerable, foreign
        /// Of the notes' field, and no note answers it.
        case nearMiss = "near-miss"
    }

    package enum Split: String, CaseIterable, Sendable { case tune, heldOut = "held-out" }

    package let id: String
    package let query: String
    /// What was asked before.
    package var turns: [String]
    package let style: String
    package let kind: Kind
    package let split: Split
    /// The notes that answer it; empty unless answerable.
    package let notes: [NoteID]
    /// The note that the answer before quoted, where that is given.
    package var shown: NoteID?
    /// How the sentences that answer it begin, where that is known.
    package var answers: [String] = []
    /// Its place in the list of what the notes do not answer, if that is where it comes from.
    package var listed: OtherQuestions.Place?

    package var conversation: [ConversationTurn] {
        turns.enumerated().map { place, turn in
            ConversationTurn(question: turn, notes: place == turns.count - 1 ? [shown].compactMap { $0 } : [])
        }
    }
}

package enum QuestionSet {
    /// - Throws: the first line that is no such question: `IngestError`.
    package static func read(_ path: String) throws -> [JudgedQuestion] {
        var questions: [JudgedQuestion] = []
        try JSONLines.forEach(path) { value, line in
            guard let id = value["id"]?.string, let query = value["query"]?.string,
                let style = value["style"]?.string,
                let kind = value["set"]?.string.flatMap({ JudgedQuestion.Kind(rawValue: $0) }),
                let split = value["split"]?.string.flatMap({ JudgedQuestion.Split(rawValue: $0) })
            else { throw IngestError(path, line: line, "it needs id, query, style, set and split") }
            let names = value["notes"]?.elements.compactMap { $0.string } ?? []
            let notes = names.compactMap { NoteID($0) }
            guard notes.count == names.count, (kind == .answerable) == !notes.isEmpty else {
                throw IngestError(path, line: line, "its notes do not fit its set '\(kind.rawValue)'")
            }
            questions.append(
                JudgedQuestion(
                    id: id, query: query, turns: value["turns"]?.elements.compactMap { $0.string } ?? [], style: style,
                    kind: kind, split: split, notes: notes, shown: value["shown"]?.string.flatMap { NoteID($0) },
                    answers: value["answers"]?.elements.compactMap { $0.string } ?? []))
        }
        return questions
    }

    /// Each first question after another of the list, which other notes answer: in a conversation the subject changes.
    package static func changingSubject(_ questions: [JudgedQuestion]) -> [JudgedQuestion] {
        let first = questions.filter(\.turns.isEmpty)
        return first.indices.compactMap { index in
            var question = first[index]
            let others = first[(index + 1)...] + first[..<index]
            let before = others.first { $0.kind == .answerable && Set($0.notes).isDisjoint(with: question.notes) }
            guard let before else { return nil }
            question.turns = [before.query]
            return question
        }
    }

    /// What the notes do not answer, as judged questions to fit on: everyday ones are foreign, neighboring ones near.
    package static func listed(_ others: OtherQuestions) -> [JudgedQuestion] {
        others.questions.enumerated().map { number, question in
            JudgedQuestion(
                id: "\(question.kind.rawValue)-\(number)", query: question.text, turns: [], style: "listed",
                kind: question.kind == .everyday ? .foreign : .nearMiss, split: .tune, notes: [],
                listed: others.place(number))
        }
    }
}
