// PreTokenizer+Regex.swift — a pre-tokenizer of one regular expression.
// Tokenization › RegularExpression.

extension PreTokenizer {
    /// Matches of `regex` are words, and so is what lies between them.
    /// - Parameter usesScanner: a known expression is scanned for by hand; else PCRE2 takes every one.
    package init(regex: String, usesScanner: Bool = true) throws(RegularExpressionError) {
        let matcher: WordMatcher =
            if usesScanner, let pattern = WordPattern(regex: regex) {
                .known(pattern)
            } else {
                .expression(try RegularExpression(regex))
            }
        self.init(steps: [.split(matcher, .isolated, isInverted: false)])
    }

    /// The known expressions, each with a scanner of its own.
    package static let knownRegexes = [
        WordPattern.gpt2Regex, WordPattern.cl100kRegex(digits: 1), WordPattern.cl100kRegex(digits: 3),
    ]

    /// The words of a text.
    package func words(of text: [UInt8]) -> [[UInt8]] {
        guard steps.isEmpty else {
            let cut = cut(text.span, isAtStart: true)
            return cut.words.map { Array(cut.bytes[$0]) }
        }
        var words: [[UInt8]] = []
        forEachWord(in: text.span) { words.append(Array(text[$0])) }
        return words
    }
}
