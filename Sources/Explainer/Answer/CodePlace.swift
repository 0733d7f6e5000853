// CodePlace.swift — where this project does what a note tells of.
// Explainer › Answer.

import Base

/// A place in this project's sources: `path` or `path#symbol` in a note.
package struct CodePlace: Sendable, Equatable {
    package let path: String
    package let symbol: String?
    /// Where the symbol is declared, or else the type that the file is named after, or the first one; from 1. Nil when the program has left
    /// its sources behind.
    package let line: Int?

    /// - Parameter project: the folder that paths start from.
    package init?(_ text: String, in project: String?) {
        let parts = text.split(separator: "#", maxSplits: 1).map(String.init)
        guard let path = parts.first else { return nil }
        self.path = path
        symbol = parts.count > 1 ? parts[1] : nil
        let name = symbol ?? path.split(separator: "/").last?.split(separator: ".").first.map(String.init)
        line = project.flatMap { Self.line(declaring: name ?? "", in: $0 + "/" + path) }
    }

    private static let keywords: Set<String> = [
        "struct", "class", "enum", "protocol", "actor", "extension", "func", "let", "var", "case", "typealias",
    ]
    private static let byteLimit = 1 << 20

    /// The first line with a keyword and the name behind it; else, the file's first declaration. - Complexity: O(bytes).
    private static func line(declaring name: String, in path: String) -> Int? {
        guard let bytes = try? ReadFile.bytes(path, limit: byteLimit) else { return nil }
        let lines = String(decoding: bytes, as: UTF8.self).split(separator: "\n", omittingEmptySubsequences: false)
        func declares(_ line: Substring, _ isWanted: (Substring) -> Bool) -> Bool {
            let words = line.split { !($0.isLetter || $0.isNumber || $0 == "_" || $0 == "/") }
            return zip(words, words.dropFirst()).contains { keywords.contains(String($0)) && isWanted($1) }
        }
        let index =
            lines.firstIndex { declares($0) { $0 == name } }
            ?? lines.firstIndex { $0.first?.isLetter == true && declares($0) { _ in true } }
        return index.map { $0 + 1 }
    }

    /// As editors and compilers write it.
    package var description: String { line.map { "\(path):\($0)" } ?? path }
}
