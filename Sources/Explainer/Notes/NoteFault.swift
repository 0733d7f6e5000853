// NoteFault.swift — what is wrong with a note, and where.
// Explainer › Notes.

/// One fault, shown as `path:line: what`. Lines count from 1.
package struct NoteFault: Error, Equatable, Sendable, CustomStringConvertible {
    package let path: String
    package let line: Int
    package let what: String

    package init(_ path: String, _ line: Int, _ what: String) {
        self.path = path
        self.line = line
        self.what = what
    }

    package var description: String { "\(path):\(line): \(what)" }
}
