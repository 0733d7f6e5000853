// JSONError.swift — why a text is not JSON, and where.
// Base › JSON.

/// The first thing that is wrong with a text, with its place.
package struct JSONError: Error, Equatable, CustomStringConvertible {
    /// Counted from 1; columns count Unicode scalars.
    package let line: Int
    package let column: Int
    package let problem: Problem

    package init(line: Int, column: Int, problem: Problem) {
        self.line = line
        self.column = column
        self.problem = problem
    }

    package enum Problem: Error, Equatable {
        case unexpectedEnd(expected: String)
        case unexpected(UInt8, expected: String)
        case trailingText
        case tooDeep(limit: Int)
        case tooLarge
        case controlCharacter(UInt8)
        case invalidUTF8
        case invalidEscape
        case loneSurrogate
        case invalidNumber
        case numberTooLong(limit: Int)
    }

    package var description: String { "line \(line), column \(column): \(problem)" }
}

extension JSONError.Problem: CustomStringConvertible {
    package var description: String {
        switch self {
        case .unexpectedEnd(let expected): "expected \(expected), but the text ends here"
        case .unexpected(let byte, let expected): "expected \(expected), found \(Self.show(byte))"
        case .trailingText: "there is more text after the end of the value"
        case .tooDeep(let limit): "nested more than \(limit) levels deep"
        case .tooLarge: "the text is larger than 2 GiB"
        case .controlCharacter(let byte):
            "a string holds the control character \(Self.show(byte)); write it as an escape"
        case .invalidUTF8: "a string is not valid UTF-8"
        case .invalidEscape: "a string holds an escape that JSON does not have"
        case .loneSurrogate: "a string holds half of a surrogate pair"
        case .invalidNumber: "a number is not written as JSON requires"
        case .numberTooLong(let limit): "a number has more than \(limit) characters"
        }
    }

    /// A printable byte in quotes, any other in hexadecimal.
    private static func show(_ byte: UInt8) -> String {
        if (0x21...0x7E).contains(byte) { return "'\(Unicode.Scalar(byte))'" }
        let digits = String(byte, radix: 16, uppercase: true)
        return "byte 0x" + (digits.utf8.count < 2 ? "0" : "") + digits
    }
}
