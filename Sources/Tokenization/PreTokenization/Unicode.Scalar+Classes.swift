// Unicode.Scalar+Classes.swift — word characters and punctuation.
// Tokenization › PreTokenization.  `\w` as Rust's regex crate reads it (UTS #18, annex C); punctuation as BERT counts it.

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
        switch properties.generalCategory {
        case .connectorPunctuation, .dashPunctuation, .openPunctuation, .closePunctuation, .initialPunctuation,
            .finalPunctuation, .otherPunctuation:
            return true
        default: return false
        }
    }
}
