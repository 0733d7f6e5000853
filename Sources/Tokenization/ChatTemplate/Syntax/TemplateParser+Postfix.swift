// TemplateParser+Postfix.swift — what follows a value: attributes, items, calls, filters, tests.
// Tokenization › ChatTemplate › Syntax.

extension TemplateParser {
    mutating func parsePostfix(_ start: TemplateExpression) throws(TemplateError) -> TemplateExpression {
        var value = start
        while true {
            if skip(symbol: ".") {
                switch current.kind {
                case .name(let name): value = try make(.attribute(value, AttributeName(name)), over: [value])
                case .integer(let index): value = try make(.item(value, try make(.integer(index))), over: [value])
                default: throw failure("expected a name or a number after the point")
                }
                advance()
            } else if isAt(symbol: "[") {
                value = try parseSubscript(of: value)
            } else if isAt(symbol: "(") {
                let arguments = try parseArguments()
                value = try make(.call(value, arguments), over: [value] + arguments.expressions)
            } else {
                return value
            }
        }
    }

    private mutating func parseSubscript(of value: TemplateExpression) throws(TemplateError) -> TemplateExpression {
        try expect(symbol: "[")
        var first: TemplateExpression?
        if !isAt(symbol: ":") {
            let index = try parseExpression()
            if isAt(symbol: ",") { throw failure("a subscript with several values is not supported") }
            if skip(symbol: "]") { return try make(.item(value, index), over: [value, index]) }
            first = index
        }
        try expect(symbol: ":")
        let stop = isAt(symbol: ":") || isAt(symbol: "]") ? nil : try parseExpression()
        var step: TemplateExpression?
        if skip(symbol: ":"), !isAt(symbol: "]") { step = try parseExpression() }
        try expect(symbol: "]")
        return try make(
            .slice(value, start: first, stop: stop, step: step), over: [value] + [first, stop, step].compactMap { $0 })
    }

    mutating func parseFiltersAndTests(_ start: TemplateExpression) throws(TemplateError) -> TemplateExpression {
        var value = start
        while true {
            if isAt(symbol: "|") {
                for filter in try parseFilterChain(startsInline: false) {
                    value = try make(.filter(value, filter), over: [value] + filter.arguments.expressions)
                }
            } else if isAt(keyword: "is") {
                value = try parseTest(of: value)
            } else if isAt(symbol: "(") {
                let arguments = try parseArguments()
                value = try make(.call(value, arguments), over: [value] + arguments.expressions)
            } else {
                return value
            }
        }
    }

    /// `| name(…) | name …`; the first bar is left out in a `filter` tag.
    mutating func parseFilterChain(startsInline: Bool) throws(TemplateError) -> [FilterCall] {
        var filters: [FilterCall] = []
        var startsInline = startsInline
        while startsInline || skip(symbol: "|") {
            startsInline = false
            let name = try parseDottedName()
            filters.append(FilterCall(name: name, arguments: isAt(symbol: "(") ? try parseArguments() : CallSyntax()))
        }
        return filters
    }

    private mutating func parseDottedName() throws(TemplateError) -> String {
        var name = try expectName()
        while skip(symbol: ".") { name += "." + (try expectName()) }
        return name
    }

    /// `is name`, `is not name`, `is name(…)`, and `is name value` without brackets.
    private mutating func parseTest(of value: TemplateExpression) throws(TemplateError) -> TemplateExpression {
        advance()
        let isNegated = skip(keyword: "not")
        let name = try parseDottedName()
        var arguments = CallSyntax()
        if isAt(symbol: "(") {
            arguments = try parseArguments()
        } else if startsBareArgument() {
            if isAt(keyword: "is") { throw failure("tests cannot be chained with is") }
            arguments.positional = [
                try nested { parser throws(TemplateError) in
                    try parser.parsePostfix(try parser.parsePrimary())
                }
            ]
        }
        let test = try make(.test(value, name: name, arguments), over: [value] + arguments.expressions)
        return isNegated ? try make(.not(test), over: [test]) : test
    }

    private func startsBareArgument() -> Bool {
        switch current.kind {
        case .name(let name): !["else", "or", "and"].contains(name)
        case .string, .integer, .float, .symbol("["), .symbol("{"): true
        default: false
        }
    }

    /// `(a, b, name=c, *d, **e)`
    mutating func parseArguments() throws(TemplateError) -> CallSyntax {
        try expect(symbol: "(")
        var arguments = CallSyntax()
        var isFirst = true
        while !isAt(symbol: ")") {
            if !isFirst {
                try expect(symbol: ",")
                if isAt(symbol: ")") { break }
            }
            isFirst = false
            let isClosed = arguments.spreadNamed != nil
            if skip(symbol: "*") {
                guard arguments.spread == nil && !isClosed else { throw failure("invalid arguments") }
                arguments.spread = try parseExpression()
            } else if skip(symbol: "**") {
                guard !isClosed else { throw failure("invalid arguments") }
                arguments.spreadNamed = try parseExpression()
            } else if case .name(let name) = current.kind, next.kind == .symbol("=") {
                guard !isClosed else { throw failure("invalid arguments") }
                advance()
                advance()
                arguments.named.append((name, try parseExpression()))
            } else {
                guard arguments.spread == nil && !isClosed && arguments.named.isEmpty else {
                    throw failure("a positional argument follows others")
                }
                arguments.positional.append(try parseExpression())
            }
        }
        try expect(symbol: ")")
        return arguments
    }
}
