// TemplateString+Text.swift — the text operations that Python's methods, filters and operators share.
// Tokenization › ChatTemplate › Runtime.  All keep each character's origin.

extension TemplateString {
    /// The same kind of string with other characters.
    func with(_ characters: some Sequence<TemplateCharacter>) -> TemplateString {
        TemplateString(characters, isMarkup: isMarkup)
    }

    func slice(_ range: Range<Int>) -> TemplateString { with(characters[range]) }

    enum Side { case left, right, both }

    /// Python's `strip`: white space, or any of `set`.
    func stripped(_ side: Side, of set: TemplateString?) -> TemplateString {
        let isStripped: (TemplateCharacter) -> Bool =
            if let set { { set.characters.contains($0) } } else { \.isSpace }
        var start = 0
        var end = count
        if side != .right { while start < end && isStripped(characters[start]) { start += 1 } }
        if side != .left { while end > start && isStripped(characters[end - 1]) { end -= 1 } }
        return slice(start..<end)
    }

    /// Occurrences of `old`, left to right and at most `limit` of them, replaced.
    func replacing(_ old: TemplateString, by new: TemplateString, limit: Int = .max) -> TemplateString {
        var result: [TemplateCharacter] = []
        result.reserveCapacity(count)
        var position = 0
        var replaced = 0
        if old.isEmpty {
            // An empty pattern matches before every character and at the end.
            while position < count && replaced < limit {
                result += new.characters
                result.append(characters[position])
                position += 1
                replaced += 1
            }
            result += characters[position...]
            if replaced < limit { result += new.characters }
            return with(result)
        }
        while replaced < limit, let match = firstIndex(of: old, from: position) {
            result += characters[position..<match]
            result += new.characters
            position = match + old.count
            replaced += 1
        }
        result += characters[position...]
        return with(result)
    }

    /// Python's `split`: at every separator, or at runs of white space without empty pieces.
    func split(_ separator: TemplateString?, limit: Int) -> [TemplateString] {
        var pieces: [TemplateString] = []
        var position = 0
        if let separator {
            while pieces.count < limit, let match = firstIndex(of: separator, from: position) {
                pieces.append(slice(position..<match))
                position = match + separator.count
            }
            return pieces + [slice(position..<count)]
        }
        while true {
            while position < count && characters[position].isSpace { position += 1 }
            if position == count { return pieces }
            if pieces.count == limit { return pieces + [slice(position..<count)] }
            let start = position
            while position < count && !characters[position].isSpace { position += 1 }
            pieces.append(slice(start..<position))
        }
    }

    /// As `split`, from the right.
    func splitFromRight(_ separator: TemplateString?, limit: Int) -> [TemplateString] {
        var pieces: [TemplateString] = []
        var end = count
        if let separator {
            while pieces.count < limit, let match = lastIndex(of: separator, to: end) {
                pieces.append(slice((match + separator.count)..<end))
                end = match
            }
            return ([slice(0..<end)] + pieces.reversed())
        }
        while true {
            while end > 0 && characters[end - 1].isSpace { end -= 1 }
            if end == 0 { return pieces.reversed() }
            if pieces.count == limit { return [slice(0..<end)] + pieces.reversed() }
            let stop = end
            while end > 0 && !characters[end - 1].isSpace { end -= 1 }
            pieces.append(slice(end..<stop))
        }
    }

    /// Python's `splitlines`.
    func lines(keepingEnds: Bool = false) -> [TemplateString] {
        var lines: [TemplateString] = []
        var start = 0
        while start < count {
            var end = start
            while end < count && !characters[end].isLineBreak { end += 1 }
            var next = min(end + 1, count)
            if end + 1 < count && characters[end].scalar == "\r" && characters[end + 1].scalar == "\n" { next += 1 }
            lines.append(slice(start..<(keepingEnds ? next : end)))
            start = next
        }
        return lines
    }

    func joined(_ parts: [TemplateString]) -> TemplateString {
        var result: [TemplateCharacter] = []
        result.reserveCapacity(parts.reduce(0) { $0 + $1.count + count })
        for (index, part) in parts.enumerated() {
            if index > 0 { result += characters }
            result += part.characters
        }
        return with(result)
    }

    /// As markupsafe escapes text for HTML; markup stays as it is.
    var escapedForMarkup: TemplateString {
        if isMarkup { return self }
        var result: [TemplateCharacter] = []
        for character in characters {
            let entity: String? =
                switch character.scalar {
                case "&": "&amp;"
                case "<": "&lt;"
                case ">": "&gt;"
                case "'": "&#39;"
                case "\"": "&#34;"
                default: nil
                }
            if let entity {
                result += entity.unicodeScalars.map(character.replaced)
            } else {
                result.append(character)
            }
        }
        return TemplateString(result, isMarkup: true)
    }
}

extension TemplateCharacter {
    fileprivate var isLineBreak: Bool {
        switch scalar {
        case "\n", "\r", "\u{0b}", "\u{0c}", "\u{1c}", "\u{1d}", "\u{1e}", "\u{85}", "\u{2028}", "\u{2029}": true
        default: false
        }
    }
}
