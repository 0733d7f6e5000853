// TemplateFilters+Order.swift — filters that compare elements.
// Tokenization › ChatTemplate › Library.  Strings compare without case unless `case_sensitive` says otherwise.

extension TemplateFilters {
    /// What an element is compared by.
    private static func key(_ value: Value, caseSensitive: Bool) -> Value {
        guard !caseSensitive, let string = value.asString else { return value }
        return .string(string.lowercased)
    }

    /// Sorts pairs of key and element by key; equal keys keep their order, also in reverse.
    private static func sorted(
        _ keyed: [Value], reverse: Bool, _ evaluator: Evaluator
    ) throws(TemplateFault) -> [Value] {
        func key(_ pair: Value) -> Value { if case .list(let pair) = pair { pair.elements[0] } else { .null } }
        let pairs = try keyed.sorted { (a, b) throws(TemplateFault) in
            try evaluator.spend(comparing: key(a), key(b))
            return reverse ? try key(b).isLess(than: key(a)) : try key(a).isLess(than: key(b))
        }
        return pairs.map { if case .list(let pair) = $0 { pair.elements[1] } else { .null } }
    }

    static let sort: Filter = { (evaluator, value, arguments) throws(TemplateFault) in
        let given = try arguments.bound("sort", ["reverse", "case_sensitive", "attribute"])
        let caseSensitive = given[1].isTrue(default: false)
        // Several attributes are separated by commas.
        let paths: [Value?] =
            if let text = given[2]?.asString {
                text.split(",", limit: .max).map { .string($0) }
            } else { [given[2]] }
        var keyed: [Value] = []
        for element in try evaluator.elements(of: value) {
            var keys: [Value] = []
            for path in paths {
                keys.append(key(try evaluator.follow(path, from: element), caseSensitive: caseSensitive))
            }
            keyed.append(try .sequence([try .sequence(keys), element], .tuple))
        }
        try evaluator.spend(keyed.count * (Int.bitWidth - keyed.count.leadingZeroBitCount))
        return try .sequence(try sorted(keyed, reverse: given[0].isTrue(default: false), evaluator))
    }

    /// A mapping's pairs, by key or by value.
    static let dictSort: Filter = { (evaluator, value, arguments) throws(TemplateFault) in
        let given = try arguments.bound("dictsort", ["case_sensitive", "by", "reverse"])
        let by = try given[1].string("by")?.text ?? "key"
        guard by == "key" || by == "value" else {
            throw TemplateFault("You can only sort by either \"key\" or \"value\"")
        }
        guard case .mapping(let mapping) = value else {
            if case .undefined(let undefined) = value { throw TemplateFault(undefined.message) }
            throw TemplateFault("'\(value.typeName)' object has no attribute 'items'")
        }
        let caseSensitive = given[0].isTrue(default: false)
        var keyed: [Value] = []
        for entry in mapping.entries {
            let pair = try Value.sequence([entry.key, entry.value], .tuple)
            let sortKey = key(by == "key" ? entry.key : entry.value, caseSensitive: caseSensitive)
            keyed.append(try .sequence([sortKey, pair], .tuple))
        }
        try evaluator.spend(keyed.count * (Int.bitWidth - keyed.count.leadingZeroBitCount))
        return try .sequence(try sorted(keyed, reverse: given[2].isTrue(default: false), evaluator))
    }

    static let unique: Filter = { (evaluator, value, arguments) throws(TemplateFault) in
        let given = try arguments.bound("unique", ["case_sensitive", "attribute"])
        let caseSensitive = given[0].isTrue(default: false)
        var seen: Set<HashKey> = []
        var kept: [Value] = []
        for element in try evaluator.elements(of: value) {
            let found = key(try evaluator.follow(given[1], from: element), caseSensitive: caseSensitive)
            try evaluator.spend(found.parts)
            if seen.insert(try HashKey(found)).inserted { kept.append(element) }
        }
        return .iterator(try ValueIterator(kept))
    }

    static func extremum(
        _ name: String, _ isBetter: @escaping @Sendable (Value, Value) throws(TemplateFault) -> Bool
    ) -> Filter {
        { (evaluator, value, arguments) throws(TemplateFault) in
            let given = try arguments.bound(name, ["case_sensitive", "attribute"])
            let caseSensitive = given[0].isTrue(default: false)
            var best: (key: Value, element: Value)?
            for element in try evaluator.elements(of: value) {
                let found = key(try evaluator.follow(given[1], from: element), caseSensitive: caseSensitive)
                if let current = best {
                    try evaluator.spend(comparing: found, current.key)
                    if !(try isBetter(found, current.key)) { continue }
                }
                best = (found, element)
            }
            return best?.element ?? .undefined(Undefined("No aggregated item, sequence was empty."))
        }
    }

    /// Pairs of a key and the elements that have it, sorted by key.
    static let groupBy: Filter = { (evaluator, value, arguments) throws(TemplateFault) in
        let given = try arguments.bound("groupby", ["attribute", "default", "case_sensitive"])
        guard let path = given[0] else { throw TemplateFault("groupby needs an attribute") }
        let caseSensitive = given[2].isTrue(default: false)
        func found(_ element: Value) throws(TemplateFault) -> Value {
            try evaluator.follow(path, from: element, default: given[1])
        }
        var keyed: [Value] = []
        for element in try evaluator.elements(of: value) {
            keyed.append(try .sequence([key(try found(element), caseSensitive: caseSensitive), element], .tuple))
        }
        try evaluator.spend(keyed.count * (Int.bitWidth - keyed.count.leadingZeroBitCount))
        var groups: [(key: Value, elements: [Value])] = []
        for element in try sorted(keyed, reverse: false, evaluator) {
            let own = key(try found(element), caseSensitive: caseSensitive)
            if let last = groups.last { try evaluator.spend(comparing: last.key, own) }
            if let last = groups.last, last.key.equals(own) {
                groups[groups.count - 1].elements.append(element)
            } else {
                groups.append((own, [element]))
            }
        }
        var result: [Value] = []
        for group in groups {
            result.append(try .sequence([try found(group.elements[0]), try .sequence(group.elements)], .tuple))
        }
        return try .sequence(result)
    }
}
