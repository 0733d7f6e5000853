// HTTPCharacters.swift — the character classes of the protocol's grammar.
// Network › HTTP.  RFC 9110, sections 5.5 and 5.6; RFC 3986, section 3.2.2.

extension UInt8 {
    static let carriageReturn: UInt8 = 0x0D
    static let lineFeed: UInt8 = 0x0A
    static let space: UInt8 = 0x20
    static let tab: UInt8 = 0x09

    var isDigit: Bool { self >= UInt8(ascii: "0") && self <= UInt8(ascii: "9") }

    var isLetter: Bool {
        let lower = self | 0x20
        return lower >= UInt8(ascii: "a") && lower <= UInt8(ascii: "z")
    }

    /// Letters without case; the rest as it is.
    var lowered: UInt8 { isLetter ? self | 0x20 : self }

    var isBlank: Bool { self == .space || self == .tab }

    /// VCHAR: what can be seen in ASCII.
    var isVisible: Bool { self > 0x20 && self < 0x7F }

    /// tchar: what methods and field names are made of.
    var isTokenCharacter: Bool {
        if isDigit || isLetter { return true }
        switch self {
        case UInt8(ascii: "!"), UInt8(ascii: "#"), UInt8(ascii: "$"), UInt8(ascii: "%"), UInt8(ascii: "&"),
            UInt8(ascii: "'"), UInt8(ascii: "*"), UInt8(ascii: "+"), UInt8(ascii: "-"), UInt8(ascii: "."),
            UInt8(ascii: "^"), UInt8(ascii: "_"), UInt8(ascii: "`"), UInt8(ascii: "|"), UInt8(ascii: "~"):
            return true
        default: return false
        }
    }

    /// What a line may hold, a field value above all: everything but control characters; a tab is fine.
    var isFieldValueCharacter: Bool { self == .tab || (self >= 0x20 && self != 0x7F) }

    var hexDigitValue: Int? {
        if isDigit { return Int(self - UInt8(ascii: "0")) }
        let lower = self | 0x20
        guard lower >= UInt8(ascii: "a"), lower <= UInt8(ascii: "f") else { return nil }
        return Int(lower - UInt8(ascii: "a")) + 10
    }
}

extension ArraySlice where Element == UInt8 {
    /// Without blanks at either end.
    var trimmed: ArraySlice<UInt8> {
        var slice = self
        while let first = slice.first, first.isBlank { slice.removeFirst() }
        while let last = slice.last, last.isBlank { slice.removeLast() }
        return slice
    }

    /// The same letters without case; the rest byte for byte.
    func equalsIgnoringCase(_ text: StaticString) -> Bool {
        guard count == text.utf8CodeUnitCount else { return false }
        return text.withUTF8Buffer { expected in
            zip(self, expected).allSatisfy { ours, theirs in ours.lowered == theirs.lowered }
        }
    }
}
