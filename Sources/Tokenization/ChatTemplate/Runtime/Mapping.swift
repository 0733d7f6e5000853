// Mapping.swift — Python's dict, as far as a template can see it.
// Tokenization › ChatTemplate › Runtime.

/// A Python dict: ordered, keyed by anything hashable.
final class Mapping {
    let entries: [(key: Value, value: Value)]
    let depth: Int
    let parts: Int
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
        let values = entries.lazy.flatMap { [$0.key, $0.value] }
        depth = try Nesting.depth(above: values)
        parts = try Nesting.parts(of: values)
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
