// StringMethods.swift — the methods of Python's `str`.
// Tokenization › ChatTemplate › Library.  `encode`, `translate` and `maketrans` are left out: they lead out of text.

enum StringMethods {
    typealias Method = @Sendable (Evaluator, TemplateString, CallArguments) throws(TemplateFault) -> Value

    static let table: [String: Method] = [
        "capitalize": plain { $0.capitalized }, "casefold": plain { $0.casefolded },
        "lower": plain { $0.lowercased }, "swapcase": plain { $0.caseSwapped }, "title": plain { $0.titlecased },
        "upper": plain { $0.uppercased },
        "strip": strip(.both), "lstrip": strip(.left), "rstrip": strip(.right),
        "split": split, "rsplit": splitFromRight, "splitlines": splitLines,
        "partition": partition(fromRight: false), "rpartition": partition(fromRight: true),
        "removeprefix": removeAffix(isPrefix: true), "removesuffix": removeAffix(isPrefix: false),
        "startswith": hasAffix(isPrefix: true), "endswith": hasAffix(isPrefix: false),
        "find": find("find", fromRight: false), "rfind": find("rfind", fromRight: true),
        "index": find("index", fromRight: false), "rindex": find("rindex", fromRight: true),
        "count": count, "replace": replace, "join": join,
        "center": justify("center"), "ljust": justify("ljust"), "rjust": justify("rjust"), "zfill": zeroFill,
        "expandtabs": expandTabs, "format": BraceFormat.method, "format_map": BraceFormat.mapMethod,
        "isalnum": all { $0.isLetter || $0.isNumeric },
        "isalpha": all { $0.isLetter }, "isascii": test { $0.characters.allSatisfy { $0.scalar.isASCII } },
        "isdecimal": all { $0.properties.generalCategory == .decimalNumber },
        "isdigit": all { $0.properties.numericType == .decimal || $0.properties.numericType == .digit },
        "isnumeric": all { $0.isNumeric },
        "isspace": test { !$0.isEmpty && $0.characters.allSatisfy(\.isSpace) },
        "islower": test(\.isLowercased), "isupper": test(\.isUppercased),
        "istitle": test { $0.isTitlecased },
        "isidentifier": test { $0.isIdentifier },
        "isprintable": test { $0.isPrintable },
    ]

    private static func plain(_ body: @escaping @Sendable (TemplateString) -> TemplateString) -> Method {
        { (evaluator, string, arguments) throws(TemplateFault) in
            try arguments.requireNone("str method")
            try evaluator.spend(characters: string.count)
            return .string(body(string))
        }
    }

    private static func test(_ body: @escaping @Sendable (TemplateString) -> Bool) -> Method {
        { (evaluator, string, arguments) throws(TemplateFault) in
            try arguments.requireNone("str method")
            try evaluator.spend(characters: string.count)
            return .boolean(body(string))
        }
    }

    private static func all(_ body: @escaping @Sendable (Unicode.Scalar) -> Bool) -> Method {
        test { !$0.isEmpty && $0.characters.allSatisfy { body($0.scalar) } }
    }

    private static func strip(_ side: TemplateString.Side) -> Method {
        { (evaluator, string, arguments) throws(TemplateFault) in
            let set = try arguments.bound("strip", ["chars"])[0].string("strip arg")
            try evaluator.spend(characters: string.count)
            return .string(string.stripped(side, of: set))
        }
    }

    // MARK: - Splitting and joining

    private static let split: Method = { (evaluator, string, arguments) throws(TemplateFault) in
        let (separator, limit) = try splitArguments(arguments, evaluator, string)
        return try .sequence(string.split(separator, limit: limit).map { .string($0) })
    }

    private static let splitFromRight: Method = { (evaluator, string, arguments) throws(TemplateFault) in
        let (separator, limit) = try splitArguments(arguments, evaluator, string)
        return try .sequence(string.splitFromRight(separator, limit: limit).map { .string($0) })
    }

    private static func splitArguments(
        _ arguments: CallArguments, _ evaluator: Evaluator, _ string: TemplateString
    ) throws(TemplateFault) -> (TemplateString?, Int) {
        let given = try arguments.bound("split", ["sep", "maxsplit"])
        let separator = try given[0].string("sep")
        if separator?.isEmpty == true { throw TemplateFault("empty separator") }
        try evaluator.spend(string.count)
        let limit = try given[1].integer("maxsplit", default: -1)
        return (separator, limit < 0 ? .max : limit)
    }

    private static let splitLines: Method = { (evaluator, string, arguments) throws(TemplateFault) in
        let keepingEnds = try arguments.bound("splitlines", ["keepends"])[0].isTrue(default: false)
        try evaluator.spend(string.count)
        return try .sequence(string.lines(keepingEnds: keepingEnds).map { .string($0) })
    }

    private static func partition(fromRight: Bool) -> Method {
        { (evaluator, string, arguments) throws(TemplateFault) in
            guard let separator = try arguments.single("partition").asString else {
                throw TemplateFault("must be str")
            }
            if separator.isEmpty { throw TemplateFault("empty separator") }
            try evaluator.spend(characters: string.count)
            guard let match = fromRight ? string.lastIndex(of: separator) : string.firstIndex(of: separator) else {
                let empty = string.with([])
                let parts = fromRight ? [empty, empty, string] : [string, empty, empty]
                return try .sequence(parts.map { .string($0) }, .tuple)
            }
            let end = match + separator.count
            let parts = [string.slice(0..<match), string.slice(match..<end), string.slice(end..<string.count)]
            return try .sequence(parts.map { .string($0) }, .tuple)
        }
    }

    private static let join: Method = { (evaluator, string, arguments) throws(TemplateFault) in
        var parts: [TemplateString] = []
        for (index, value) in try evaluator.elements(of: try arguments.single("join")).enumerated() {
            guard let part = value.asString else {
                throw TemplateFault("sequence item \(index): expected str instance, \(value.typeName) found")
            }
            parts.append(string.isMarkup ? part.escapedForMarkup : part)
        }
        try evaluator.spend(characters: parts.reduce(0) { $0 + $1.count + string.count })
        return .string(string.joined(parts))
    }
}
