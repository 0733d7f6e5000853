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
        "islower": test { $0.isCased(\.isLowercase, never: { $0.isUppercase || $0.generalCategory == .titlecaseLetter }) },
        "isupper": test { $0.isCased(\.isUppercase, never: { $0.isLowercase || $0.generalCategory == .titlecaseLetter }) },
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

    // MARK: - Searching and replacing

    private static func hasAffix(isPrefix: Bool) -> Method {
        { (evaluator, string, arguments) throws(TemplateFault) in
            let name = isPrefix ? "startswith" : "endswith"
            let given = try arguments.bound(name, ["prefix", "start", "end"])
            let (start, end) = try range(given[1], given[2], string.count)
            guard let wanted = given[0] else { throw TemplateFault("\(name)() takes at least 1 argument (0 given)") }
            var affixes: [Value] = [wanted]
            if case .list(let list) = wanted, list.kind == .tuple { affixes = list.elements }
            for affix in affixes {
                guard let affix = affix.asString else {
                    throw TemplateFault("\(name) first arg must be str or a tuple of str, not \(affix.typeName)")
                }
                guard start <= end, affix.count <= end - start else { continue }
                let from = isPrefix ? start : end - affix.count
                if string.characters[from...].starts(with: affix.characters) { return .boolean(true) }
            }
            return .boolean(false)
        }
    }

    private static func removeAffix(isPrefix: Bool) -> Method {
        { (evaluator, string, arguments) throws(TemplateFault) in
            guard let affix = try arguments.single("remove").asString else {
                throw TemplateFault("the argument must be str")
            }
            try evaluator.spend(characters: string.count)
            guard affix.count <= string.count, !affix.isEmpty else { return .string(string) }
            let from = isPrefix ? 0 : string.count - affix.count
            guard string.characters[from...].starts(with: affix.characters) else { return .string(string) }
            return .string(isPrefix ? string.slice(affix.count..<string.count) : string.slice(0..<from))
        }
    }

    private static func find(_ name: String, fromRight: Bool) -> Method {
        { (evaluator, string, arguments) throws(TemplateFault) in
            let given = try arguments.bound(name, ["sub", "start", "end"])
            guard let part = try given[0].string("sub") else { throw TemplateFault("must be str") }
            let (start, end) = try range(given[1], given[2], string.count)
            try evaluator.spend(characters: string.count)
            let found =
                fromRight ? string.lastIndex(of: part, from: start, to: end) : string.firstIndex(of: part, from: start, to: end)
            if found == nil && name.hasSuffix("index") { throw TemplateFault("substring not found") }
            return .integer(found ?? -1)
        }
    }

    private static let count: Method = { (evaluator, string, arguments) throws(TemplateFault) in
        let given = try arguments.bound("count", ["sub", "start", "end"])
        guard let part = try given[0].string("sub") else { throw TemplateFault("must be str") }
        let (start, end) = try range(given[1], given[2], string.count)
        try evaluator.spend(characters: string.count)
        if part.isEmpty { return .integer(start <= end ? end - start + 1 : 0) }
        var found = 0
        var position = start
        while let match = string.firstIndex(of: part, from: position, to: end) {
            found += 1
            position = match + part.count
        }
        return .integer(found)
    }

    private static let replace: Method = { (evaluator, string, arguments) throws(TemplateFault) in
        let given = try arguments.bound("replace", ["old", "new", "count"])
        guard let old = try given[0].string("replace() argument 1"), let new = try given[1].string("replace() argument 2")
        else { throw TemplateFault("replace() takes at least 2 arguments") }
        let limit = try given[2].integer("count", default: -1)
        return .string(
            try evaluator.replace(
                string, old, string.isMarkup ? new.escapedForMarkup : new, limit: limit < 0 ? .max : limit))
    }

    /// Python's optional start and end: negative counts from the right, both are clamped.
    private static func range(_ start: Value?, _ end: Value?, _ count: Int) throws(TemplateFault) -> (Int, Int) {
        func resolve(_ value: Value?, _ fallback: Int) throws(TemplateFault) -> Int {
            let index = try value.integer("slice indices", default: fallback)
            return index < 0 ? (index < -count ? 0 : index + count) : index
        }
        return (try resolve(start, 0), min(try resolve(end, count), count))
    }

    // MARK: - Padding

    private static func justify(_ name: String) -> Method {
        { (evaluator, string, arguments) throws(TemplateFault) in
            let given = try arguments.bound(name, ["width", "fillchar"])
            let width = try given[0].integer("width", default: 0)
            let fill = try given[1].string("fillchar") ?? " "
            guard fill.count == 1 else { throw TemplateFault("The fill character must be exactly one character long") }
            let missing = max(0, width - string.count)
            try evaluator.spend(characters: max(width, string.count))
            // Python's `center` puts an odd blank left only if the width is odd too.
            let left = name == "ljust" ? 0 : name == "rjust" ? missing : missing / 2 + (missing & width & 1)
            let padding = repeatElement(fill.characters[0], count: missing)
            return .string(string.with(Array(padding.prefix(left)) + string.characters + padding.dropFirst(left)))
        }
    }

    private static let zeroFill: Method = { (evaluator, string, arguments) throws(TemplateFault) in
        guard let width = try arguments.single("zfill").asInteger else { throw TemplateFault("width must be an integer") }
        try evaluator.spend(characters: max(width, string.count))
        let signLength = string.characters.first.map { $0.scalar == "-" || $0.scalar == "+" } == true ? 1 : 0
        let zeros = repeatElement(TemplateCharacter("0"), count: max(0, width - string.count))
        return .string(string.with(string.characters[..<signLength] + zeros + string.characters[signLength...]))
    }

    private static let expandTabs: Method = { (evaluator, string, arguments) throws(TemplateFault) in
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

extension Evaluator {
    /// `replace`, with the result's length checked before it is made.
    func replace(
        _ string: TemplateString, _ old: TemplateString, _ new: TemplateString, limit: Int
    ) throws(TemplateFault) -> TemplateString {
        let most = min(limit, old.isEmpty ? string.count + 1 : string.count / old.count)
        let (growth, overflow) = most.multipliedReportingOverflow(by: max(0, new.count - old.count))
        // The bound is exact only if every place matches; a real template stays far below it.
        if overflow || growth > 1 << 20 {
            var matches = old.isEmpty ? most : 0
            var position = 0
            while !old.isEmpty, matches < limit, let match = string.firstIndex(of: old, from: position) {
                matches += 1
                position = match + old.count
            }
            let (exact, overflow) = matches.multipliedReportingOverflow(by: max(0, new.count - old.count))
            try check(characters: overflow ? .max : string.count + exact)
        }
        try spend(characters: string.count)
        let result = string.replacing(old, by: new, limit: limit)
        try spend(characters: result.count)
        return result
    }
}
