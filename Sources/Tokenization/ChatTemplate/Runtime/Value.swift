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
    let parts: Int

    init(_ elements: [Value], kind: Kind = .list) throws(TemplateFault) {
        self.elements = elements
        self.kind = kind
        depth = try Nesting.depth(above: elements)
        parts = try Nesting.parts(of: elements)
    }
}
