// TemplateFilters+Text.swift — filters on text.
// Tokenization › ChatTemplate › Library.

extension TemplateFilters {
    static func text(_ body: @escaping @Sendable (TemplateString) -> TemplateString) -> Filter {
        { (evaluator, value, arguments) throws(TemplateFault) in
            try arguments.requireNone("filter")
            let string = try evaluator.string(value)
            try evaluator.spend(characters: string.count)
            return .string(body(string))
        }
    }

    static let trim: Filter = { (evaluator, value, arguments) throws(TemplateFault) in
        let set = try arguments.bound("trim", ["chars"])[0].string("chars")
        let string = try evaluator.string(value)
        try evaluator.spend(characters: string.count)
        return .string(string.stripped(.both, of: set))
    }

    /// Works on plain text, also of markup.
    static let replace: Filter = { (evaluator, value, arguments) throws(TemplateFault) in
        let given = try arguments.bound("replace", ["old", "new", "count"])
        guard let old = given[0], let new = given[1] else { throw TemplateFault("replace takes two arguments") }
        let limit = try given[2].integer("count", default: -1)
        return .string(
            try evaluator.replace(
                try evaluator.string(value).plain, try evaluator.string(old).plain, try evaluator.string(new).plain,
                limit: limit < 0 ? .max : limit))
    }

    /// Indents every line but the first and the empty ones.
    static let indent: Filter = { (evaluator, value, arguments) throws(TemplateFault) in
        let given = try arguments.bound("indent", ["width", "first", "blank"])
        guard let string = value.asString else {
            throw TemplateFault("indent needs a string, not \(value.typeName)")
        }
        let indention: TemplateString
        if case .string(let text)? = given[0] {
            indention = text
        } else {
            let width = max(0, try given[0].integer("width", default: 4))
            try evaluator.check(characters: width)
            indention = TemplateString(String(repeating: " ", count: width))
        }
        let first = given[1].isTrue(default: false)
        let blank = given[2].isTrue(default: false)
        // An added line break makes the last line a line.
        let lines = string.with(string.characters + [TemplateCharacter("\n")]).lines()
        let (growth, overflow) = lines.count.multipliedReportingOverflow(by: indention.count)
        try evaluator.spend(characters: overflow ? .max : string.count + growth)
        var result: [TemplateCharacter] = first ? indention.characters : []
        for (index, line) in lines.enumerated() {
            if index > 0 {
                result.append(TemplateCharacter("\n"))
                if blank || !line.isEmpty { result += indention.characters }
            }
            result += line.characters
        }
        return .string(string.with(result))
    }

    static let center: Filter = { (evaluator, value, arguments) throws(TemplateFault) in
        let width = try arguments.bound("center", ["width"])[0] ?? .integer(80)
        let string = try evaluator.string(value)
        guard let method = StringMethods.table["center"] else { return value }
        return try method(evaluator, string, CallArguments(positional: [width]))
    }

    static let truncate: Filter = { (evaluator, value, arguments) throws(TemplateFault) in
        let given = try arguments.bound("truncate", ["length", "killwords", "end", "leeway"])
        let string = try evaluator.string(value)
        let length = try given[0].integer("length", default: 255)
        let end = try given[2].string("end") ?? "..."
        let leeway = try given[3].integer("leeway", default: 5)
        guard length >= end.count, leeway >= 0 else {
            throw TemplateFault("expected length >= \(end.count) and leeway >= 0")
        }
        if string.count - leeway <= length { return .string(string) }
        let cut = string.slice(0..<(length - end.count))
        let kept = given[1].isTrue(default: false) ? cut : cut.splitFromRight(" ", limit: 1)[0]
        return .string(kept.with(kept.characters + end.characters))
    }

