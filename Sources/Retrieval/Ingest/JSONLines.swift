// JSONLines.swift — one JSON value a line.
// Retrieval › Ingest.

package import Base

/// A line that is not what it should be: where, and why.
package struct IngestError: Error, Equatable, CustomStringConvertible {
    package let path: String
    /// From 1; nil when the whole file is meant.
    package let line: Int?
    package let reason: String

    package init(_ path: String, line: Int? = nil, _ reason: String) {
        self.path = path
        self.line = line
        self.reason = reason
    }

    package var description: String { "\(path)\(line.map { ", line \($0)" } ?? ""): \(reason)" }
}

package enum JSONLines {
    /// Calls `body` with each line's value; empty lines are passed over.
    ///
    /// - Throws: `FileError`, `IngestError` for a line that is no JSON object, and what `body` throws.
    package static func forEach(_ path: String, _ body: (JSON, Int) throws -> Void) throws {
        let file = try MappedFile(path)
        try withExtendedLifetime(file) {
            var start = 0
            var number = 0
            while start < file.bytes.count {
                let rest = file.bytes[start...]
                let end = rest.firstIndex(of: UInt8(ascii: "\n")) ?? file.bytes.count
                number += 1
                let line = Array(file.bytes[start..<end])
                start = end + 1
                guard line.contains(where: { $0 > 0x20 }) else { continue }
                let value: JSON
                do throws(JSONError) { value = try JSON.parse(line) } catch {
                    throw IngestError(path, line: number, "column \(error.column): \(error.problem)")
                }
                guard value.kind == .object else {
                    throw IngestError(path, line: number, "expected an object, found \(value.kind)")
                }
                try body(value, number)
            }
        }
    }
}
