// Value.swift — what expressions evaluate to: Python's objects, as far as templates can reach them.
// Tokenization › ChatTemplate › Runtime.

/// A value while a template runs. Lists and mappings never change once made: the reference's sandbox forbids it too.
enum Value {
    /// Printed as nothing, false, empty; any other use fails with the message.
    case undefined(Undefined)
    /// Python's `None`.
    case null
    case boolean(Bool)
    case integer(Int)
    case float(Double)
    case string(TemplateString)
    case list(ListValue)
    case mapping(Mapping)
    /// A generator: can be walked once.
    case iterator(ValueIterator)
    /// `namespace()`: the one object that a template can change.
    case namespace(Namespace)
    case loop(LoopContext)
    case function(Function)
}

/// Why a value is not there.
struct Undefined {
    let message: String

    init(_ message: String) { self.message = message }

    static func name(_ name: String) -> Undefined { Undefined("'\(name)' is undefined") }
}

/// A Python list, or something else that holds elements in order.
struct ListValue {
    enum Kind: Equatable {
        case list, tuple
        /// What a mapping's methods give.
        case keys, values, items
        case range(start: Int, stop: Int, step: Int)
    }

    let kind: Kind
    let elements: [Value]
    let depth: Int

    init(_ elements: [Value], kind: Kind = .list) throws(TemplateFault) {
        self.elements = elements
        self.kind = kind
        depth = try Nesting.depth(above: elements)
    }
}

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

/// A Python dict: ordered, keyed by anything hashable.
final class Mapping {
    let entries: [(key: Value, value: Value)]
    let depth: Int
    private let positions: [HashKey: Int]

    /// A repeated key keeps its first place and takes its last value.
    init(_ members: [(key: Value, value: Value)]) throws(TemplateFault) {
        var entries: [(key: Value, value: Value)] = []
        var positions: [HashKey: Int] = [:]
        for member in members {
            let key = try HashKey(member.key)
            if let position = positions[key] {
                entries[position].value = member.value
            } else {
                positions[key] = entries.count
                entries.append(member)
            }
        }
        self.entries = entries
        self.positions = positions
        depth = try Nesting.depth(above: entries.lazy.flatMap { [$0.key, $0.value] })
    }

    subscript(key: TemplateString) -> Value? { positions[.string(key)].map { entries[$0].value } }

    func value(for key: Value) throws(TemplateFault) -> Value? { positions[try HashKey(key)].map { entries[$0].value } }

    var keys: [Value] { entries.map(\.key) }

    /// Pairs of key and value.
    func items() throws(TemplateFault) -> [Value] {
        var items: [Value] = []
        items.reserveCapacity(entries.count)
        for entry in entries { items.append(try .sequence([entry.key, entry.value], .tuple)) }
        return items
    }
}

/// A value as a dictionary key, with Python's equalities: 1, 1.0 and True are one key.
enum HashKey: Hashable {
    case null
    case undefined
    case integer(Int)
    case float(Double)
    case string(TemplateString)
    case tuple([HashKey])
    case object(ObjectIdentifier)

    init(_ value: Value) throws(TemplateFault) {
        switch value {
        case .null: self = .null
        case .undefined: self = .undefined
        case .boolean(let value): self = .integer(value ? 1 : 0)
        case .integer(let value): self = .integer(value)
        case .float(let value): self = Int(exactly: value).map { .integer($0) } ?? .float(value)
        case .string(let value): self = .string(value)
        case .list(let list) where list.kind == .tuple:
            var keys: [HashKey] = []
            for element in list.elements { keys.append(try HashKey(element)) }
            self = .tuple(keys)
        case .list, .mapping: throw TemplateFault("unhashable type: '\(value.typeName)'")
        case .iterator(let object): self = .object(ObjectIdentifier(object))
        case .namespace(let object): self = .object(ObjectIdentifier(object))
        case .loop(let object): self = .object(ObjectIdentifier(object))
        case .function(let object): self = .object(ObjectIdentifier(object))
        }
    }
}

/// `namespace(…)`
final class Namespace {
    var attributes: [TemplateString: Value]
    init(_ attributes: [TemplateString: Value]) { self.attributes = attributes }
}

/// Something that gives values one after another, once.
final class ValueIterator {
    private let pull: () throws(TemplateFault) -> Value?
    let depth: Int

    /// - Parameter sources: the values that `pull` holds on to.
    init(
        over sources: [Value], _ pull: @escaping () throws(TemplateFault) -> Value?
    ) throws(TemplateFault) {
        self.pull = pull
        depth = try Nesting.depth(above: sources)
    }

    convenience init(_ values: [Value]) throws(TemplateFault) {
        var position = 0
        try self.init(over: values) {
            guard position < values.count else { return nil }
            position += 1
            return values[position - 1]
        }
    }

    func next() throws(TemplateFault) -> Value? { try pull() }
}

/// A macro, a global function or a method bound to its object.
final class Function {
    let name: String
    let depth: Int
    let call: (Evaluator, CallArguments) throws(TemplateFault) -> Value

    /// - Parameter bound: the values that `call` holds on to.
    init(
        _ name: String, over bound: [Value] = [],
        _ call: @escaping (Evaluator, CallArguments) throws(TemplateFault) -> Value
    ) throws(TemplateFault) {
        self.name = name
        self.call = call
        depth = try Nesting.depth(above: bound)
    }
}

/// Why evaluation stopped; the evaluator adds the line.
struct TemplateFault: Error {
    enum Kind { case runtime, raised, limit }
    let kind: Kind
    let message: String

    init(_ message: String, kind: Kind = .runtime) {
        self.kind = kind
        self.message = message
    }
}
