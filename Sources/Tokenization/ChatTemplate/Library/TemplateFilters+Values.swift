// TemplateFilters+Values.swift — filters on any value, and on sequences one element at a time.
// Tokenization › ChatTemplate › Library.

extension TemplateFilters {
    static let defaultValue: Filter = { (_, value, arguments) throws(TemplateFault) in
        let given = try arguments.bound("default", ["default_value", "boolean"])
        let fallback = given[0] ?? .text("")
        if case .undefined = value { return fallback }
        return given[1].isTrue(default: false) && !value.isTrue ? fallback : value
    }

    static let length: Filter = { (_, value, _) throws(TemplateFault) in
        guard let count = value.knownCount else {
            throw TemplateFault("object of type '\(value.typeName)' has no len()")
        }
        return .integer(count)
    }

    static let list: Filter = { (evaluator, value, _) throws(TemplateFault) in
        try .sequence(try evaluator.elements(of: value))
    }

    static let items: Filter = { (_, value, _) throws(TemplateFault) in
        switch value {
        case .mapping(let mapping): return .iterator(try ValueIterator(try mapping.items()))
        case .undefined: return .iterator(try ValueIterator([]))
        default: throw TemplateFault("Can only get item pairs from a mapping.")
        }
    }

    /// As `value.name`, without looking for an item of that name.
    static let attr: Filter = { (evaluator, value, arguments) throws(TemplateFault) in
        guard let name = try arguments.single("attr").asString else {
            throw TemplateFault("attribute name must be string")
        }
        return try evaluator.ownAttribute(name.text, of: value)
            ?? .undefined(Undefined("'\(value.objectName)' has no attribute '\(name.text)'"))
    }

    // MARK: - Ends and sums

    static let first: Filter = { (evaluator, value, _) throws(TemplateFault) in
        try evaluator.iterate(value).next() ?? .undefined(Undefined("No first item, sequence was empty."))
    }

    static let last: Filter = { (evaluator, value, _) throws(TemplateFault) in
        if case .iterator = value { throw TemplateFault("'generator' object is not reversible") }
        return try evaluator.elements(of: value).last ?? .undefined(Undefined("No last item, sequence was empty."))
    }

    static let reverse: Filter = { (evaluator, value, _) throws(TemplateFault) in
        if case .string(let string) = value {
            try evaluator.spend(characters: string.count)
            return .string(string.with(string.characters.reversed()))
        }
        let elements = try evaluator.elements(of: value)
        if case .iterator = value { return try .sequence(elements.reversed()) }
        return .iterator(try ValueIterator(elements.reversed()))
    }

    static let sum: Filter = { (evaluator, value, arguments) throws(TemplateFault) in
        let given = try arguments.bound("sum", ["attribute", "start"])
        var total = given[1] ?? .integer(0)
        for element in try evaluator.elements(of: value) {
            total = try evaluator.binary(.add, total, try evaluator.follow(given[0], from: element))
        }
        return total
    }

    static let join: Filter = { (evaluator, value, arguments) throws(TemplateFault) in
        let given = try arguments.bound("join", ["d", "attribute"])
        let separator = try given[0].map { value throws(TemplateFault) in try evaluator.string(value).plain } ?? ""
        var parts: [TemplateString] = []
        for element in try evaluator.elements(of: value) {
            parts.append(try evaluator.string(try evaluator.follow(given[1], from: element)))
        }
        try evaluator.spend(characters: parts.reduce(0) { $0 + $1.count + separator.count })
        return .string(separator.joined(parts))
    }

    // MARK: - Groups of a size

    /// Rows of `linecount` elements.
    static let batch: Filter = { (evaluator, value, arguments) throws(TemplateFault) in
        let given = try arguments.bound("batch", ["linecount", "fill_with"])
        let size = try given[0].integer("linecount", default: 0)
        guard size > 0 else { throw TemplateFault("batch needs a positive number") }
        let elements = try evaluator.elements(of: value)
        var rows: [Value] = []
        var start = 0
        while start < elements.count {
            let end = elements.count - start < size ? elements.count : start + size
            var row = Array(elements[start..<end])
            if row.count < size, let fill = given[1], !fill.isNull {
                try evaluator.check(characters: size)
                row += repeatElement(fill, count: size - row.count)
            }
            rows.append(try .sequence(row))
            start = end
        }
        return .iterator(try ValueIterator(rows))
    }

