// WordPattern+LlamaCpp.swift — what llama.cpp does with a byte-level vocabulary that names no pre-tokenizer.
// Tokenization › PreTokenization.  Four regexes one after another, each splitting what the last one left.

extension WordPattern {
    /// The end of the word that starts at `start` under llama.cpp's "default":
    ///
    ///     1  [\p{P}\$\+<=>\^~\|]+                                       punctuation stands alone
    ///     2  GPT-2's pattern, in the stretches between                  so contractions never match
    ///     3  \p{N}+                                                     a blank leaves the number after it
    ///     4  [0-9][0-9][0-9]                                            ASCII digits go in threes
    static func endOfLlamaCppDefaultWord(
        in text: Span<UInt8>, from start: Int, end: Int, classes: CharacterClasses
    ) -> Int {
        let punctuation = endOfPunctuation(in: text, from: start, end: end)
        if punctuation > start { return punctuation }
        let isBlank = text[start] == UInt8(ascii: " ")
        let word = isBlank ? start + 1 : start
        if word < end, !isPunctuation(in: text, at: word, end: end) {
            switch classes.character(in: text, at: word, end: end).class {
            case .letter: return classes.endOfRun(of: .letter, in: text, from: word, end: end)
            case .number: return isBlank ? word : endOfNumber(in: text, from: word, end: end, classes: classes)
            case .other: return endOfSymbols(in: text, from: word, end: end, classes: classes)
            case .space: break
            }
        }
        // Step 2 sees the end of its stretch where punctuation begins.
        let spaces = classes.endOfRun(of: .space, in: text, from: start, end: end)
        let stretchEnd = spaces < end && isPunctuation(in: text, at: spaces, end: end) ? spaces : end
        return classes.endOfSpaces(in: text, from: start, end: stretchEnd)
    }

    /// Three ASCII digits, or all that comes before the next three.
    private static func endOfNumber(
        in text: Span<UInt8>, from start: Int, end: Int, classes: CharacterClasses
    ) -> Int {
        let run = classes.endOfRun(of: .number, in: text, from: start, end: end)
        var position = start
        while position + 3 <= run {
            if text[position].isDigit && text[position + 1].isDigit && text[position + 2].isDigit {
                return position == start ? position + 3 : position
            }
            position += classes.character(in: text, at: position, end: run).length
        }
        return run
    }

    private static func endOfSymbols(
        in text: Span<UInt8>, from start: Int, end: Int, classes: CharacterClasses
    ) -> Int {
        var position = start
        while position < end, !isPunctuation(in: text, at: position, end: end) {
            let (found, length) = classes.character(in: text, at: position, end: end)
            if found != .other { break }
            position += length
        }
        return position
    }

    private static func endOfPunctuation(in text: Span<UInt8>, from start: Int, end: Int) -> Int {
        var position = start
        while position < end, isPunctuation(in: text, at: position, end: end) {
            position += UTF8Decoding.scalar(in: text, at: position, end: end).length
        }
        return position
    }

    private static func isPunctuation(in text: Span<UInt8>, at position: Int, end: Int) -> Bool {
        let decoded = UTF8Decoding.scalar(in: text, at: position, end: end)
        guard decoded.isValid, let scalar = Unicode.Scalar(decoded.value) else { return false }
        switch scalar {
        case "$", "+", "<", "=", ">", "^", "~", "|": return true
        case "`": return false  // A symbol, and not in the pattern's list.
        default: return scalar.isPunctuation
        }
    }
}

extension UInt8 {
    fileprivate var isDigit: Bool { (UInt8(ascii: "0")...UInt8(ascii: "9")).contains(self) }
}
