// ExampleNote.swift — a small note without a fault, and ways to break it.

import Explainer
import Testing

enum ExampleNote {
    static let path = "Corpus/decoding/example.md"

    static let text = """
        ---
        id: decoding/example
        question: How does an example note look here?
        also_asked:
          - example note form
          - what is the shape of a note in the corpus
          - notte exampel
        asked_plainly:
          - example note
          - example of notes
          - what is an example note
        topic: decoding
        level: junior
        kind: concept
        prerequisites: []
        see_also: [decoding/other, kv-cache/block-size]
        sources:
          - Nobody. "A title: with a colon", 2020
        code: []
        arithmetic:
          - 2 * 3 = 6
        ---
        ## Short answer
        Two times three blocks need 6 slots in the pool. The caf\u{e9} and the cafe\u{301} differ in their bytes.

        ## Explanation
        **Code.** A heading inside a code block is text:

        ```
        # no heading
        ```

        The last paragraph ends the section.

        ## What interviewers probe
        Whether the candidate multiplies before guessing.

        ## Common mistakes
        Forgetting a factor of two halves the answer.

        ## Follow-ups
        - *What if a factor changes?* The product changes in proportion.
        - *Who checks the number?* A script recomputes the entry.

        """

    /// The note with the first `old` replaced by `new`.
    static func replacing(_ old: String, with new: String) throws -> [UInt8] {
        let bytes = Array(text.utf8)
        let range = try #require(bytes.firstRange(of: Array(old.utf8)), "the example has no '\(old)'")
        return bytes[..<range.lowerBound] + Array(new.utf8) + bytes[range.upperBound...]
    }

    static func parse(_ text: String = text) throws -> Note {
        try NoteParser.parse(Array(text.utf8), path: path)
    }
}

/// One way to break the example, and the fault that this must give.
struct Breakage: Sendable, CustomTestStringConvertible {
    let old: String
    let new: String
    let line: Int
    let what: String

    init(_ old: String, _ new: String, line: Int, _ what: String) {
        (self.old, self.new, self.line, self.what) = (old, new, line, what)
    }

    var testDescription: String { "line \(line): \(what)" }
}
