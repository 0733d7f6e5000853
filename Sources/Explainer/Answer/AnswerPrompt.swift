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
        self.sentences = sentences.sorted {
            ($0.note.id, $0.range.lowerBound) < ($1.note.id, $1.range.lowerBound)
        }
    }

    /// The notes and their sentences, without the question.
    package var notesText: String {
        var text = ""
        for (index, sentence) in sentences.enumerated() {
            if index == 0 || sentences[index - 1].note.id != sentence.note.id {
                text += (index == 0 ? "" : "\n") + "# \(sentence.note.question)\n"
            }
            text += sentence.line + "\n"
        }
        return text
    }

    package func messages(instruction: String = AnswerPrompt.instruction) -> [ChatMessage] {
        [
            ChatMessage(role: "system", content: instruction),
            ChatMessage(role: "user", content: notesText + "\nQuestion: \(question)"),
        ]
    }
}
