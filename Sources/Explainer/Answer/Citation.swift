// Citation.swift — where a quoted sentence stands, so that anyone can look.
// Explainer › Answer.

package import Base

/// A whole sentence of a note's file. A note that changed since has another hash: a stale citation shows.
package struct Citation: Sendable, Equatable {
    package let note: NoteID
    package let question: String
    /// UTF-8 offsets in the note's file.
    package let range: Range<Int>
    package let contentHash: Hash128
    /// The bytes at `range`.
    package let quote: String

    /// - Precondition: `range` lies inside the note.
    package init(_ note: Note, _ range: Range<Int>) {
        self.note = note.id
        question = note.question
        self.range = range
        contentHash = note.contentHash
        quote = note.text(range)
    }
}

/// A piece of an answer: a quoted sentence, or words that are not the notes'.
package struct AnswerSpan: Sendable, Equatable {
    package let text: String
    /// Its place in the answer's list of citations; nil for a connecting phrase, and for words that nothing supports.
    package let citation: Int?
    /// Checked against its citation, and not found there; only of words that are the model's own.
    package var isUnsupported = false

    package init(text: String, citation: Int?, isUnsupported: Bool = false) {
        self.text = text
        self.citation = citation
        self.isUnsupported = isUnsupported
    }
}

extension NoteID {
    /// `loop-design` as people write it: `Loop design`.
    package var title: String {
        let words = slug.split(separator: "-").joined(separator: " ")
        return words.prefix(1).uppercased() + words.dropFirst()
    }
}
