// Note.swift — one question of the field, and this project's own answer to it.
// Explainer › Notes.  The form is described in Corpus/README.md; NoteParser reads it.

package import Base

/// A note of the corpus, with the bytes it was read from: sections and citations are byte ranges of these.
package struct Note: Sendable {
    package enum Level: String, CaseIterable, Sendable { case junior, senior, staff }
    package enum Kind: String, CaseIterable, Sendable { case concept, design, coding, behavioural }

    package let id: NoteID
    package let question: String
    /// Other ways people ask the question: retrieval material, not text to quote.
    package let alsoAsked: [String]
    /// The subject's usual names and the shortest questions about it, which resemble each other: retrieval material, too.
    package let askedPlainly: [String]
    package let level: Level
    package let kind: Kind
    package let prerequisites: [NoteID]
    package let seeAlso: [NoteID]
    /// Papers and documents: `Author. "Title", year, identifier`.
    package let sources: [String]
    /// Files of this project, `Sources/Engine/X.swift` or `…#symbol`.
    package let code: [String]
    /// Computations of the text, `2 * 3 = 6` or `exp(2.3) ~ 9.97`; Tests/Corpus recomputes them.
    package let arithmetic: [String]
    /// The five sections, in the order of `Heading.allCases`.
    package let sections: [Section]

    /// The file as it was read: valid UTF-8.
    package let bytes: [UInt8]
    package let path: String
    /// Says whether a note has changed since it was indexed. Not a secret: the key is fixed.
    package let contentHash: Hash128
    /// For every key the line of its value, or of each item of its list (of the key, if the list is empty).
    let lines: [NoteKey: [Int]]

    package var topic: String { id.topic }

    package subscript(heading: Heading) -> Section { sections[heading.index] }

    /// The text of `range`, which is one of this note's: a section's, a sentence's.
    ///
    /// - Precondition: `range` lies inside `bytes`.
    package func text(_ range: Range<Int>) -> String { String(decoding: bytes[range], as: UTF8.self) }

    package func text(_ heading: Heading) -> String { text(self[heading].range) }

    /// The line, counted from 1, on which the byte at `offset` stands.
    package func line(atByte offset: Int) -> Int {
        1 + bytes[..<offset].count { $0 == UInt8(ascii: "\n") }
    }

    func fault(_ key: NoteKey, item: Int = 0, _ what: String) -> NoteFault {
        let lines = lines[key] ?? []
        return NoteFault(path, lines.indices.contains(item) ? lines[item] : lines.first ?? 1, what)
    }

    func fault(atByte offset: Int, _ what: String) -> NoteFault { NoteFault(path, line(atByte: offset), what) }
}

extension Note {
    /// The headings that every note has, in this order.
    package enum Heading: String, CaseIterable, Sendable {
        case shortAnswer = "Short answer"
        case explanation = "Explanation"
        case interviewersProbe = "What interviewers probe"
        case commonMistakes = "Common mistakes"
        case followUps = "Follow-ups"

        var index: Int { Self.allCases.firstIndex(of: self)! }
        /// The whole line in the file.
        var markdown: String { "## " + rawValue }
    }

    package struct Section: Equatable, Sendable {
        package let heading: Heading
        /// The bytes of the text in the file: no heading, no blank lines around it, no newline after it.
        package let range: Range<Int>
    }
}

/// The keys of the front matter, in their order.
enum NoteKey: String, CaseIterable, Sendable {
    case id, question
    case alsoAsked = "also_asked"
    case askedPlainly = "asked_plainly"
    case topic, level, kind, prerequisites
    case seeAlso = "see_also"
    case sources, code, arithmetic

    var isList: Bool {
        switch self {
        case .id, .question, .topic, .level, .kind: false
        case .alsoAsked, .askedPlainly, .prerequisites, .seeAlso, .sources, .code, .arithmetic: true
        }
    }
}