    /// `slices` columns of about equal length.
    static let slice: Filter = { (evaluator, value, arguments) throws(TemplateFault) in
        let given = try arguments.bound("slice", ["slices", "fill_with"])
        let count = try given[0].integer("slices", default: 0)
        guard count > 0 else { throw TemplateFault("slice needs a positive number") }
        try evaluator.check(characters: count)
        let elements = try evaluator.elements(of: value)
        let (size, extra) = elements.count.quotientAndRemainder(dividingBy: count)
        var columns: [Value] = []
        var start = 0
        for index in 0..<count {
            try evaluator.spend()
            let end = start + size + (index < extra ? 1 : 0)
            var column = Array(elements[start..<end])
            if index >= extra, let fill = given[1], !fill.isNull { column.append(fill) }
            columns.append(try .sequence(column))
            start = end
        }
        return .iterator(try ValueIterator(columns))
    }

    // MARK: - One by one

    /// `map(attribute=…)` or `map("filter", …)`; like the rest here lazy, and walked once.
    static let map: Filter = { (evaluator, value, arguments) throws(TemplateFault) in
        guard value.isTrue else { return .iterator(try ValueIterator([])) }
        let source = try evaluator.iterate(value)
        if arguments.positional.isEmpty {
            let given = try arguments.bound("map", ["attribute", "default"])
            guard let path = given[0] else { throw TemplateFault("map requires a filter argument") }
            return .iterator(
                try ValueIterator(over: [.iterator(source), given[1] ?? .null]) { () throws(TemplateFault) in
                    guard let element = try source.next() else { return nil }
                    return try evaluator.follow(path, from: element, default: given[1])
                })
        }
        guard let name = arguments.positional[0].asString?.text else {
            throw TemplateFault("map requires a filter argument")
        }
        let rest = CallArguments(positional: Array(arguments.positional.dropFirst()), named: arguments.named)
        return .iterator(
            try ValueIterator(over: [.iterator(source)] + arguments.positional) { () throws(TemplateFault) in
                guard let element = try source.next() else { return nil }
                try evaluator.spend()
                return try evaluator.applyFilter(name, to: element, rest)
            })
    }

    /// `select`, `reject` and their `…attr`: elements by a test, or by their truth.
    static func select(keeps: Bool, byAttribute: Bool) -> Filter {
        { (evaluator, value, arguments) throws(TemplateFault) in
            guard value.isTrue else { return .iterator(try ValueIterator([])) }
            var positional = arguments.positional[...]
            var path: Value?
            if byAttribute {
                guard let first = positional.popFirst() else {
                    throw TemplateFault("Missing parameter for attribute name")
                }
                path = first
            }
            let test = positional.popFirst()
            let name = test?.asString?.text
            if test != nil && name == nil { throw TemplateFault("a test's name must be a string") }
            let rest = CallArguments(positional: Array(positional), named: arguments.named)
            let source = try evaluator.iterate(value)
            return .iterator(
                try ValueIterator(over: [.iterator(source)] + arguments.positional) { () throws(TemplateFault) in
                    while let element = try source.next() {
                        try evaluator.spend()
                        let tested = try evaluator.follow(path, from: element)
                        let holds = if let name { try evaluator.test(name, tested, rest) } else { tested.isTrue }
                        if holds == keeps { return element }
                    }
                    return nil
                })
        }
    }
}

extension Value {
    var isNull: Bool { if case .null = self { true } else { false } }
}

extension Evaluator {
    /// What lies at the end of a dotted path such as `function.name` or `0.id`; the value itself without a path.
    /// - Parameter fallback: taken in place of anything undefined on the way.
    func follow(_ path: Value?, from value: Value, default fallback: Value? = nil) throws(TemplateFault) -> Value {
        guard let path, !path.isNull else { return value }
        guard let text = path.asString else { return try item(path, of: value) }
        var value = value
        for part in text.split(".", limit: .max) {
            try spend()
            let isIndex = !part.isEmpty && part.characters.allSatisfy { ("0"..."9").contains($0.scalar) }
            value = try item(isIndex ? Int(part.text).map { .integer($0) } ?? .string(part) : .string(part), of: value)
            if case .undefined = value, let fallback, !fallback.isNull { value = fallback }
        }
        return value
    }
}
