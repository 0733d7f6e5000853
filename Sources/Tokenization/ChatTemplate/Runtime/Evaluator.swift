// Evaluator.swift — runs a parsed template: statements, scopes, bounds.
// Tokenization › ChatTemplate › Runtime.

/// One rendering. Made for it and thrown away after it; nothing outside its inputs can be reached from a template.
final class Evaluator {
    private let limits: TemplateLimits
    private let names: [String]
    /// What `strftime_now` tells.
    let now: CalendarTime
    private(set) var line = 1
    private var steps = 0
    private var depth = 0
    /// The text under way: the whole output, or what a macro, a captured block or a filter block has made so far.
    private var output: [TemplateCharacter] = []
    /// What may hold itself, to be emptied at the end: reference counting does not find cycles.
    private var namespaces: [Namespace] = []
    private var macroScopes: [Scope] = []

    init(names: [String], limits: TemplateLimits, now: CalendarTime) {
        self.names = names
        self.limits = limits
        self.now = now
    }

    /// How a statement ended.
    enum Flow { case normal, breakLoop, continueLoop }

    func render(_ body: [TemplateStatement], globals: Scope) throws(TemplateFault) -> [TemplateCharacter] {
        defer {
            for namespace in namespaces { namespace.attributes.removeAll() }
            for scope in macroScopes { scope.removeAll() }
        }
        _ = try execute(body, Scope(inside: globals))
        return output
    }

    func makeNamespace(_ attributes: [TemplateString: Value]) -> Value {
        let namespace = Namespace(attributes)
        namespaces.append(namespace)
        return .namespace(namespace)
    }

    func name(_ id: NameID) -> String { names[id] }

    // MARK: - Bounds

    /// A turn of a loop makes a scope, which takes as long as several expressions.
    private static let costOfTurn = 8

    /// Counts work done.
    func spend(_ count: Int = 1) throws(TemplateFault) {
        steps += count
        if steps > limits.steps { throw TemplateFault("rendering takes more than \(limits.steps) steps", kind: .limit) }
    }

    /// Counts the work of a walk through two values that ends where they differ, or where the smaller one does.
    func spend(comparing left: Value, _ right: Value) throws(TemplateFault) { try spend(min(left.parts, right.parts)) }

    /// Counts the work of making a string of `count` characters, and refuses one that is too long.
    func spend(characters count: Int) throws(TemplateFault) {
        try check(characters: count)
        try spend(1 + count / 4)
    }

    func check(characters count: Int) throws(TemplateFault) {
        if count > limits.characters {
            throw TemplateFault("a text grows past \(limits.characters) characters", kind: .limit)
        }
    }

    /// Runs `body` one level deeper.
    func deeper<Result>(_ body: () throws(TemplateFault) -> Result) throws(TemplateFault) -> Result {
        depth += 1
        defer { depth -= 1 }
        guard depth <= limits.depth else {
            throw TemplateFault("evaluation nests more than \(limits.depth) levels deep", kind: .limit)
        }
        return try body()
    }

    // MARK: - Output

    func write(_ text: TemplateString) throws(TemplateFault) {
        try spend(1 + text.count / 4)
        try check(characters: output.count + text.count)
        output += text.characters
    }

    /// What `body` writes, instead of writing it.
    func capture(_ body: () throws(TemplateFault) -> Void) throws(TemplateFault) -> TemplateString {
        let outer = output
        output = []
        defer { output = outer }
        try body()
        return TemplateString(output)
    }

    // MARK: - Statements

    func execute(_ body: [TemplateStatement], _ scope: Scope) throws(TemplateFault) -> Flow {
        try deeper { () throws(TemplateFault) in
            for statement in body {
                let flow = try execute(statement, scope)
                if flow != .normal { return flow }
            }
            return .normal
        }
    }

