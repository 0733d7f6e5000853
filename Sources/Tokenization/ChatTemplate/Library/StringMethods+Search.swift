// StringMethods+Search.swift — finding, counting, replacing, prefixes and suffixes.
// Tokenization › ChatTemplate › Library.

extension StringMethods {
    static func hasAffix(isPrefix: Bool) -> Method {
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

    static func removeAffix(isPrefix: Bool) -> Method {
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

    static func find(_ name: String, fromRight: Bool) -> Method {
        { (evaluator, string, arguments) throws(TemplateFault) in
            let given = try arguments.bound(name, ["sub", "start", "end"])
            guard let part = try given[0].string("sub") else { throw TemplateFault("must be str") }
            let (start, end) = try range(given[1], given[2], string.count)
            try evaluator.spend(characters: string.count)
            let found =
                fromRight
                ? string.lastIndex(of: part, from: start, to: end) : string.firstIndex(of: part, from: start, to: end)
            if found == nil && name.hasSuffix("index") { throw TemplateFault("substring not found") }
            return .integer(found ?? -1)
        }
    }

    static let count: Method = { (evaluator, string, arguments) throws(TemplateFault) in
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

    static let replace: Method = { (evaluator, string, arguments) throws(TemplateFault) in
        let given = try arguments.bound("replace", ["old", "new", "count"])
        guard let old = try given[0].string("replace() argument 1"),
            let new = try given[1].string("replace() argument 2")
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
