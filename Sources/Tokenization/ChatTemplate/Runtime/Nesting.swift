// Nesting.swift — bounds on how deep values lie inside one another, and on how many.
// Tokenization › ChatTemplate › Runtime.

/// How deep values lie inside one another, and how many are met on a walk through all of them. Bounded, because printing,
/// comparing and hashing walk and recurse: a list of a list twice, forty times over, is small and has 2⁴⁰ parts.
enum Nesting {
    static let maximum = 200
    static let mostParts = 1_000_000

    static func depth(above values: some Sequence<Value>) throws(TemplateFault) -> Int {
        var depth = 1
        for value in values { depth = max(depth, value.depth + 1) }
        guard depth <= maximum else {
            throw TemplateFault("values lie inside one another more than \(maximum) deep", kind: .limit)
        }
        return depth
    }

    /// The parts of a value that holds `values`, itself among them; what is there twice counts twice.
    static func parts(of values: some Sequence<Value>) throws(TemplateFault) -> Int {
        var parts = 1
        for value in values {
            parts += value.parts
            guard parts <= mostParts else {
                throw TemplateFault("a value has more than \(mostParts) parts", kind: .limit)
            }
        }
        return parts
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

    /// What a walk through the value meets; of a string four characters are one part.
    var parts: Int {
        switch self {
        case .list(let list): list.parts
        case .mapping(let mapping): mapping.parts
        case .string(let string): 1 + string.count / 4
        default: 1
        }
    }

    /// A list or tuple of `elements`.
    static func sequence(
        _ elements: [Value], _ kind: ListValue.Kind = .list
    ) throws(TemplateFault) -> Value {
        .list(try ListValue(elements, kind: kind))
    }
}
