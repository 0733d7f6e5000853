// TemplateLexer+Tags.swift — names, numbers, strings and symbols inside a tag.
// Tokenization › ChatTemplate › Syntax.

extension TemplateLexer {
    mutating func skipSpaces() {
        while position < source.count && source[position].isTemplateSpace {
            if source[position] == "\n" { line += 1 }
            position += 1
        }
    }

    /// Reads one token at the position, which is neither white space nor the tag's end.
    mutating func readTagToken() throws(TemplateError) {
        let start = line
        let first = source[position]
        let kind: TemplateToken.Kind =
            if first.isASCIIDigit {
                try readNumber()
            } else if first.isTemplateNameStart {
                .name(readName())
            } else if first == "'" || first == "\"" {
                .string(try readString(quote: first))
            } else {
                .symbol(try readSymbol())
            }
        tokens.append(TemplateToken(kind: kind, line: start))
    }

    private mutating func readName() -> String {
        var name = String.UnicodeScalarView()
        while position < source.count, source[position].isTemplateNameStart || source[position].isASCIIDigit {
            name.append(source[position])
            position += 1
        }
        return String(name)
    }

    /// Decimal integers and floats, `1_000`, and `0x`, `0o`, `0b`.
    private mutating func readNumber() throws(TemplateError) -> TemplateToken.Kind {
        if source[position] == "0", position + 1 < source.count,
            let radix = [("x" as Unicode.Scalar): 16, "o": 8, "b": 2][source[position + 1].asciiLowercased]
        {
            position += 2
            let digits = readDigits { $0.isASCIIHexDigit }
            guard let value = Int(digits, radix: radix) else {
                throw failure("the number 0… is malformed or too large")
            }
            return .integer(value)
        }
        // In `items.0.name` the point does not belong to a number.
        let followsPoint = tokens.last?.kind == .symbol(".")
        var digits = readDigits { $0.isASCIIDigit }
        var isFloat = false
        if !followsPoint {
            if peek(0) == ".", peek(1)?.isASCIIDigit == true {
                position += 1
                digits += "." + readDigits { $0.isASCIIDigit }
                isFloat = true
            }
            let hasSign = peek(1) == "+" || peek(1) == "-"
            if peek(0)?.asciiLowercased == "e", peek(hasSign ? 2 : 1)?.isASCIIDigit == true {
                digits += "e" + (peek(1) == "-" ? "-" : "")
                position += hasSign ? 2 : 1
                digits += readDigits { $0.isASCIIDigit }
                isFloat = true
            }
        }
        if isFloat, let value = Double(digits) { return .float(value) }
        guard let value = Int(digits) else { throw failure("the number \(digits) is too large") }
        return .integer(value)
    }

    private func peek(_ offset: Int) -> Unicode.Scalar? {
        position + offset < source.count ? source[position + offset] : nil
    }

    private mutating func readDigits(_ belongs: (Unicode.Scalar) -> Bool) -> String {
        var digits = ""
        while let next = peek(0), belongs(next) || next == "_" {
            if next != "_" { digits.unicodeScalars.append(next) }
            position += 1
        }
        return digits
    }

    private mutating func readSymbol() throws(TemplateError) -> String {
        let first = source[position]
        if let second = peek(1) {
            switch (first, second) {
            case ("/", "/"), ("*", "*"), ("=", "="), ("!", "="), ("<", "="), (">", "="):
                position += 2
                return String(String.UnicodeScalarView([first, second]))
            default: break
            }
        }
        switch first {
        case "(": brackets.append(")")
        case "[": brackets.append("]")
        case "{": brackets.append("}")
        case ")", "]", "}":
            guard let expected = brackets.popLast() else { throw failure("unexpected \"\(first)\"") }
            guard expected == first else { throw failure("unexpected \"\(first)\", expected \"\(expected)\"") }
        case "+", "-", "*", "/", "%", "~", "<", ">", "=", ".", ":", "|", ",", ";": break
        default: throw failure("unexpected character \"\(first)\"")
        }
        position += 1
        return String(first)
    }

    // MARK: - Strings

    /// A string literal with Python's escapes. An unknown escape stays as it is written.
    private mutating func readString(quote: Unicode.Scalar) throws(TemplateError) -> TemplateString {
        position += 1
        var characters: [TemplateCharacter] = []
        while true {
            guard let next = peek(0) else { throw failure("the string is not closed") }
            position += 1
            if next == quote { return TemplateString(characters) }
            if next == "\n" { line += 1 }
            guard next == "\\" else {
                characters.append(TemplateCharacter(next))
                continue
            }
            guard let escape = peek(0) else { throw failure("the string is not closed") }
            position += 1
            switch escape {
            case "\n": line += 1
            case "\\", "'", "\"": characters.append(TemplateCharacter(escape))
            case "a": characters.append(TemplateCharacter("\u{07}"))
            case "b": characters.append(TemplateCharacter("\u{08}"))
            case "f": characters.append(TemplateCharacter("\u{0c}"))
            case "n": characters.append(TemplateCharacter("\n"))
            case "r": characters.append(TemplateCharacter("\r"))
            case "t": characters.append(TemplateCharacter("\t"))
            case "v": characters.append(TemplateCharacter("\u{0b}"))
            case "x": characters.append(try readHexadecimal(digits: 2))
            case "u": characters.append(try readHexadecimal(digits: 4))
            case "U": characters.append(try readHexadecimal(digits: 8))
            case "0"..."7":
                var value = escape.value - 48
                var count = 1
                while count < 3, let digit = peek(0), ("0"..."7").contains(digit) {
                    value = value * 8 + digit.value - 48
                    position += 1
                    count += 1
                }
                characters.append(TemplateCharacter(Unicode.Scalar(value) ?? "\u{fffd}"))
            default: characters += [TemplateCharacter("\\"), TemplateCharacter(escape)]
            }
        }
    }

    private mutating func readHexadecimal(digits: Int) throws(TemplateError) -> TemplateCharacter {
        var value: UInt32 = 0
        for _ in 0..<digits {
            guard let digit = peek(0), let number = UInt32(String(digit), radix: 16) else {
                throw failure("an escape needs \(digits) hexadecimal digits")
            }
            value = value << 4 | number
            position += 1
        }
        guard let scalar = Unicode.Scalar(value) else { throw failure("an escape names no character") }
        return TemplateCharacter(scalar)
    }
}

extension Unicode.Scalar {
    fileprivate var isASCIIDigit: Bool { ("0"..."9").contains(self) }
    fileprivate var isASCIIHexDigit: Bool { isASCIIDigit || ("a"..."f").contains(asciiLowercased) }
    fileprivate var asciiLowercased: Unicode.Scalar {
        ("A"..."Z").contains(self) ? Unicode.Scalar(UInt8(value) | 0x20) : self
    }
    fileprivate var isTemplateNameStart: Bool { self == "_" || properties.isAlphabetic }
}
