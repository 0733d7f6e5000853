// ChunkExtensions.swift — what may stand behind a chunk's size. It means nothing here, but it must be well-formed:
// a lenient reading is a place where two parsers can disagree over where a line ends.
// Network › HTTP.  RFC 9112, section 7.1.1.

enum ChunkExtensions {
    /// `*( BWS ";" BWS name [ BWS "=" BWS ( token / quoted-string ) ] )`
    static func areWellFormed(_ bytes: ArraySlice<UInt8>) -> Bool {
        var rest = bytes
        while !rest.isEmpty {
            guard take(UInt8(ascii: ";"), &rest) else { return false }
            skipBlanks(&rest)
            guard takeToken(&rest) else { return false }
            guard take(UInt8(ascii: "="), &rest) else { continue }
            skipBlanks(&rest)
            guard rest.first == UInt8(ascii: "\"") ? takeQuoted(&rest) : takeToken(&rest) else { return false }
        }
        return true
    }

    /// The byte with the blanks before it; blanks without it stay.
    private static func take(_ byte: UInt8, _ rest: inout ArraySlice<UInt8>) -> Bool {
        let visible = rest.drop(while: \.isBlank)
        guard visible.first == byte else { return false }
        rest = visible.dropFirst()
        return true
    }

    private static func skipBlanks(_ rest: inout ArraySlice<UInt8>) { rest = rest.drop(while: \.isBlank) }

    private static func takeToken(_ rest: inout ArraySlice<UInt8>) -> Bool {
        let after = rest.drop(while: \.isTokenCharacter)
        defer { rest = after }
        return after.count < rest.count
    }

    /// Up to the closing quote; a backslash takes the meaning from the next character.
    private static func takeQuoted(_ rest: inout ArraySlice<UInt8>) -> Bool {
        rest.removeFirst()
        while let byte = rest.popFirst() {
            if byte == UInt8(ascii: "\"") { return true }
            if byte == UInt8(ascii: "\\") { guard let next = rest.popFirst(), isText(next) else { return false } }
            guard isText(byte) else { return false }
        }
        return false
    }

    private static func isText(_ byte: UInt8) -> Bool { byte.isVisible || byte.isBlank }
}
