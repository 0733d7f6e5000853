// CharacterTests.swift — what `str.isalpha` and its kin ask of characters.
// Tokenization › ChatTemplate › Library.

extension Unicode.Scalar {
    /// General category L.
    var isLetter: Bool {
        switch properties.generalCategory {
        case .uppercaseLetter, .lowercaseLetter, .titlecaseLetter, .modifierLetter, .otherLetter: true
        default: false
        }
    }

    var isNumeric: Bool { properties.numericType != nil }
}

extension TemplateString {
    /// At least one lower-case letter, and none of another case.
    var isLowercased: Bool { hasOnly(\.isLowercase, \.isUppercase) }
    /// At least one upper-case letter, and none of another case.
    var isUppercased: Bool { hasOnly(\.isUppercase, \.isLowercase) }

    private func hasOnly(
        _ wanted: (Unicode.Scalar.Properties) -> Bool, _ unwanted: (Unicode.Scalar.Properties) -> Bool
    ) -> Bool {
        characters.contains { wanted($0.scalar.properties) }
            && !characters.contains { character in
                let properties = character.scalar.properties
                return unwanted(properties) || properties.generalCategory == .titlecaseLetter
            }
    }

    /// Upper case only after uncased characters, lower case only after cased ones.
    var isTitlecased: Bool {
        var followsCased = false
        var hasCased = false
        for character in characters {
            let properties = character.scalar.properties
            if properties.isUppercase || properties.generalCategory == .titlecaseLetter {
                if followsCased { return false }
                followsCased = true
                hasCased = true
            } else if properties.isLowercase {
                if !followsCased { return false }
                hasCased = true
            } else {
                followsCased = false
            }
        }
        return hasCased
    }

    /// A Python identifier.
    var isIdentifier: Bool {
        guard let first = characters.first?.scalar else { return false }
        return (first == "_" || first.properties.isXIDStart)
            && characters.allSatisfy { $0.scalar == "_" || $0.scalar.properties.isXIDContinue }
    }

    /// Nothing in it that `repr` escapes for not being printable; quotes and backslashes do not count.
    var isPrintable: Bool {
        characters.allSatisfy { character in
            ["\\", "'", "\""].contains(character.scalar) || PythonText.repr(TemplateString([character])).count == 3
        }
    }
}
