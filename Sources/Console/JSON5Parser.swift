// JSON5Parser.swift — reads JSON5 by recursive descent, to a limited depth.
// Console.  Works on Unicode scalars: files are small, and white space and names are defined in them.

struct JSON5Parser {
    private let scalars: [Unicode.Scalar]
    private let maximumDepth: Int
    private var position = 0
    private var line = 1
    private var column = 1
    private var depth = 0

    init(_ text: String, maximumDepth: Int) {
        scalars = Array(text.unicodeScalars)
        self.maximumDepth = maximumDepth
    }

    mutating func document() throws(JSON5Error) -> JSON5 {
        try skipSpace()
        let value = try value()
        try skipSpace()
        guard position == scalars.count else { throw unexpected("the end of the file") }
        return value
    }

    // MARK: - Values

    private mutating func value() throws(JSON5Error) -> JSON5 {
        let (line, column) = (line, column)
        let value: JSON5.Value =
            switch peek {
            case "{": try nested { parser throws(JSON5Error) in .object(try parser.members()) }
            case "[": try nested { parser throws(JSON5Error) in .array(try parser.elements()) }
            case "\"", "'": .string(try string())
            case "+", "-", ".": .number(try number())
            case let digit? where Self.isDigit(digit): .number(try number())
            case let start? where Self.beginsName(start): try word()
            default: throw unexpected("a value")
            }
        return JSON5(value: value, line: line, column: column)
    }

    private mutating func nested(
        _ body: (inout JSON5Parser) throws(JSON5Error) -> JSON5.Value
    ) throws(JSON5Error) -> JSON5.Value {
        guard depth < maximumDepth else { throw problem("nested more than \(maximumDepth) levels deep") }
        depth += 1
        defer { depth -= 1 }
        advance()
        return try body(&self)
    }

    private mutating func elements() throws(JSON5Error) -> [JSON5] {
        var elements: [JSON5] = []
        while true {
            try skipSpace()
            if take("]") { return elements }
            elements.append(try value())
            try skipSpace()
            guard take(",") || peek == "]" else { throw unexpected("',' or ']'") }
        }
    }

    private mutating func members() throws(JSON5Error) -> [JSON5.Member] {
        var members: [JSON5.Member] = []
        while true {
            try skipSpace()
            if take("}") { return members }
            let (line, column) = (line, column)
            let key: String
            if peek == "\"" || peek == "'" { key = try string() } else { key = try name("a key") }
            // Keys are compared scalar by scalar, as the file spells them.
            guard !members.contains(where: { $0.key.unicodeScalars.elementsEqual(key.unicodeScalars) }) else {
                throw JSON5Error(line: line, column: column, problem: "the key '\(key)' occurs twice")
            }
            try skipSpace()
            guard take(":") else { throw unexpected("':' after the key '\(key)'") }
            try skipSpace()
            members.append(JSON5.Member(key: key, line: line, column: column, value: try value()))
            try skipSpace()
            guard take(",") || peek == "}" else { throw unexpected("',' or '}'") }
        }
    }

    private mutating func word() throws(JSON5Error) -> JSON5.Value {
        let (line, column) = (line, column)
        let name = try name("a value")
        switch name {
        case "true": return .bool(true)
        case "false": return .bool(false)
        case "null": return .null
        case "Infinity", "NaN": return .number(name)
        default:
            throw JSON5Error(line: line, column: column, problem: "'\(name)' is no value; text stands in quotes")
        }
    }

    /// A key without quotes: letters, digits, `_`, `$`, not beginning with a digit.
    private mutating func name(_ expected: String) throws(JSON5Error) -> String {
        guard let first = peek, Self.beginsName(first) else { throw unexpected(expected) }
        var name = String.UnicodeScalarView()
        while let scalar = peek, Self.continuesName(scalar) {
            name.append(scalar)
            advance()
        }
        return String(name)
    }

    private static func beginsName(_ scalar: Unicode.Scalar) -> Bool {
        scalar == "_" || scalar == "$" || scalar.properties.isAlphabetic
    }

    /// Marks, digits, connectors and the two joiners may stand inside a name (ECMAScript 5.1, section 7.6).
    private static func continuesName(_ scalar: Unicode.Scalar) -> Bool {
        if beginsName(scalar) || scalar == "\u{200C}" || scalar == "\u{200D}" { return true }
        return switch scalar.properties.generalCategory {
        case .nonspacingMark, .spacingMark, .decimalNumber, .connectorPunctuation: true
        default: false
        }
    }

    private static func isDigit(_ scalar: Unicode.Scalar) -> Bool { ("0"..."9").contains(scalar) }

    // MARK: - Numbers

    /// `[+-]? (0x hex+ | Infinity | NaN | digits [. digits] [e [+-] digits])`, a digit on one side of the point.
    private mutating func number() throws(JSON5Error) -> String {
        var text = ""
        if take("-") { text = "-" } else { _ = take("+") }
        if let letter = peek, Self.beginsName(letter) {
            let name = try name("a number")
            guard name == "Infinity" || name == "NaN" else { throw problem("'\(name)' is no number") }
            return text + name
        }
        if peek == "0", position + 1 < scalars.count, scalars[position + 1] == "x" || scalars[position + 1] == "X" {
            advance()
            advance()
            return text + "0x" + (try digits { $0.properties.isASCIIHexDigit })
        }
        let whole = peek == "." ? "" : try digits(Self.isDigit)
        guard !(whole.utf8.count > 1 && whole.hasPrefix("0")) else { throw problem("a number does not begin with 0") }
        text += whole.isEmpty ? "0" : whole
        if take("."), !whole.isEmpty {
            if let next = peek, Self.isDigit(next) { text += "." + (try digits(Self.isDigit)) }
        } else if whole.isEmpty {
            text += "." + (try digits(Self.isDigit))
        }
        if take("e") || take("E") {
            text += "e"
            if take("-") { text += "-" } else { _ = take("+") }
            text += try digits(Self.isDigit)
        }
        return text
    }

