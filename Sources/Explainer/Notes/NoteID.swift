// NoteID.swift — the name of a note, which is also its place.
// Explainer › Notes.

/// `topic/slug`: lower-case ASCII letters and digits, words joined by single hyphens. Ordered by bytes.
package struct NoteID: Hashable, Comparable, Sendable, CustomStringConvertible {
    package let topic: String
    package let slug: String

    package var description: String { topic + "/" + slug }

    /// Nil if `text` is not such a name.
    package init?(_ text: some StringProtocol) {
        let parts = text.utf8.split(separator: UInt8(ascii: "/"), omittingEmptySubsequences: false)
        guard parts.count == 2, parts.allSatisfy({ Self.isName(Array($0)) }) else { return nil }
        topic = String(decoding: parts[0], as: UTF8.self)
        slug = String(decoding: parts[1], as: UTF8.self)
    }

    package static func < (left: NoteID, right: NoteID) -> Bool {
        left.description.utf8.lexicographicallyPrecedes(right.description.utf8)
    }

    private static func isName(_ bytes: [UInt8]) -> Bool {
        bytes.split(separator: UInt8(ascii: "-"), omittingEmptySubsequences: false).allSatisfy { word in
            !word.isEmpty
                && word.allSatisfy {
                    (UInt8(ascii: "a")...UInt8(ascii: "z")).contains($0)
                        || (UInt8(ascii: "0")...UInt8(ascii: "9")).contains($0)
                }
        }
    }
}
