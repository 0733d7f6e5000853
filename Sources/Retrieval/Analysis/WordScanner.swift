// WordScanner.swift — finds the words of a text, and the parts of those that are made of several.
// Retrieval › Analysis.  Words in the spirit of Unicode's annex 29, with the habits of program text on top.

/// One thing found: a word, a compound of words, or a run of ideographs.
struct ScannedWord {
    /// Lower-case UTF-8 without what joined the parts.
    var bytes: [UInt8] = []
    /// Where parts after the first begin in `bytes`, ascending: none for a plain word.
    var cuts: [Int] = []
    /// Whether the parts are characters of a script without spaces.
    var isIdeographs = false

    mutating func removeAll() {
        bytes.removeAll(keepingCapacity: true)
        cuts.removeAll(keepingCapacity: true)
        isIdeographs = false
    }
}

/// Walks through UTF-8. Parts are cut
/// - at joiners: `KV-cache`, `top_p`, `torch.nn`, and
/// - where the case changes: `PagedAttention`, `KVCache`; but the s of `LLMs` is a plural and falls off.
///
/// A dot or comma between digits belongs to the number, an apostrophe between letters to the word, and `++` or `#` to
/// the one or two letters before it (`C++`, `C#`).
struct WordScanner {
    private let text: UnsafeBufferPointer<UInt8>
    private var position = 0

    init(_ text: UnsafeBufferPointer<UInt8>) { self.text = text }

    /// Finds the next word; false at the end.
    mutating func next(into word: inout ScannedWord) -> Bool {
        word.removeAll()
        while position < text.count {
            let (scalar, length) = scalar(at: position)
            let kind = ScalarClass(scalar)
            if kind.isWord {
                scanWord(into: &word)
                return true
            }
            if kind == .ideograph {
                scanIdeographs(into: &word)
                return true
            }
            position += length
        }
        return false
    }

    private mutating func scanIdeographs(into word: inout ScannedWord) {
        word.isIdeographs = true
        while position < text.count {
            let (scalar, length) = scalar(at: position)
            guard ScalarClass(scalar) == .ideograph else { return }
            if !word.bytes.isEmpty { word.cuts.append(word.bytes.count) }
            word.bytes.append(contentsOf: text[position..<position + length])
            position += length
        }
    }

    private mutating func scanWord(into word: inout ScannedWord) {
        var previous = ScalarClass.other
        var beforePrevious = ScalarClass.other
        var previousStart = 0
        while position < text.count {
            let (scalar, length) = scalar(at: position)
            let kind = ScalarClass(scalar)
            let after = position + length
            switch kind {
            case .lower, .upper, .letter, .digit:
                let start = word.bytes.count
                if isPluralSign(scalar, after: after, previous, beforePrevious) {
                    // The stemmer takes "llms" and "gpus" for words of their own.
                    position = after
                    return
                }
                if previous == .lower, kind == .upper {
                    cut(&word, at: start)
                } else if beforePrevious == .upper, previous == .upper, kind == .lower {
                    cut(&word, at: previousStart)
                }
                append(scalar, at: position, length: length, to: &word)
                previousStart = start
                (beforePrevious, previous) = (previous, kind)
            case .apostrophe:
                guard previous != .digit, nextClass(at: after).isWord else { return }
                word.bytes.append(UInt8(ascii: "'"))
                (beforePrevious, previous) = (.other, .letter)
            case .comma:
                guard previous == .digit, nextClass(at: after) == .digit else { return }
            case .joiner:
                // Runs of underscores join like one; other joiners stand alone.
                var end = after
                while scalar == "_", end < text.count, text[end] == UInt8(ascii: "_") { end += 1 }
                let following = nextClass(at: end)
                guard following.isWord else { return }
                if scalar == ".", previous == .digit, following == .digit {
                    word.bytes.append(UInt8(ascii: "."))
                } else {
                    cut(&word, at: word.bytes.count)
                    previous = .other
                }
                beforePrevious = .other
                position = end
                continue
            case .ideograph: return
            case .other: return finishWithSign(&word, scalar)
            }
            position = after
        }
    }

    /// `C++`, `g++`, `C#`: the sign belongs to the letters.
    private mutating func finishWithSign(_ word: inout ScannedWord, _ sign: Unicode.Scalar) {
        guard word.bytes.count <= 2, word.cuts.isEmpty else { return }
        let length: Int
        switch sign {
        case "#": length = 1
        case "+" where position + 1 < text.count && text[position + 1] == UInt8(ascii: "+"): length = 2
        default: return
        }
        guard !continuesWord(at: position + length), let first = word.bytes.first, first > 0x39 else { return }
        word.bytes.append(contentsOf: text[position..<position + length])
        position += length
    }

    /// The s of `LLMs`, `H100s`, `1990s`.
    private func isPluralSign(
        _ scalar: Unicode.Scalar, after: Int, _ previous: ScalarClass, _ beforePrevious: ScalarClass
    ) -> Bool {
        scalar == "s" && (previous == .digit || (previous == .upper && beforePrevious == .upper))
            && !continuesWord(at: after) && nextClass(at: after) != .joiner
    }

    private func cut(_ word: inout ScannedWord, at offset: Int) {
        if offset > 0, offset != word.cuts.last { word.cuts.append(offset) }
    }

    private func append(_ scalar: Unicode.Scalar, at offset: Int, length: Int, to word: inout ScannedWord) {
        if length == 1 {
            let byte = text[offset]
            word.bytes.append(byte >= 0x41 && byte <= 0x5A ? byte | 0x20 : byte)
        } else {
            word.bytes.append(contentsOf: scalar.properties.lowercaseMapping.utf8)
        }
    }

    private func nextClass(at offset: Int) -> ScalarClass {
        offset < text.count ? ScalarClass(scalar(at: offset).scalar) : .other
    }

    private func continuesWord(at offset: Int) -> Bool { nextClass(at: offset).isWord }

    /// The character at a byte offset. Bytes that are not UTF-8 count as one separator each.
    private func scalar(at offset: Int) -> (scalar: Unicode.Scalar, length: Int) {
        let lead = text[offset]
        if lead < 0x80 { return (Unicode.Scalar(lead), 1) }
        let length = lead >= 0xF0 ? 4 : lead >= 0xE0 ? 3 : 2
        guard lead >= 0xC2, offset + length <= text.count else { return ("\u{FFFD}", 1) }
        var value = UInt32(lead) & (0xFF >> UInt32(length + 1))
        for index in offset + 1..<offset + length {
            guard text[index] & 0xC0 == 0x80 else { return ("\u{FFFD}", 1) }
            value = value << 6 | UInt32(text[index] & 0x3F)
        }
        guard let scalar = Unicode.Scalar(value) else { return ("\u{FFFD}", 1) }
        return (scalar, length)
    }
}
