// ScalarClass.swift — what a character can be in a word.
// Retrieval › Analysis.

/// The kinds of characters that `WordScanner` tells apart.
enum ScalarClass {
    case lower, upper, letter, digit, ideograph
    /// `'` and `’`: inside a word, part of it.
    case apostrophe
    /// `_ - .` and the Unicode hyphens: between two words, they make one compound of them.
    case joiner
    /// `,` between digits groups them.
    case comma
    case other

    var isWord: Bool {
        switch self {
        case .lower, .upper, .letter, .digit: true
        case .ideograph, .apostrophe, .joiner, .comma, .other: false
        }
    }

    init(_ scalar: Unicode.Scalar) {
        switch scalar {
        case "a"..."z": self = .lower
        case "A"..."Z": self = .upper
        case "0"..."9": self = .digit
        case "'", "\u{2019}": self = .apostrophe
        case "_", "-", ".", "\u{2010}", "\u{2011}": self = .joiner
        case ",": self = .comma
        case _ where scalar.value < 0x80: self = .other
        // Scripts that put no spaces between words: Han, kana.
        case "\u{3040}"..."\u{30FF}", "\u{3400}"..."\u{4DBF}", "\u{4E00}"..."\u{9FFF}", "\u{F900}"..."\u{FAFF}",
            "\u{20000}"..."\u{3FFFF}":
            self = .ideograph
        default: self.init(properties: scalar.properties)
        }
    }

    private init(properties: Unicode.Scalar.Properties) {
        switch properties.generalCategory {
        case .lowercaseLetter: self = .lower
        case .uppercaseLetter, .titlecaseLetter: self = .upper
        case .modifierLetter, .otherLetter, .nonspacingMark, .spacingMark: self = .letter
        case .decimalNumber, .letterNumber, .otherNumber: self = .digit
        default: self = .other
        }
    }
}