    /// Runs of letters, digits and underscores.
    static let wordCount: Filter = { (evaluator, value, arguments) throws(TemplateFault) in
        let string = try evaluator.string(value)
        try evaluator.spend(string.count)
        var words = 0
        var isInside = false
        for character in string.characters {
            let belongs = character.scalar == "_" || character.scalar.isLetter || character.scalar.isNumeric
            if belongs && !isInside { words += 1 }
            isInside = belongs
        }
        return .integer(words)
    }

    static let format: Filter = { (evaluator, value, arguments) throws(TemplateFault) in
        if !arguments.positional.isEmpty && !arguments.named.isEmpty {
            throw TemplateFault("can't handle positional and keyword arguments at the same time")
        }
        let operand: Value =
            arguments.named.isEmpty
            ? try .sequence(arguments.positional, .tuple)
            : .mapping(try Mapping(arguments.named.map { (.text($0.name), $0.value) }))
        return .string(try PercentFormat.format(try evaluator.string(value), operand, evaluator))
    }

    static let string: Filter = { (evaluator, value, _) throws(TemplateFault) in .string(try evaluator.string(value)) }

    static let safe: Filter = { (evaluator, value, _) throws(TemplateFault) in
        .string(TemplateString(try evaluator.string(value).characters, isMarkup: true))
    }

    static let escape: Filter = { (evaluator, value, _) throws(TemplateFault) in
        let string = try evaluator.string(value)
        try evaluator.spend(characters: string.count)
        return .string(string.escapedForMarkup)
    }

    static let forceEscape: Filter = { (evaluator, value, _) throws(TemplateFault) in
        .string(try evaluator.string(value).plain.escapedForMarkup)
    }

    /// A word begins after `-`, white space, or an opening bracket.
    static func jinjaTitle(_ string: TemplateString) -> TemplateString {
        var result: [TemplateCharacter] = []
        var word: [TemplateCharacter] = []
        func finishWord() {
            guard let first = word.first else { return }
            result += first.scalar.properties.uppercaseMapping.unicodeScalars.map(first.replaced)
            result += TemplateString(word.dropFirst()).lowercased.characters
            word = []
        }
        for character in string.characters {
            switch character.scalar {
            case "-", "(", "{", "[", "<":
                finishWord()
                result.append(character)
            case _ where character.isSpace:
                finishWord()
                result.append(character)
            default: word.append(character)
            }
        }
        finishWord()
        return string.with(result)
    }

    /// Percent-encodes a string (`/` stays), or joins a mapping's pairs with `&`.
    static let urlEncode: Filter = { (evaluator, value, _) throws(TemplateFault) in
        func quote(_ value: Value, inQuery: Bool) throws(TemplateFault) -> [TemplateCharacter] {
            var result: [TemplateCharacter] = []
            for character in try evaluator.string(value).characters {
                let scalar = character.scalar
                if scalar.isASCII && (scalar.isLetter || scalar.isNumeric) || "_.-~".unicodeScalars.contains(scalar)
                    || scalar == "/" && !inQuery
                {
                    result.append(character)
                } else if inQuery && scalar == " " {
                    result.append(character.replaced(by: "+"))
                } else {
                    for byte in String(scalar).utf8 {
                        let digits = String(byte, radix: 16, uppercase: true)
                        result += ("%" + (byte < 16 ? "0" : "") + digits).unicodeScalars.map(character.replaced)
                    }
                }
            }
            try evaluator.spend(characters: result.count)
            return result
        }
        let pairs: [Value]
        switch value {
        case .mapping(let mapping): pairs = try mapping.items()
        case .list, .iterator: pairs = try evaluator.elements(of: value)
        default: return .string(TemplateString(try quote(value, inQuery: false)))
        }
        var parts: [TemplateString] = []
        for pair in pairs {
            let pair = try evaluator.elements(of: pair)
            guard pair.count == 2 else { throw TemplateFault("urlencode needs pairs") }
            parts.append(
                TemplateString(
                    try quote(pair[0], inQuery: true) + [TemplateCharacter("=")] + (try quote(pair[1], inQuery: true))))
        }
        let separator: TemplateString = "&"
        return .string(separator.joined(parts))
    }
}
