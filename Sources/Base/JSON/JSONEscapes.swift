// JSONEscapes.swift — backslash escapes of JSON strings: checked while parsing, resolved when read.
// Base › JSON.  RFC 8259, section 7.

enum JSONEscapes {
    /// Checks the escape whose backslash is at `index` and returns the index after it.
    ///
    /// A high surrogate must be followed by the escape of a low one: both are consumed together.
    static func check(_ bytes: Span<UInt8>, at index: Int) throws(JSONError.Problem) -> Int {
        guard index + 1 < bytes.count else { throw .unexpectedEnd(expected: "an escape") }
        if bytes[index + 1] != UInt8(ascii: "u") {
            guard simple(bytes[index + 1]) != nil else { throw .invalidEscape }
            return index + 2
        }
        guard let first = codeUnit(bytes, at: index) else { throw .invalidEscape }
        switch first {
        case 0xDC00...0xDFFF: throw .loneSurrogate
        case 0xD800...0xDBFF:
            guard let second = codeUnit(bytes, at: index + 6), (0xDC00...0xDFFF).contains(second) else {
                throw .loneSurrogate
            }
            return index + 12
        default: return index + 6
        }
    }

    /// Resolves the escapes of a string's text, which `check` has passed.
    static func decode(_ text: ArraySlice<UInt8>) -> [UInt8] {
        let span = text.span
        var result: [UInt8] = []
        result.reserveCapacity(text.count)
        var index = 0
        while index < span.count {
            let byte = span[index]
            guard byte == UInt8(ascii: "\\") else {
                result.append(byte)
                index += 1
                continue
            }
            if let value = simple(span[index + 1]) {
                result.append(value)
                index += 2
                continue
            }
            var value = UInt32(codeUnit(span, at: index)!)
            index += 6
            if (0xD800...0xDBFF).contains(value) {
                value = 0x10000 + ((value - 0xD800) << 10) + (UInt32(codeUnit(span, at: index)!) - 0xDC00)
                index += 6
            }
            UTF8Scan.append(Unicode.Scalar(value)!, to: &result)
        }
        return result
    }

    /// The byte that a one-letter escape stands for.
    private static func simple(_ letter: UInt8) -> UInt8? {
        switch letter {
        case UInt8(ascii: "\""), UInt8(ascii: "\\"), UInt8(ascii: "/"): letter
        case UInt8(ascii: "b"): 0x08
        case UInt8(ascii: "f"): 0x0C
        case UInt8(ascii: "n"): 0x0A
        case UInt8(ascii: "r"): 0x0D
        case UInt8(ascii: "t"): 0x09
        default: nil
        }
    }

    /// The UTF-16 code unit of a `\uXXXX` at `index`; nil if there is none.
    private static func codeUnit(_ bytes: Span<UInt8>, at index: Int) -> UInt16? {
        guard index + 6 <= bytes.count, bytes[index] == UInt8(ascii: "\\"), bytes[index + 1] == UInt8(ascii: "u") else {
            return nil
        }
        var value: UInt16 = 0
        for offset in 2..<6 {
            let digit: UInt8
            switch bytes[index + offset] {
            case let byte where (UInt8(ascii: "0")...UInt8(ascii: "9")).contains(byte): digit = byte - UInt8(ascii: "0")
            case let byte where (UInt8(ascii: "a")...UInt8(ascii: "f")).contains(byte):
                digit = byte - UInt8(ascii: "a") + 10
            case let byte where (UInt8(ascii: "A")...UInt8(ascii: "F")).contains(byte):
                digit = byte - UInt8(ascii: "A") + 10
            default: return nil
            }
            value = value << 4 | UInt16(digit)
        }
        return value
    }
}
