// Unicode.Scalar+Classes.swift — word characters and punctuation.
// Tokenization › PreTokenization.  `\w` as Rust's regex crate reads it (UTS #18, annex C); punctuation as BERT counts it.
// Hugging Face tokenizers asks two libraries: one is current, the other has stayed with Unicode 8.0 of 2015.

extension Unicode.Scalar {
    var isWordCharacter: Bool {
        if value < 0x80 {
            switch self {
            case "0"..."9", "A"..."Z", "a"..."z", "_": return true
            default: return false
            }
        }
        if properties.isAlphabetic || properties.isJoinControl { return true }
        switch properties.generalCategory {
        case .nonspacingMark, .spacingMark, .enclosingMark, .decimalNumber, .connectorPunctuation: return true
        default: return false
        }
    }

    /// A general category of punctuation, or any printable ASCII character but letters, digits and the blank: so
    /// `$`, `+` and `<` count, which Unicode calls symbols.
    var isPunctuation: Bool {
        if value < 0x80 {
            switch self {
            case "!"..."/", ":"..."@", "["..."`", "{"..."~": return true
            default: return false
            }
        }
        return properties.generalCategory.isPunctuation
    }

    /// As `isPunctuation`, by the tables of 2015.
    var isPunctuationInUnicode8: Bool { value < 0x80 ? isPunctuation : generalCategoryInUnicode8.isPunctuation }

    /// The general category that Unicode 8.0 gave, as far as marks, punctuation, control and format characters go:
    /// what came later was unassigned, and seven characters have changed sides since.
    var generalCategoryInUnicode8: Unicode.GeneralCategory {
        switch value {
        case 0x1885, 0x1886: return .otherLetter
        case 0xa9bd: return .spacingMark
        case 0x1734, 0x1171e: return .nonspacingMark
        case 0x166d, 0x111c9: return .otherPunctuation
        default:
            guard let age = properties.age, age.major <= 8 else { return .unassigned }
            return properties.generalCategory
        }
    }
}

extension Unicode.GeneralCategory {
    fileprivate var isPunctuation: Bool {
        switch self {
        case .connectorPunctuation, .dashPunctuation, .openPunctuation, .closePunctuation, .initialPunctuation,
            .finalPunctuation, .otherPunctuation:
            return true
        default: return false
        }
    }
}
