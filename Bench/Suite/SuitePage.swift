// SuitePage.swift — the part of Bench/README.md that the suite writes.
// Bench › Suite.

import Base

enum SuitePage {
    private static let begin = "<!-- suite: written by make bench -->"
    private static let end = "<!-- end of suite -->"

    struct Failure: Error, CustomStringConvertible { let description: String }

    /// Puts the tables between the two marks, and leaves everything else as it is.
    ///
    /// - Throws: `Failure` when a mark is missing, `FileError`.
    static func update(_ path: String, with tables: String) throws {
        let text = String(decoding: try ReadFile.bytes(path, limit: 4 << 20), as: UTF8.self)
        guard let page = replaced(text, with: tables) else {
            throw Failure(description: "\(path): the lines '\(begin)' and '\(end)' are not both there")
        }
        try AtomicFile.write(to: path) { try $0.write(page) }
    }

    /// - Returns: nil when a mark is missing.
    static func replaced(_ text: String, with tables: String) -> String? {
        let lines = text.split(separator: "\n", omittingEmptySubsequences: false).map { String($0) }
        guard let first = lines.firstIndex(of: begin), let last = lines[first...].firstIndex(of: end) else {
            return nil
        }
        return (lines[...first] + ["", tables, ""] + lines[last...]).joined(separator: "\n")
    }
}
