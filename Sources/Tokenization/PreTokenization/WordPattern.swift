// WordPattern.swift — the pre-tokenizer regexes of byte-level models, as hand-written scanners.
// Tokenization › PreTokenization.  Design: GPT-2 (Radford et al. 2019), tiktoken's cl100k_base, Qwen2.

/// A known regular expression that cuts text into words. The words always cover the text without gaps.
enum WordPattern: Sendable, Equatable {
    /// `'s|'t|'re|'ve|'m|'ll|'d| ?\p{L}+| ?\p{N}+| ?[^\s\p{L}\p{N}]+|\s+(?!\S)|\s+`
    case gpt2
    /// `(?i:'s|'t|'re|'ve|'m|'ll|'d)|[^\r\n\p{L}\p{N}]?\p{L}+|\p{N}{1,D}| ?[^\s\p{L}\p{N}]+[\r\n]*|\s*[\r\n]+|`
    /// `\s+(?!\S)|\s+` with up to D digits together: 3 for cl100k_base and Llama 3, 1 for Qwen2.
    case cl100k(digits: Int)
    /// See `endOfLlamaCppDefaultWord`.
    case llamaCppDefault

    /// The end of the word that starts at `start`; greater than `start`.
    /// - Precondition: `start < end`; both lie between characters.
    func endOfWord(in text: Span<UInt8>, from start: Int, end: Int, classes: CharacterClasses) -> Int {
        switch self {
        case .gpt2: WordPattern.endOfGPT2Word(in: text, from: start, end: end, classes: classes)
        case .cl100k(let digits):
            WordPattern.endOfCl100kWord(in: text, from: start, end: end, digits: digits, classes: classes)
        case .llamaCppDefault:
            WordPattern.endOfLlamaCppDefaultWord(in: text, from: start, end: end, classes: classes)
        }
    }

    private static func endOfGPT2Word(
        in text: Span<UInt8>, from start: Int, end: Int, classes: CharacterClasses
    ) -> Int {
        if let contraction = text.endOfContraction(at: start, end: end, ignoringCase: false) { return contraction }
        // A leading blank (U+0020 and no other space) belongs to the word after it.
        let word = text[start] == UInt8(ascii: " ") ? start + 1 : start
        if let found = classes.classOfCharacter(in: text, at: word, end: end), found != .space {
            return classes.endOfRun(of: found, in: text, from: word, end: end)
        }
        return classes.endOfSpaces(in: text, from: start, end: end)
    }

    private static func endOfCl100kWord(
        in text: Span<UInt8>, from start: Int, end: Int, digits: Int, classes: CharacterClasses
    ) -> Int {
        if let contraction = text.endOfContraction(at: start, end: end, ignoringCase: true) { return contraction }
        let (first, length) = classes.character(in: text, at: start, end: end)
        switch first {
        case .letter: return classes.endOfRun(of: .letter, in: text, from: start, end: end)
        case .number: return classes.endOfRun(of: .number, in: text, from: start, end: end, limit: digits)
        case .other, .space: break
        }
        // Any one character but a line break may lead a word of letters: a blank, a tab, a quote.
        let next = start + length
        if !text[start].isLineBreak, classes.classOfCharacter(in: text, at: next, end: end) == .letter {
            return classes.endOfRun(of: .letter, in: text, from: next, end: end)
        }
        let symbols = text[start] == UInt8(ascii: " ") ? next : start
        if classes.classOfCharacter(in: text, at: symbols, end: end) == .other {
            var position = classes.endOfRun(of: .other, in: text, from: symbols, end: end)
            while position < end && text[position].isLineBreak { position += 1 }
            return position
        }
        // `\s*[\r\n]+`: up to the last line break of the white-space run, if it has one.
        let spaces = classes.endOfRun(of: .space, in: text, from: start, end: end)
        var lineEnd = spaces
        while lineEnd > start && !text[lineEnd - 1].isLineBreak { lineEnd -= 1 }
        return lineEnd > start ? lineEnd : classes.endOfSpaces(in: text, from: start, end: end)
    }
}

extension UInt8 {
    fileprivate var isLineBreak: Bool { self == UInt8(ascii: "\n") || self == UInt8(ascii: "\r") }
}
