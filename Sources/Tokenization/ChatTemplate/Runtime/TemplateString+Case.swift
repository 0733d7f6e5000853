// TemplateString+Case.swift — upper, lower and title case as Python's `str` maps them.
// Tokenization › ChatTemplate › Runtime.  Full case mappings of Unicode, with the final sigma.

extension TemplateString {
    var uppercased: TemplateString { mapScalars(\.properties.uppercaseMapping) }
    var casefolded: TemplateString { lowercased.mapScalars { $0 == "ß" ? "ss" : $0 == "ς" ? "σ" : String($0) } }

    var lowercased: TemplateString {
        var result: [TemplateCharacter] = []
        result.reserveCapacity(count)
        for (index, character) in characters.enumerated() { result += lowercase(character, at: index) }
        return with(result)
    }

    /// The first character in title case, the others in lower case.
    var capitalized: TemplateString {
        var result: [TemplateCharacter] = []
        for (index, character) in characters.enumerated() {
            result += index == 0 ? titlecase(character) : lowercase(character, at: index)
        }
        return with(result)
    }

    /// Every run of cased characters capitalized.
    var titlecased: TemplateString {
        var result: [TemplateCharacter] = []
        var followsCased = false
        for (index, character) in characters.enumerated() {
            result += followsCased ? lowercase(character, at: index) : titlecase(character)
            followsCased = character.scalar.properties.isCased
        }
        return with(result)
    }

    var caseSwapped: TemplateString {
        var result: [TemplateCharacter] = []
        for (index, character) in characters.enumerated() {
            if character.scalar.properties.isUppercase {
                result += lowercase(character, at: index)
            } else if character.scalar.properties.isLowercase {
                result += character.scalar.properties.uppercaseMapping.unicodeScalars.map(character.replaced)
            } else {
                result.append(character)
            }
        }
        return with(result)
    }

    private func mapScalars(_ mapping: (Unicode.Scalar) -> String) -> TemplateString {
        var result: [TemplateCharacter] = []
        result.reserveCapacity(count)
        for character in characters { result += mapping(character.scalar).unicodeScalars.map(character.replaced) }
        return with(result)
    }

    private func titlecase(_ character: TemplateCharacter) -> [TemplateCharacter] {
        character.scalar.properties.titlecaseMapping.unicodeScalars.map(character.replaced)
    }

    private func lowercase(_ character: TemplateCharacter, at index: Int) -> [TemplateCharacter] {
        if character.scalar == "Σ" && isFinalSigma(at: index) { return [character.replaced(by: "ς")] }
        return character.scalar.properties.lowercaseMapping.unicodeScalars.map(character.replaced)
    }

    /// A sigma after a cased letter and before none, apart from what case ignores.
    private func isFinalSigma(at index: Int) -> Bool {
        func isCased(_ characters: some Sequence<TemplateCharacter>) -> Bool {
            characters.first { !$0.scalar.properties.isCaseIgnorable }?.scalar.properties.isCased ?? false
        }
        return isCased(characters[..<index].reversed()) && !isCased(characters[(index + 1)...])
    }
}