    private func execute(_ statement: TemplateStatement, _ scope: Scope) throws(TemplateFault) -> Flow {
        line = statement.line
        try spend()
        switch statement.kind {
        case .text(let text): try write(text)
        case .output(let expression): try write(try string(try evaluate(expression, scope)))
        case .conditional(let branches, let otherwise):
            for branch in branches where try evaluate(branch.test, scope).isTrue {
                return try execute(branch.body, scope)
            }
            return try execute(otherwise, scope)
        case .loop(let loop): try execute(loop, over: try evaluate(loop.iterable, scope), depth: 0, scope)
        case .assign(let target, let expression): try assign(target, try evaluate(expression, scope), scope)
        case .capture(let target, let filters, let body):
            try assign(target, try filtered(filters, body, scope), scope)
        case .filter(let filters, let body): try write(try string(try filtered(filters, body, scope)))
        case .macro(let definition):
            macroScopes.append(scope)
            scope.set(definition.id, .function(try macro(definition, scope)))
        case .call(let definition, let callee, let syntax):
            var arguments = try evaluate(syntax, scope)
            arguments.named.append(("caller", .function(try macro(definition, scope))))
            let function = try evaluate(callee, scope)
            try write(try string(try call(function, arguments)))
        case .with(let bindings, let body):
            let inner = Scope(inside: scope)
            var values: [Value] = []
            for binding in bindings { values.append(try evaluate(binding.value, scope)) }
            for (binding, value) in zip(bindings, values) { try assign(binding.target, value, inner) }
            return try execute(body, inner)
        case .generation(let body): _ = try execute(body, Scope(inside: scope))
        case .breakLoop: return .breakLoop
        case .continueLoop: return .continueLoop
        }
        return .normal
    }

    private func filtered(
        _ filters: [FilterCall], _ body: [TemplateStatement], _ scope: Scope
    ) throws(TemplateFault) -> Value {
        var value = Value.string(
            try capture { () throws(TemplateFault) in _ = try execute(body, Scope(inside: scope)) })
        for filter in filters { value = try apply(filter, to: value, scope) }
        return value
    }

    /// Runs a loop's body for each value; each turn has a scope of its own.
    private func execute(
        _ loop: TemplateLoop, over iterable: Value, depth: Int, _ scope: Scope
    ) throws(TemplateFault) {
        var iterator = try iterate(iterable)
        var length = iterable.knownCount
        if let test = loop.test {
            let all = iterator
            length = nil
            // Tested one by one as the loop goes on: a body may change what the test sees.
            iterator = try ValueIterator(over: [.iterator(all)]) { [self] () throws(TemplateFault) in
                while let value = try all.next() {
                    try spend(Evaluator.costOfTurn)
                    let inner = Scope(inside: scope)
                    try assign(loop.target, value, inner)
                    if try evaluate(test, inner).isTrue { return value }
                }
                return nil
            }
        }
        let context = LoopContext(
            iterator, length: length, depth: depth,
            recurse: loop.isRecursive
                ? { [self] (values, depth) throws(TemplateFault) in
                    .string(
                        try capture { () throws(TemplateFault) in
                            try deeper { () throws(TemplateFault) in
                                try execute(loop, over: values, depth: depth, scope)
                            }
                        })
                } : nil)
        while let value = try context.advance() {
            try spend(Evaluator.costOfTurn)
            let inner = Scope(inside: scope)
            inner.set(TemplateGlobals.loop, .loop(context))
            try assign(loop.target, value, inner)
            if try execute(loop.body, inner) == .breakLoop { break }
        }
        if context.index < 0 { _ = try execute(loop.otherwise, Scope(inside: scope)) }
    }

    private func assign(_ target: AssignmentTarget, _ value: Value, _ scope: Scope) throws(TemplateFault) {
        switch target {
        case .name(let name): scope.set(name, value)
        case .attribute(let name, let attribute):
            guard case .namespace(let namespace)? = scope.value(name) else {
                throw TemplateFault("cannot assign attribute on non-namespace object")
            }
            namespace.attributes[attribute.key] = value
        case .tuple(let targets):
            let values = try elements(of: value)
            guard values.count == targets.count else {
                throw TemplateFault(
                    values.count < targets.count
                        ? "not enough values to unpack (expected \(targets.count), got \(values.count))"
                        : "too many values to unpack (expected \(targets.count))")
            }
            for (target, value) in zip(targets, values) { try assign(target, value, scope) }
        }
    }
}
