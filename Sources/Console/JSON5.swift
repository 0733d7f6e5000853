// JSON5.swift — configuration files: JSON that people write, with comments, trailing commas and bare keys.
// Console.  json5.org, version 1.0.0. Requests are strict JSON and go through JSONParser.

/// One value, with its place in the file for messages.
package struct JSON5: Sendable, Equatable {
    package indirect enum Value: Sendable, Equatable {
        case null
        case bool(Bool)
        /// As written: `0x1F`, `1.5`, `4096`; a plus sign is dropped.
        case number(String)
        case string(String)
        case array([JSON5])
        /// In the order of the file; no key occurs twice.
        case object([Member])
    }

    package struct Member: Sendable, Equatable {
        package let key: String
        package let line: Int
        package let column: Int
        package let value: JSON5
    }

    package let value: Value
    /// Counted from 1; columns count Unicode scalars.
    package let line: Int
    package let column: Int

    /// - Throws: `JSON5Error` with the place of the first thing that is wrong.
    package static func parse(_ bytes: [UInt8], maximumDepth: Int = 32) throws(JSON5Error) -> JSON5 {
        guard let text = String(validating: bytes, as: UTF8.self) else {
            let valid = String(decoding: bytes, as: UTF8.self).unicodeScalars.prefix { $0 != "\u{FFFD}" }
            let lines = valid.split(separator: "\n", omittingEmptySubsequences: false)
            throw JSON5Error(
                line: lines.count, column: (lines.last?.count ?? 0) + 1, problem: "the file is not valid UTF-8")
        }
        var parser = JSON5Parser(text, maximumDepth: maximumDepth)
        return try parser.document()
    }

    /// What the value is, with its article.
    package var kind: String {
        switch value {
        case .null: "null"
        case .bool: "true or false"
        case .number: "a number"
        case .string: "a string"
        case .array: "an array"
        case .object: "an object"
        }
    }
}

/// What is wrong with a configuration file, and where.
package struct JSON5Error: Error, Equatable, CustomStringConvertible {
    package let line: Int
    package let column: Int
    package let problem: String

    package init(line: Int, column: Int, problem: String) {
        self.line = line
        self.column = column
        self.problem = problem
    }

    package var description: String { "line \(line), column \(column): \(problem)" }
}
