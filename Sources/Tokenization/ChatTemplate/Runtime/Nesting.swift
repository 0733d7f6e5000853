// Nesting.swift — a bound on how deep values lie inside one another.
// Tokenization › ChatTemplate › Runtime.

/// How deep values lie inside one another. Bounded, because printing, comparing and releasing them recurse.
enum Nesting {
    static let maximum = 200

    static func depth(above values: some Sequence<Value>) throws(TemplateFault) -> Int {
        var depth = 1
        for value in values { depth = max(depth, value.depth + 1) }
        guard depth <= maximum else {
            throw TemplateFault("values lie inside one another more than \(maximum) deep", kind: .limit)
        }
        return depth
    }
}

extension Value {
    fileprivate var depth: Int {
        switch self {
        case .list(let list): list.depth
        case .mapping(let mapping): mapping.depth
        case .iterator(let iterator): iterator.depth
        case .function(let function): function.depth
        case .loop(let loop): loop.nesting
        // A namespace is emptied when the rendering ends, so it holds nothing that recursion could follow.
        case .undefined, .null, .boolean, .integer, .float, .string, .namespace: 0
        }
    }

    /// A list or tuple of `elements`.
    static func sequence(
        _ elements: [Value], _ kind: ListValue.Kind = .list
    ) throws(TemplateFault) -> Value {
        .list(try ListValue(elements, kind: kind))
    }
}
