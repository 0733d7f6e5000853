// AnswerPrompt.swift — the notes' sentences and the question, as the model was trained to see them.
// Explainer › Answer.  Order is chosen for the prefix cache: what questions have in common stands first.

package import Tokenization

/// A prompt in three parts: fixed words, the notes, the question.
///
///     system     Answer with sentences of the notes.
///     user       # <question of a note>        notes by id, so that equal sets of notes give equal beginnings
///                <sentence>                    in file order
///                <empty line>
///                Question: <the question>
package struct AnswerPrompt: Sendable {
    package static let instruction = "Answer with sentences of the notes."

    /// In the prompt's order.
    package let sentences: [AnswerSentence]
    private let question: String

    /// - Parameter sentences: in any order.
    package init(question: String, sentences: [AnswerSentence]) {
        self.question = AnswerSentence.line(question)
        self.sentences = sentences.inFileOrder
    }

    /// The notes and their sentences, without the question.
    private func notesText(isNumbered: Bool) -> String {
        var text = ""
        for (index, sentence) in sentences.enumerated() {
            if index == 0 || sentences[index - 1].note.id != sentence.note.id {
                text += (index == 0 ? "" : "\n") + "# \(sentence.note.question)\n"
            }
            text += (isNumbered ? "[\(index + 1)] " : "") + sentence.line + "\n"
        }
        return text
    }

    /// What the model is told for each grounding; numbers stand where they are to be cited.
    package func messages(_ grounding: Grounding = .strict) -> [ChatMessage] {
        let notes = notesText(isNumbered: grounding == .cite)
        return [
            ChatMessage(role: "system", content: Self.instruction(grounding)),
            ChatMessage(role: "user", content: notes + "\nQuestion: \(question)"),
        ]
    }

    private static func instruction(_ grounding: Grounding) -> String {
        switch grounding {
        case .strict: instruction
        case .cite:
            "Answer the question in a few sentences, with what the numbered sentences say and nothing else. "
                + "Put the number of its source behind each of your sentences, like this: [2]."
        case .free: "Answer the question in a few sentences."
        }
    }
}
