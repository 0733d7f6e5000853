// TemplateObjects.swift — the values that are objects: namespaces, generators, functions.
// Tokenization › ChatTemplate › Runtime.

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
