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

    /// The sentence at a range of the note's file, whatever section it stands in.
    package static func at(_ range: Range<Int>, of note: Note) -> AnswerSentence {
        let section = note.sections.first { $0.range.contains(range.lowerBound) }
        return AnswerSentence(note: note, range: range, heading: section?.heading ?? .explanation)
    }

    /// Line feeds, and the blanks around them, become one space.
    package static func line(_ text: String) -> String {
        guard text.utf8.contains(UInt8(ascii: "\n")) else { return text }
        return text.split(separator: "\n").map { $0.drop { $0 == " " } }.joined(separator: " ")
    }

    /// Asks instead of telling: the question of a follow-up.
    package var isQuestion: Bool { lastMark == UInt8(ascii: "?") }

    /// Tells something by itself: no question, no head of a paragraph, no words before a table or a list that is not quoted,
    /// and nothing that is about the sentence before it.
    package var stands: Bool {
        !isQuestion && !Sentences.isHead(note.bytes[range]) && lastMark != UInt8(ascii: ":") && !leans
    }

    /// Where its paragraph begins in the file.
    package var paragraphStart: Int {
        let bytes = note.bytes
        var start = range.lowerBound
        while start > 1, bytes[start - 1] != UInt8(ascii: "\n") || bytes[start - 2] != UInt8(ascii: "\n") { start -= 1 }
        return start > 1 ? start : 0
    }

    /// Begins with a word that points back: out of its place it would point at something else.
    private var leans: Bool {
        let text = note.bytes[range].drop { "*_\"'(".utf8.contains($0) }
        let word = text.prefix { UInt8(ascii: "a")...UInt8(ascii: "z") ~= $0 | 0x20 }
        let rest = text.dropFirst(word.count)
        // "This project" points at nothing before it.
        return Self.leaningWords.contains(String(decoding: word, as: UTF8.self)) && !rest.starts(with: " project".utf8)
    }

    private static let leaningWords: Set<String> = [
        "It", "Its", "This", "That", "These", "Those", "They", "Their", "Them", "He", "She", "Such", "So", "But", "And",
        "Or", "Then", "Thus", "Hence", "Therefore", "However", "Otherwise", "Instead", "Also", "Both", "Neither",
        "Either",
        "Here", "Still", "Yet", "Afterwards", "Conversely", "Similarly", "Likewise", "Again", "Another", "Others",
        "Nor",
    ]

    /// Emphasis may stand behind the mark.
    private var lastMark: UInt8? { note.bytes[range].last { !"*_\"')".utf8.contains($0) } }
}

extension [AnswerSentence] {
    /// By note, then as they stand in its file.
    package var inFileOrder: [AnswerSentence] {
        sorted { ($0.note.id, $0.range.lowerBound) < ($1.note.id, $1.range.lowerBound) }
    }
}

extension AnswerSentence: Equatable {
    package static func == (left: AnswerSentence, right: AnswerSentence) -> Bool {
        left.note.id == right.note.id && left.range == right.range
    }
}
