// CharacterClasses+Scanning.swift — the moves that all pre-tokenizers are made of.
// Tokenization › PreTokenization.  Bytes that are no valid UTF-8 are `other`, so any input splits and comes back.

extension CharacterClasses {
    /// The class of the character at `position` and its length in bytes.
    /// - Precondition: `position < end <= text.count`, and `end` is no position inside a character.
    @inline(__always)
    func character(in text: Span<UInt8>, at position: Int, end: Int) -> (class: CharacterClass, length: Int) {
        let byte = text[position]
        if byte < 0x80 { return (self[UInt32(byte)], 1) }
        let scalar = UTF8Decoding.scalar(in: text, at: position, end: end)
        return (scalar.isValid ? self[scalar.value] : .other, scalar.length)
    }

    /// The class at `position`, or nil at the end of the text.
    @inline(__always)
    func classOfCharacter(in text: Span<UInt8>, at position: Int, end: Int) -> CharacterClass? {
        position < end ? character(in: text, at: position, end: end).class : nil
    }

    /// Where the run of characters of `wanted` class that starts at `start` ends; at most `limit` characters.
    @inline(__always)
    func endOfRun(
        of wanted: CharacterClass, in text: Span<UInt8>, from start: Int, end: Int, limit: Int = .max
    ) -> Int {
        var position = start
        var count = 0
        while position < end && count < limit {
            let (found, length) = character(in: text, at: position, end: end)
            if found != wanted { break }
            position += length
            count += 1
        }
        return position
    }

    /// `\s+(?!\S)|\s+` at the start of a white-space run: the whole run at the end of the text; before anything else
    /// all but its last character, which goes with what follows; that one character when it is all there is.
    func endOfSpaces(in text: Span<UInt8>, from start: Int, end: Int) -> Int {
        var position = start
        var last = start
        while position < end {
            let (found, length) = character(in: text, at: position, end: end)
            if found != .space { return last > start ? last : position }
            last = position
            position += length
        }
        return end
    }
}

extension Span<UInt8> {
    /// The end of an English contraction's tail at `position` (`'s 't 're 've 'm 'll 'd`), or nil.
    /// - Parameter ignoringCase: also `'S`, `'LL` and so on, and `'ſ` (U+017F), which folds to s.
    func endOfContraction(at position: Int, end: Int, ignoringCase: Bool) -> Int? {
        guard position + 1 < end, self[position] == UInt8(ascii: "'") else { return nil }
        let fold: UInt8 = ignoringCase ? 0x20 : 0
        let first = self[position + 1]
        switch ignoringCase && first < 0x80 ? first | fold : first {
        case UInt8(ascii: "s"), UInt8(ascii: "t"), UInt8(ascii: "m"), UInt8(ascii: "d"): return position + 2
        case UInt8(ascii: "r"), UInt8(ascii: "v"):
            guard position + 2 < end, self[position + 2] | fold == UInt8(ascii: "e") else { return nil }
            return position + 3
        case UInt8(ascii: "l"):
            guard position + 2 < end, self[position + 2] | fold == UInt8(ascii: "l") else { return nil }
            return position + 3
        case 0xc5 where ignoringCase:
            return position + 2 < end && self[position + 2] == 0xbf ? position + 3 : nil
        default: return nil
        }
    }
}
