// TemplateString.swift — a template's strings: scalars that remember whether they came from outside.
// Tokenization › ChatTemplate › Runtime.  Python's view of text (code points, not grapheme clusters).

/// One Unicode scalar with its origin.
///
/// Whatever a template does to a user's text (trim, split, slice, join), the characters keep this mark, so that the
/// rendered prompt still tells the template's own `<|im_end|>` from one that a user typed.
struct TemplateCharacter: Hashable, Comparable, Sendable {
    private let bits: UInt32
    private static let inputBit: UInt32 = 1 << 31

    init(_ scalar: Unicode.Scalar, isInput: Bool = false) {
        bits = scalar.value | (isInput ? TemplateCharacter.inputBit : 0)
    }

    var scalar: Unicode.Scalar { Unicode.Scalar(bits & ~TemplateCharacter.inputBit).unsafelyUnwrapped }
    var isInput: Bool { bits & TemplateCharacter.inputBit != 0 }

    /// Another scalar of the same origin.
    func replaced(by scalar: Unicode.Scalar) -> TemplateCharacter { TemplateCharacter(scalar, isInput: isInput) }

    static func == (left: TemplateCharacter, right: TemplateCharacter) -> Bool { (left.bits ^ right.bits) << 1 == 0 }
    static func < (left: TemplateCharacter, right: TemplateCharacter) -> Bool { left.bits << 1 < right.bits << 1 }
    func hash(into hasher: inout Hasher) { hasher.combine(bits << 1) }

    /// Python's `str.isspace`: White_Space and the four information separators.
    var isSpace: Bool { (0x1c...0x1f).contains(bits & ~TemplateCharacter.inputBit) || scalar.properties.isWhitespace }
}

/// A Python `str`, or markupsafe's `Markup` once the filter `safe` has been applied.
struct TemplateString: Hashable, Sendable {
    var characters: [TemplateCharacter]
    /// Escapes what is added to it. The environment does not escape by itself, but templates call `safe`.
    var isMarkup = false

    init(_ characters: some Sequence<TemplateCharacter>, isMarkup: Bool = false) {
        self.characters = Array(characters)
        self.isMarkup = isMarkup
    }

    init(_ text: String, isInput: Bool = false) {
        characters = text.unicodeScalars.map { TemplateCharacter($0, isInput: isInput) }
    }

    static func == (left: TemplateString, right: TemplateString) -> Bool { left.characters == right.characters }
    func hash(into hasher: inout Hasher) { hasher.combine(characters) }

    var count: Int { characters.count }
    var isEmpty: Bool { characters.isEmpty }

    /// For messages, names and look-ups: the text without its origin.
    var text: String {
        var scalars = String.UnicodeScalarView()
        scalars.append(contentsOf: characters.lazy.map(\.scalar))
        return String(scalars)
    }

    /// The same text without the mark of `safe`.
    var plain: TemplateString { TemplateString(characters) }
}

extension TemplateString: ExpressibleByStringLiteral {
    init(stringLiteral value: String) { self.init(value) }
}

extension TemplateString: Comparable {
    static func < (left: TemplateString, right: TemplateString) -> Bool {
        left.characters.lexicographicallyPrecedes(right.characters)
    }
}
