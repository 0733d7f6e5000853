// AnswerOptions.swift — how an answer is wanted.
// Explainer › Answer.

/// How an answer is held to the evidence.
package enum Grounding: String, CaseIterable, Sendable {
    /// Whole sentences of the notes and connecting phrases, nothing else: the decoder cannot say anything else.
    case strict
    /// The model's own words with `[n]` behind each sentence, checked afterwards.
    case cite
    /// The model's own words, unchecked, and said to be so.
    case free
}

/// What becomes of a sentence that its citation does not support.
package enum UnsupportedPolicy: String, CaseIterable, Sendable {
    /// It stays and is said to be unsupported.
    case mark
    case drop
}

package struct AnswerOptions: Sendable, Equatable {
    package static let sentenceCounts = 1...16
    /// Sentences that are asked of whoever finds evidence.
    package static let evidenceSentenceCount = 24

    package var grounding = Grounding.strict
    package var level = Note.Level.senior
    /// Sentences of the answer, the short answer's among them; nil: the level's usual number.
    package var sentenceCount: Int?
    /// For `cite` and `free`: 0 says the likeliest, any other number draws. Quotations are the same for every seed.
    package var seed: UInt64 = 0
    package var unsupported = UnsupportedPolicy.mark

    package init() {}

    /// Juniors get the core, everybody else the details too.
    package var answerSentenceCount: Int { sentenceCount ?? (level == .junior ? 5 : 8) }
    /// Sentences that the model chooses at least, however much there is to say before.
    package var leastChosenCount: Int { level == .junior ? 2 : 3 }
    /// Sentences of each section that follows the answer.
    package var sectionSentenceCount: Int { level == .junior ? 2 : 4 }
}
