// NextQuestion.swift — what a note's follow-ups ask, and where each answer stands.
// Explainer › Notes.

/// A line of "Follow-ups": `- *Question?* Answer.`
package struct NextQuestion: Sendable, Equatable {
    /// Without its emphasis.
    package let question: String
    /// The sentences of the answer, as UTF-8 offsets in the note's file.
    package fileprivate(set) var answer: [Range<Int>]
}

extension Note {
    /// In file order.
    package var nextQuestions: [NextQuestion] {
        var found: [NextQuestion] = []
        for range in Sentences.ranges(bytes, in: self[.followUps].range) {
            let text = text(range)
            if text.hasPrefix("*"), text.hasSuffix("?*") {
                found.append(NextQuestion(question: String(text.dropFirst().dropLast()), answer: []))
            } else if !found.isEmpty {
                found[found.count - 1].answer.append(range)
            }
        }
        return found
    }
}
