// EvidenceFinding.swift — from a question, and what was said before it, to evidence.
// Explainer › Evidence.

/// One earlier turn of a conversation.
package struct ConversationTurn: Sendable, Equatable {
    package let question: String
    /// The notes that the answer quoted, best first; empty if it was declined or is not known.
    package let notes: [NoteID]
    /// What was answered, as far as it is known: it need not be said again.
    package let answer: String

    package init(question: String, notes: [NoteID] = [], answer: String = "") {
        self.question = question
        self.notes = notes
        self.answer = answer
    }
}

/// Finds evidence. A protocol so that the voice can be tested with evidence that is made up.
package protocol EvidenceFinding: Sendable {
    /// Makes ready what the first question would wait for; may take seconds. What fails here fails again when asked.
    func prepare()

    /// May take tens of milliseconds: call it on a worker thread.
    ///
    /// - Parameters:
    ///   - conversation: earlier turns, oldest first.
    ///   - sentenceCount: sentences wanted at most.
    /// - Throws: one line for a person.
    func evidence(for question: String, conversation: [ConversationTurn], sentenceCount: Int) throws -> Evidence
}
