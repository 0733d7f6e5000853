// Evaluator+Access.swift — attributes, items, slices, and walking over values.
// Tokenization › ChatTemplate › Runtime.  Reference: jinja2's sandboxed getattr and getitem.

extension Evaluator {
    /// `object.name`: a method or attribute of the object first, then the item of that name.
    func attribute(_ name: AttributeName, of object: Value) throws(TemplateFault) -> Value {
        if let own = try ownAttribute(name.text, of: object) { return own }
        if case .mapping(let mapping) = object, let value = mapping[name.key] { return value }
        return try missing(.string(name.key), of: object)
    }

    /// `object[key]`: the item first, then an attribute of that name.
    func item(_ key: Value, of object: Value) throws(TemplateFault) -> Value {
        switch object {
        case .mapping(let mapping):
            // An unhashable key is simply not there.
            try spend(key.parts)
            if let value = try? mapping.value(for: key) { return value }
        case .list(let list) where list.kind != .keys && list.kind != .values && list.kind != .items:
            if let index = key.asInteger, let position = resolve(index, list.elements.count) {
                return list.elements[position]
            }
        case .string(let string):
            if let index = key.asInteger, let position = resolve(index, string.count) {
                return .string(TemplateString(string.characters[position...position], isMarkup: string.isMarkup))
            }
        case .undefined(let undefined): throw TemplateFault(undefined.message)
        default: break
        }
        if let name = key.asString, let own = try ownAttribute(name.text, of: object) { return own }
        return try missing(key, of: object)
    }

    /// What `mapping` has under `key`; a key that cannot be hashed is an error.
    func value(for key: Value, in mapping: Mapping) throws(TemplateFault) -> Value? {
        try spend(key.parts)
        return try mapping.value(for: key)
    }

    /// A dictionary of `members`, whose keys are hashed: work that counts by their size.
    func mapping(of members: [(key: Value, value: Value)]) throws(TemplateFault) -> Value {
        for member in members { try spend(member.key.parts) }
        return .mapping(try Mapping(members))
    }

    private func resolve(_ index: Int, _ count: Int) -> Int? {
        let position = index < 0 ? index + count : index
        return position >= 0 && position < count ? position : nil
    }

    private func missing(_ key: Value, of object: Value) throws(TemplateFault) -> Value {
        if case .string(let name) = key {
            return .undefined(Undefined("'\(object.objectName)' has no attribute '\(Self.shortened(name))'"))
        }
        return .undefined(Undefined("\(object.objectName) has no element \(Self.shortened(try repr(key)))"))
    }

    /// For a message that may never be read.
    private static func shortened(_ text: TemplateString) -> String {
        text.count <= longestName ? text.text : text.slice(0..<longestName).text + "…"
    }

    private static let longestName = 200

    /// What the Python object itself has under this name.
    func ownAttribute(_ name: String, of object: Value) throws(TemplateFault) -> Value? {
        if case .undefined(let undefined) = object { throw TemplateFault(undefined.message) }
        // The sandbox hides what Python's objects have inside.
        if name.hasPrefix("__") && name.hasSuffix("__") {
            return .undefined(Undefined("access to attribute '\(name)' of '\(object.typeName)' object is unsafe."))
        }
        switch object {
        case .string(let string):
            guard let method = StringMethods.table[name] else { return nil }
            return .function(
                try Function(name) { (evaluator, arguments) throws(TemplateFault) in
                    try method(evaluator, string, arguments)
                })
        case .list(let list): return try ContainerMethods.method(name, of: list)
        case .mapping(let mapping): return try ContainerMethods.method(name, of: mapping)
        case .namespace(let namespace): return namespace.attributes[TemplateString(name)]
        case .loop(let loop): return try loop.attribute(name)
        case .function(let function): return name == "name" ? .text(function.name) : nil
        case .undefined, .null, .boolean, .integer, .float, .iterator: return nil
        }
    }

    // MARK: - Slices

    func slice(_ object: Value, start: Int?, stop: Int?, step: Int?) throws(TemplateFault) -> Value {
        guard step != 0 else { throw TemplateFault("slice step cannot be zero") }
        switch object {
        case .string(let string):
            let indices = sliceIndices(string.count, start, stop, step ?? 1)
            try spend(characters: indices.count)
            return .string(TemplateString(indices.map { string.characters[$0] }, isMarkup: string.isMarkup))
        case .list(let list):
            let indices = sliceIndices(list.elements.count, start, stop, step ?? 1)
            try spend(indices.count)
            return try .sequence(indices.map { list.elements[$0] }, list.kind == .tuple ? .tuple : .list)
        case .undefined(let undefined): throw TemplateFault(undefined.message)
        // The reference takes an object that cannot be sliced for one without such an element.
        default: return .undefined(Undefined("\(object.objectName) has no element slice"))
        }
    }

    /// The positions that a Python slice takes.
    private func sliceIndices(_ count: Int, _ start: Int?, _ stop: Int?, _ step: Int) -> [Int] {
        // Clamped without overflow: bounds may be any integer.
        func clamp(_ index: Int?, _ fallback: Int, _ low: Int, _ high: Int) -> Int {
            guard let index else { return fallback }
            if index < 0 { return index < -count ? low : max(index + count, low) }
            return min(index, high)
        }
        if step > 0 {
            let first = clamp(start, 0, 0, count)
            let last = clamp(stop, count, 0, count)
            return first < last ? Array(stride(from: first, to: last, by: step)) : []
        }
        let first = clamp(start, count - 1, -1, count - 1)
        let last = clamp(stop, -1, -1, count - 1)
        return first > last ? Array(stride(from: first, to: last, by: step)) : []
    }

    // MARK: - Walking

    /// What `for` and filters walk over.
    func iterate(_ value: Value) throws(TemplateFault) -> ValueIterator {
        switch value {
        case .iterator(let iterator): return iterator
        default: return try ValueIterator(try elements(of: value))
        }
    }

    /// All elements: of a string its characters, of a mapping its keys.
    func elements(of value: Value) throws(TemplateFault) -> [Value] {
        switch value {
        case .list(let list): return list.elements
        case .mapping(let mapping): return mapping.keys
        case .string(let string):
            try spend(string.count)
            return string.characters.map { .string(TemplateString([$0], isMarkup: string.isMarkup)) }
        case .undefined: return []
        case .iterator(let iterator):
            var values: [Value] = []
            while let value = try iterator.next() {
                try spend()
                values.append(value)
            }
            return values
        case .null, .boolean, .integer, .float, .namespace, .loop, .function:
            throw TemplateFault("'\(value.typeName)' object is not iterable")
        }
    }
}

extension Value {
    /// Python's `len`, for what has one.
    var knownCount: Int? {
        switch self {
        case .string(let string): string.count
        case .list(let list): list.elements.count
        case .mapping(let mapping): mapping.entries.count
        case .undefined: 0
        default: nil
        }
    }
}
