// Evaluator+Expressions.swift — expressions to values.
// Tokenization › ChatTemplate › Runtime.

extension Evaluator {
    func evaluate(_ expression: TemplateExpression, _ scope: Scope) throws(TemplateFault) -> Value {
        try spend()
        return try deeper { () throws(TemplateFault) in try evaluateNode(expression, scope) }
    }

    private func evaluateNode(_ expression: TemplateExpression, _ scope: Scope) throws(TemplateFault) -> Value {
        switch expression.kind {
        case .none: return .null
        case .boolean(let value): return .boolean(value)
        case .integer(let value): return .integer(value)
        case .float(let value): return .float(value)
        case .string(let value): return .string(value)
        case .name(let id): return scope.value(id) ?? .undefined(.name(name(id)))
        case .attribute(let object, let name): return try attribute(name, of: try evaluate(object, scope))
        case .item(let object, let key): return try item(try evaluate(key, scope), of: try evaluate(object, scope))
        case .slice(let object, let start, let stop, let step):
            return try slice(
                try evaluate(object, scope), start: try bound(start, scope), stop: try bound(stop, scope),
                step: try bound(step, scope))
        case .call(let callee, let syntax): return try evaluateCall(callee, syntax, scope)
        case .filter(let operand, let filter): return try apply(filter, to: try evaluate(operand, scope), scope)
        case .test(let operand, let name, let syntax):
            return .boolean(try test(name, try evaluate(operand, scope), try evaluate(syntax, scope)))
        case .not(let operand): return .boolean(!(try evaluate(operand, scope).isTrue))
        case .negative(let operand): return try negate(try evaluate(operand, scope))
        case .positive(let operand): return try number(try evaluate(operand, scope), "unary +")
        case .binary(let symbol, let left, let right):
            return try binary(symbol, try evaluate(left, scope), try evaluate(right, scope))
        case .compare(let first, let rest): return try evaluateComparison(first, rest, scope)
        case .and(let left, let right):
            let value = try evaluate(left, scope)
            return value.isTrue ? try evaluate(right, scope) : value
        case .or(let left, let right):
            let value = try evaluate(left, scope)
            return value.isTrue ? value : try evaluate(right, scope)
        case .concatenate(let parts):
            var characters: [TemplateCharacter] = []
            for part in parts { characters += try string(try evaluate(part, scope)).characters }
            try spend(characters: characters.count)
            return .string(TemplateString(characters))
        case .conditional(let test, let value, let otherwise):
            if try evaluate(test, scope).isTrue { return try evaluate(value, scope) }
            guard let otherwise else {
                return .undefined(
                    Undefined("the inline if-expression evaluated to false and no else section was defined."))
            }
            return try evaluate(otherwise, scope)
        case .list(let items): return try .sequence(try evaluate(items, scope))
        case .tuple(let items): return try .sequence(try evaluate(items, scope), .tuple)
        case .mapping(let members):
            var entries: [(key: Value, value: Value)] = []
            for member in members {
                entries.append((try evaluate(member.key, scope), try evaluate(member.value, scope)))
            }
            return try mapping(of: entries)
        }
    }

    private func evaluate(_ items: [TemplateExpression], _ scope: Scope) throws(TemplateFault) -> [Value] {
        var values: [Value] = []
        values.reserveCapacity(items.count)
        for item in items { values.append(try evaluate(item, scope)) }
        return values
    }

    private func evaluateComparison(
        _ first: TemplateExpression, _ rest: [(Comparison, TemplateExpression)], _ scope: Scope
    ) throws(TemplateFault) -> Value {
        var left = try evaluate(first, scope)
        for (comparison, expression) in rest {
            let right = try evaluate(expression, scope)
            guard try compare(comparison, left, right) else { return .boolean(false) }
            left = right
        }
        return .boolean(true)
    }

    func evaluate(_ syntax: CallSyntax, _ scope: Scope) throws(TemplateFault) -> CallArguments {
        var arguments = CallArguments(positional: try evaluate(syntax.positional, scope))
        for (name, expression) in syntax.named { arguments.named.append((name, try evaluate(expression, scope))) }
        if let spread = syntax.spread { arguments.positional += try elements(of: try evaluate(spread, scope)) }
        if let spread = syntax.spreadNamed {
            guard case .mapping(let mapping) = try evaluate(spread, scope) else {
                throw TemplateFault("argument after ** must be a mapping")
            }
            for (key, value) in mapping.entries {
                guard let name = key.asString else { throw TemplateFault("keywords must be strings") }
                arguments.named.append((name.text, value))
            }
        }
        return arguments
    }

    // MARK: - Calls

    private func evaluateCall(
        _ callee: TemplateExpression, _ syntax: CallSyntax, _ scope: Scope
    ) throws(TemplateFault) -> Value {
        // The usual method of a string is called without making an object of it first.
        if case .attribute(let expression, let name) = callee.kind {
            let object = try evaluate(expression, scope)
            if case .string(let string) = object, let method = StringMethods.table[name.text] {
                return try method(self, string, try evaluate(syntax, scope))
            }
            let function = try attribute(name, of: object)
            return try call(function, try evaluate(syntax, scope))
        }
        let function = try evaluate(callee, scope)
        return try call(function, try evaluate(syntax, scope))
    }

    func call(_ function: Value, _ arguments: CallArguments) throws(TemplateFault) -> Value {
        switch function {
        case .function(let function):
            return try deeper { () throws(TemplateFault) in try function.call(self, arguments) }
        case .loop(let loop):
            guard let recurse = loop.recurse else {
                throw TemplateFault("The loop must have the 'recursive' marker to be called recursively.")
            }
            return try recurse(try arguments.single("loop"), loop.depth + 1)
        case .undefined(let undefined): throw TemplateFault(undefined.message)
        default: throw TemplateFault("'\(function.typeName)' object is not callable")
        }
    }

    /// Applies one filter; `filters` names them all.
    func apply(_ filter: FilterCall, to value: Value, _ scope: Scope) throws(TemplateFault) -> Value {
        try applyFilter(filter.name, to: value, try evaluate(filter.arguments, scope))
    }

    func applyFilter(_ name: String, to value: Value, _ arguments: CallArguments) throws(TemplateFault) -> Value {
        guard let filter = TemplateFilters.table[name] else { throw TemplateFault("No filter named '\(name)'.") }
        return try filter(self, value, arguments)
    }

    func test(_ name: String, _ value: Value, _ arguments: CallArguments) throws(TemplateFault) -> Bool {
        guard let test = TemplateTests.table[name] else { throw TemplateFault("No test named '\(name)'.") }
        return try test(self, value, arguments)
    }

    private func bound(_ expression: TemplateExpression?, _ scope: Scope) throws(TemplateFault) -> Int? {
        guard let expression else { return nil }
        let value = try evaluate(expression, scope)
        if case .null = value { return nil }
        if case .undefined(let undefined) = value { throw TemplateFault(undefined.message) }
        guard let integer = value.asInteger else {
            throw TemplateFault("slice indices must be integers or None, not \(value.typeName)")
        }
        return integer
    }
}
