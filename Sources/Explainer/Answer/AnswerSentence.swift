// AnswerSentence.swift — a sentence of a note on its way into a prompt and an answer.
// Explainer › Answer.

import Base

/// A whole sentence that may be quoted.
package struct AnswerSentence: Sendable {
    package let note: Note
    package let range: Range<Int>
    package let heading: Note.Heading

    /// As the model reads and says it: one line. The citation keeps the file's bytes.
    package var line: String { Self.line(note.text(range)) }

    package var citation: Citation { Citation(note, range) }

    /// The sentences of one section, in file order.
    package static func all(_ heading: Note.Heading, of note: Note) -> [AnswerSentence] {
        Sentences.ranges(note.bytes, in: note[heading].range).map {
            AnswerSentence(note: note, range: $0, heading: heading)
        }
    }

    /// Line feeds, and the blanks around them, become one space.
    package static func line(_ text: String) -> String {
        guard text.utf8.contains(UInt8(ascii: "\n")) else { return text }
        return text.split(separator: "\n").map { $0.drop { $0 == " " } }.joined(separator: " ")
    }

    /// Asks instead of telling: the question of a follow-up.
    package var isQuestion: Bool { lastMark == UInt8(ascii: "?") }

    /// Tells something by itself: no question, no heading in bold letters, and no words before a table or a list that
    /// is not quoted.
    package var stands: Bool {
        let bytes = note.bytes[range]
        let isHeading = bytes.starts(with: "**".utf8) && bytes.reversed().starts(with: "**".utf8)
        return !isQuestion && !isHeading && lastMark != UInt8(ascii: ":")
    }

    /// Emphasis may stand behind the mark.
    private var lastMark: UInt8? { note.bytes[range].last { !"*_\"')".utf8.contains($0) } }
}

extension AnswerSentence: Equatable {
    package static func == (left: AnswerSentence, right: AnswerSentence) -> Bool {
        left.note.id == right.note.id && left.range == right.range
    }
}