    private mutating func digits(_ isDigit: (Unicode.Scalar) -> Bool) throws(JSON5Error) -> String {
        var digits = String.UnicodeScalarView()
        while let scalar = peek, isDigit(scalar) {
            digits.append(scalar)
            advance()
        }
        guard !digits.isEmpty else { throw unexpected("a digit") }
        return String(digits)
    }

    // MARK: - Strings

    private mutating func string() throws(JSON5Error) -> String {
        let quote = peek
        advance()
        var text = String.UnicodeScalarView()
        while true {
            guard let scalar = peek else { throw unexpected("the string's closing quote") }
            if scalar == "\n" || scalar == "\r" {
                throw problem("a string ends on its line; a backslash at the end goes on")
            }
            advance()
            if scalar == quote { return String(text) }
            if scalar == "\\" { try escape(into: &text) } else { text.append(scalar) }
        }
    }

    private mutating func escape(into text: inout String.UnicodeScalarView) throws(JSON5Error) {
        guard let scalar = peek else { throw unexpected("an escape") }
        advance()
        switch scalar {
        case "n": text.append("\n")
        case "t": text.append("\t")
        case "r": text.append("\r")
        case "b": text.append("\u{8}")
        case "f": text.append("\u{C}")
        case "v": text.append("\u{B}")
        case "0": text.append("\0")
        case "x": text.append(try scalarOf(try hexadecimal(2)))
        case "u": text.append(try unicodeEscape())
        case "\r": _ = take("\n")
        case "\n", "\u{2028}", "\u{2029}": break
        case "1"..."9": throw problem("there is no escape \\\(scalar)")
        default: text.append(scalar)
        }
    }

    private mutating func unicodeEscape() throws(JSON5Error) -> Unicode.Scalar {
        let first = try hexadecimal(4)
        guard (0xD800...0xDBFF).contains(first) else { return try scalarOf(first) }
        guard take("\\"), take("u") else { throw problem("half of a surrogate pair") }
        let second = try hexadecimal(4)
        guard (0xDC00...0xDFFF).contains(second) else { throw problem("half of a surrogate pair") }
        return try scalarOf(0x10000 + (first - 0xD800) << 10 + (second - 0xDC00))
    }

    private func scalarOf(_ value: UInt32) throws(JSON5Error) -> Unicode.Scalar {
        guard let scalar = Unicode.Scalar(value) else { throw problem("half of a surrogate pair") }
        return scalar
    }

    private mutating func hexadecimal(_ count: Int) throws(JSON5Error) -> UInt32 {
        var value: UInt32 = 0
        for _ in 0..<count {
            guard let scalar = peek, let digit = Character(scalar).hexDigitValue, scalar.isASCII else {
                throw unexpected("\(count) hexadecimal digits")
            }
            value = value << 4 | UInt32(digit)
            advance()
        }
        return value
    }

    // MARK: - Space and comments

    private mutating func skipSpace() throws(JSON5Error) {
        while let scalar = peek {
            if scalar == "/" {
                try skipComment()
            } else if scalar.properties.isWhitespace || scalar == "\u{FEFF}" {
                advance()
            } else {
                return
            }
        }
    }

    private mutating func skipComment() throws(JSON5Error) {
        let (startLine, startColumn) = (line, column)
        advance()
        if take("/") {
            while let scalar = peek, scalar != "\n" { advance() }
        } else if take("*") {
            while !(peek == "*" && position + 1 < scalars.count && scalars[position + 1] == "/") {
                guard peek != nil else {
                    throw JSON5Error(line: startLine, column: startColumn, problem: "a comment is not closed by */")
                }
                advance()
            }
            advance()
            advance()
        } else {
            throw JSON5Error(line: startLine, column: startColumn, problem: "expected a comment, // or /*")
        }
    }

    // MARK: - Scalars

    private var peek: Unicode.Scalar? { position < scalars.count ? scalars[position] : nil }

    private mutating func advance() {
        guard position < scalars.count else { return }
        if scalars[position] == "\n" {
            line += 1
            column = 1
        } else {
            column += 1
        }
        position += 1
    }

    private mutating func take(_ scalar: Unicode.Scalar) -> Bool {
        guard peek == scalar else { return false }
        advance()
        return true
    }

    private func problem(_ text: String) -> JSON5Error { JSON5Error(line: line, column: column, problem: text) }

    private func unexpected(_ expected: String) -> JSON5Error {
        guard let found = peek else { return problem("expected \(expected), but the file ends here") }
        let shown =
            found.properties.isWhitespace || !found.isASCII || found.value < 0x20
            ? "U+" + String(found.value, radix: 16, uppercase: true) : "'\(found)'"
        return problem("expected \(expected), found \(shown)")
    }
}
