// Value+Python.swift — truth, equality, order and type names, as Python has them.
// Tokenization › ChatTemplate › Runtime.

extension Value {
    static func text(_ text: String) -> Value { .string(TemplateString(text)) }

    var isTrue: Bool {
        switch self {
        case .undefined, .null: false
        case .boolean(let value): value
        case .integer(let value): value != 0
        case .float(let value): value != 0
        case .string(let value): !value.isEmpty
        case .list(let list): !list.elements.isEmpty
        case .mapping(let mapping): !mapping.entries.isEmpty
        case .iterator, .namespace, .loop, .function: true
        }
    }

    /// The name of the Python type, for messages.
    var typeName: String {
        switch self {
        case .undefined: "Undefined"
        case .null: "NoneType"
        case .boolean: "bool"
        case .integer: "int"
        case .float: "float"
        case .string(let value): value.isMarkup ? "Markup" : "str"
        case .list(let list):
            switch list.kind {
            case .list: "list"
            case .tuple: "tuple"
            case .keys: "dict_keys"
            case .values: "dict_values"
            case .items: "dict_items"
            case .range: "range"
            }
        case .mapping: "dict"
        case .iterator: "generator"
        case .namespace: "jinja2.utils.Namespace"
        case .loop: "jinja2.runtime.LoopContext"
        case .function: "function"
        }
    }

    /// The object as messages about its attributes call it.
    var objectName: String { if case .null = self { "None" } else { typeName + " object" } }

    /// A number for arithmetic: `True` is 1.
    var asInteger: Int? {
        switch self {
        case .integer(let value): value
        case .boolean(let value): value ? 1 : 0
        default: nil
        }
    }

    var asDouble: Double? {
        if case .float(let value) = self { return value }
        return asInteger.map(Double.init)
    }

    var asString: TemplateString? { if case .string(let value) = self { value } else { nil } }

    /// Python's `==`, which never fails.
    func equals(_ other: Value) -> Bool {
        switch (self, other) {
        case (.undefined, .undefined), (.null, .null): return true
        case (.string(let left), .string(let right)): return left == right
        case (.list(let left), .list(let right)):
            guard left.elements.count == right.elements.count, left.comparisonKind == right.comparisonKind else {
                return false
            }
            return zip(left.elements, right.elements).allSatisfy { $0.equals($1) }
        case (.mapping(let left), .mapping(let right)):
            guard left.entries.count == right.entries.count else { return false }
            return left.entries.allSatisfy { entry in
                guard let value = try? right.value(for: entry.key) else { return false }
                return entry.value.equals(value)
            }
        case (.iterator(let left), .iterator(let right)): return left === right
        case (.namespace(let left), .namespace(let right)): return left === right
        case (.loop(let left), .loop(let right)): return left === right
        case (.function(let left), .function(let right)): return left === right
        default:
            if let left = asInteger, let right = other.asInteger { return left == right }
            if let left = asDouble, let right = other.asDouble { return left == right }
            return false
        }
    }

    /// Python's `<`, which fails for types that have no order.
    func isLess(than other: Value, _ symbol: String = "<") throws(TemplateFault) -> Bool {
        if let left = asInteger, let right = other.asInteger { return left < right }
        if let left = asDouble, let right = other.asDouble { return left < right }
        switch (self, other) {
        case (.string(let left), .string(let right)): return left < right
        case (.list(let left), .list(let right)) where left.comparisonKind == right.comparisonKind:
            for (a, b) in zip(left.elements, right.elements) where !a.equals(b) { return try a.isLess(than: b, symbol) }
            return left.elements.count < right.elements.count
        case (.undefined(let undefined), _), (_, .undefined(let undefined)): throw TemplateFault(undefined.message)
        default:
            throw TemplateFault(
                "'\(symbol)' not supported between instances of '\(typeName)' and '\(other.typeName)'")
        }
    }

    /// Whether the two are one object, as far as that can be told apart (`is sameas`).
    func isSame(as other: Value) -> Bool {
        switch (self, other) {
        case (.boolean(let left), .boolean(let right)): left == right
        case (.boolean, _), (_, .boolean): false
        case (.mapping(let left), .mapping(let right)): left === right
        case (.float, .integer), (.integer, .float): false
        default: equals(other)
        }
    }
}

extension ListValue {
    /// Lists equal lists, tuples equal tuples.
    fileprivate var comparisonKind: Int {
        switch kind {
        case .list: 0
        case .tuple: 1
        case .keys: 2
        case .values: 3
        case .items: 4
        case .range: 5
        }
    }
}

extension [Value] {
    /// A stable sort whose comparison may fail.
    func sorted(by isLess: (Value, Value) throws(TemplateFault) -> Bool) throws(TemplateFault) -> [Value] {
        if count < 2 { return self }
        let left = try Array(self[..<(count / 2)]).sorted(by: isLess)
        let right = try Array(self[(count / 2)...]).sorted(by: isLess)
        var merged: [Value] = []
        merged.reserveCapacity(count)
        var (i, j) = (0, 0)
        while i < left.count && j < right.count {
            // The right one only if it is strictly less: equals keep their order.
            if try isLess(right[j], left[i]) {
                merged.append(right[j])
                j += 1
            } else {
                merged.append(left[i])
                i += 1
            }
        }
        return merged + left[i...] + right[j...]
    }
}
