// StringMethods+Padding.swift — text made as wide as asked.
// Tokenization › ChatTemplate › Library.

extension StringMethods {
    static func justify(_ name: String) -> Method {
        { (evaluator, string, arguments) throws(TemplateFault) in
            let given = try arguments.bound(name, ["width", "fillchar"])
            let width = try given[0].integer("width", default: 0)
            let fill = try given[1].string("fillchar") ?? " "
            guard fill.count == 1 else { throw TemplateFault("The fill character must be exactly one character long") }
            let missing = width > string.count ? width - string.count : 0
            try evaluator.spend(characters: max(width, string.count))
            // Python's `center` puts an odd blank left only if the width is odd too.
            let left = name == "ljust" ? 0 : name == "rjust" ? missing : missing / 2 + (missing & width & 1)
            let padding = repeatElement(fill.characters[0], count: missing)
            return .string(string.with(Array(padding.prefix(left)) + string.characters + padding.dropFirst(left)))
        }
    }

    static let zeroFill: Method = { (evaluator, string, arguments) throws(TemplateFault) in
        guard let width = try arguments.single("zfill").asInteger else {
            throw TemplateFault("width must be an integer")
        }
        try evaluator.spend(characters: max(width, string.count))
        let signLength = string.characters.first.map { $0.scalar == "-" || $0.scalar == "+" } == true ? 1 : 0
        let zeros = repeatElement(TemplateCharacter("0"), count: width > string.count ? width - string.count : 0)
        return .string(string.with(string.characters[..<signLength] + zeros + string.characters[signLength...]))
    }

    static let expandTabs: Method = { (evaluator, string, arguments) throws(TemplateFault) in
        let size = try arguments.bound("expandtabs", ["tabsize"])[0].integer("tabsize", default: 8)
        let (worst, overflow) = string.count.multipliedReportingOverflow(by: max(1, size))
        try evaluator.spend(characters: overflow ? .max : worst)
        var result: [TemplateCharacter] = []
        var column = 0
        for character in string.characters {
            if character.scalar == "\t" {
                let width = size > 0 ? size - column % size : 0
                result += repeatElement(character.replaced(by: " "), count: width)
                column += width
            } else {
                result.append(character)
                column = character.scalar == "\n" || character.scalar == "\r" ? 0 : column + 1
            }
        }
        return .string(string.with(result))
    }
}
