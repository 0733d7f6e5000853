// CharacterClass.swift — letter, number, white space or other: all that the pre-tokenizers ask of a character.
// Tokenization › PreTokenization.  Data: the standard library's Unicode tables (16.0 with Swift 6.3).

/// What `\p{L}`, `\p{N}` and `\s` say about a scalar. The three exclude one another.
///
/// The reference's regex engine may carry another Unicode version than the Swift library; between 16 and 17 they
/// differ in scalars that 17 assigned, and in no other.
enum CharacterClass: UInt8 {
    case other, letter, number, space
}

/// Classes by table for the first two planes, by property beyond: a look-up per character without a search.
struct CharacterClasses: Sendable {
    /// One byte for each scalar below U+20000: nearly all text, emoji included.
    private let table: [UInt8]

    /// Built on first use, in about eight milliseconds.
    static let shared = CharacterClasses()

    private init() {
        table = (0..<0x20000).map { value in
            Unicode.Scalar(UInt32(value)).map { CharacterClasses.classify($0).rawValue }
                ?? CharacterClass.other.rawValue
        }
    }

    subscript(scalar: UInt32) -> CharacterClass {
        if Int(scalar) < table.count { return CharacterClass(rawValue: table[Int(scalar)]).unsafelyUnwrapped }
        return Unicode.Scalar(scalar).map(CharacterClasses.classify) ?? .other
    }

    /// From the general category and the White_Space property.
    static func classify(_ scalar: Unicode.Scalar) -> CharacterClass {
        if scalar.properties.isWhitespace { return .space }
        switch scalar.properties.generalCategory {
        case .uppercaseLetter, .lowercaseLetter, .titlecaseLetter, .modifierLetter, .otherLetter: return .letter
        case .decimalNumber, .letterNumber, .otherNumber: return .number
        default: return .other
        }
    }
}
