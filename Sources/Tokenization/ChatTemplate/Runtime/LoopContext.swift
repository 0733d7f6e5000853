// LoopContext.swift — the variable `loop` inside a `for`.
// Tokenization › ChatTemplate › Runtime.  Reference: jinja2.runtime.LoopContext: looks ahead only when asked to.

/// Walks a loop's values and answers questions about the walk.
final class LoopContext {
    private let iterator: ValueIterator
    /// Values that were asked about before their turn, the next one last.
    private var upcoming: [Value] = []
    private(set) var index = -1
    private(set) var current: Value?
    private(set) var previous: Value?
    private var length: Int?
    let depth: Int
    /// How deep the values that it walks lie inside one another.
    var nesting: Int { iterator.depth }
    /// Renders the loop's body for other values, one level deeper; nil unless the loop is `recursive`.
    let recurse: ((Value, Int) throws(TemplateFault) -> Value)?
    private var lastChecked: [Value]?

    init(
        _ iterator: ValueIterator, length: Int?, depth: Int,
        recurse: ((Value, Int) throws(TemplateFault) -> Value)?
    ) {
        self.iterator = iterator
        self.length = length
        self.depth = depth
        self.recurse = recurse
    }

    /// Moves to the next value.
    func advance() throws(TemplateFault) -> Value? {
        let value = upcoming.isEmpty ? try iterator.next() : upcoming.removeLast()
        guard let value else { return nil }
        index += 1
        previous = current
        current = value
        return value
    }

    private func peek() throws(TemplateFault) -> Value? {
        if upcoming.isEmpty, let value = try iterator.next() { upcoming.append(value) }
        return upcoming.last
    }

    private func count() throws(TemplateFault) -> Int {
        if let length { return length }
        var rest: [Value] = []
        while let value = try iterator.next() { rest.append(value) }
        upcoming = rest.reversed() + upcoming
        length = index + 1 + upcoming.count
        return index + 1 + upcoming.count
    }

    /// `loop.index`, `loop.last` and so on; nil for a name that `loop` does not have.
    func attribute(_ name: String) throws(TemplateFault) -> Value? {
        switch name {
        case "index": return .integer(index + 1)
        case "index0": return .integer(index)
        case "revindex": return .integer(try count() - index)
        case "revindex0": return .integer(try count() - index - 1)
        case "first": return .boolean(index == 0)
        case "last": return .boolean(try peek() == nil)
        case "length": return .integer(try count())
        case "depth": return .integer(depth + 1)
        case "depth0": return .integer(depth)
        case "previtem": return index == 0 ? .undefined(Undefined("there is no previous item")) : previous
        case "nextitem": return try peek() ?? .undefined(Undefined("there is no next item"))
        case "cycle":
            return .function(
                try Function("cycle") { [index] (_, arguments) throws(TemplateFault) in
                    guard !arguments.positional.isEmpty else { throw TemplateFault("no items for cycling given") }
                    return arguments.positional[index % arguments.positional.count]
                })
        case "changed":
            return .function(
                try Function("changed", over: [.loop(self)]) { [self] (evaluator, arguments) throws(TemplateFault) in
                    for value in arguments.positional { try evaluator.spend(value.parts) }
                    let isSame =
                        lastChecked.map {
                            $0.count == arguments.positional.count
                                && zip($0, arguments.positional).allSatisfy { $0.equals($1) }
                        } ?? false
                    lastChecked = arguments.positional
                    return .boolean(!isSame)
                })
        default: return nil
        }
    }
}
