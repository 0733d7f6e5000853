// TemplateParser+Expressions.swift — expressions, weakest operator first.
// Tokenization › ChatTemplate › Syntax.
//
//     tuple  a, b      conditional  a if b else c      or   and   not   compare (in, not in)
//     + -    ~    * / // %    **    unary + -    postfix . [] ()    filter | and test is

extension TemplateParser {
    /// One expression, or several with commas as a tuple.
    mutating func parseTuple(
        allowsConditional: Bool = true, endsAt keyword: String? = nil, isParenthesized: Bool = false
    ) throws(TemplateError) -> TemplateExpression {
        var items: [TemplateExpression] = []
        var isTuple = false
        while true {
            if !items.isEmpty { try expect(symbol: ",") }
            if isAt(.outputEnd) || isAt(.statementEnd) || isAt(symbol: ")") { break }
            if let keyword, isAt(keyword: keyword) { break }
            items.append(try parseExpression(allowsConditional: allowsConditional))
            guard isAt(symbol: ",") else { break }
            isTuple = true
        }
        if !isTuple, let only = items.first { return only }
        guard isTuple || isParenthesized else { throw failure("expected an expression, found \(current.description)") }
        return try make(.tuple(items), over: items)
    }

    mutating func parseExpression(allowsConditional: Bool = true) throws(TemplateError) -> TemplateExpression {
        try nested { parser throws(TemplateError) in
            allowsConditional ? try parser.parseConditional() : try parser.parseOr()
        }
    }

    private mutating func parseConditional() throws(TemplateError) -> TemplateExpression {
        var value = try parseOr()
        while skip(keyword: "if") {
            let test = try parseOr()
            let otherwise: TemplateExpression? =
                if skip(keyword: "else") {
                    try nested { parser throws(TemplateError) in try parser.parseConditional() }
                } else { nil }
            value = try make(
                .conditional(test: test, value, otherwise: otherwise),
                over: [test, value] + [otherwise].compactMap { $0 })
        }
        return value
    }

    private mutating func parseOr() throws(TemplateError) -> TemplateExpression {
        var left = try parseAnd()
        while skip(keyword: "or") {
            let right = try parseAnd()
            left = try make(.or(left, right), over: [left, right])
        }
        return left
    }

    private mutating func parseAnd() throws(TemplateError) -> TemplateExpression {
        var left = try parseNot()
        while skip(keyword: "and") {
            let right = try parseNot()
            left = try make(.and(left, right), over: [left, right])
        }
        return left
    }

    private mutating func parseNot() throws(TemplateError) -> TemplateExpression {
        guard skip(keyword: "not") else { return try parseCompare() }
        let operand = try nested { parser throws(TemplateError) in try parser.parseNot() }
        return try make(.not(operand), over: [operand])
    }

    private mutating func parseCompare() throws(TemplateError) -> TemplateExpression {
        let first = try parseSum()
        var rest: [(Comparison, TemplateExpression)] = []
        while let comparison = skipComparison() { rest.append((comparison, try parseSum())) }
        return rest.isEmpty ? first : try make(.compare(first, rest), over: [first] + rest.map(\.1))
    }

    private mutating func skipComparison() -> Comparison? {
        if case .symbol(let symbol) = current.kind, let comparison = Comparison(rawValue: symbol) {
            advance()
            return comparison
        }
        if skip(keyword: "in") { return .contained }
        if isAt(keyword: "not"), next.kind == .name("in") {
            advance()
            advance()
            return .notContained
        }
        return nil
    }

    private mutating func parseSum() throws(TemplateError) -> TemplateExpression {
        var left = try parseConcatenation()
        while let symbol = skipBinary(.add, .subtract) {
            let right = try parseConcatenation()
            left = try make(.binary(symbol, left, right), over: [left, right])
        }
        return left
    }

    private mutating func parseConcatenation() throws(TemplateError) -> TemplateExpression {
        var parts = [try parseProduct()]
        while skip(symbol: "~") { parts.append(try parseProduct()) }
        return parts.count == 1 ? parts[0] : try make(.concatenate(parts), over: parts)
    }

    private mutating func parseProduct() throws(TemplateError) -> TemplateExpression {
        var left = try parsePower()
        while let symbol = skipBinary(.multiply, .divide, .floorDivide, .remainder) {
            let right = try parsePower()
            left = try make(.binary(symbol, left, right), over: [left, right])
        }
        return left
    }

    private mutating func parsePower() throws(TemplateError) -> TemplateExpression {
        var left = try parseUnary()
        while skip(symbol: "**") {
            let right = try parseUnary()
            left = try make(.binary(.power, left, right), over: [left, right])
        }
        return left
    }

    private mutating func skipBinary(_ operators: BinaryOperator...) -> BinaryOperator? {
        guard case .symbol(let symbol) = current.kind, let found = BinaryOperator(rawValue: symbol),
            operators.contains(found)
        else { return nil }
        advance()
        return found
    }

    /// A sign binds closer than a filter: `-1|abs` is `(-1)|abs`.
    private mutating func parseUnary(allowsFilters: Bool = true) throws(TemplateError) -> TemplateExpression {
        var value: TemplateExpression
        if isAt(symbol: "-") || isAt(symbol: "+") {
            let isNegative = isAt(symbol: "-")
            advance()
            let operand = try nested { parser throws(TemplateError) in try parser.parseUnary(allowsFilters: false) }
            value = try make(isNegative ? .negative(operand) : .positive(operand), over: [operand])
        } else {
            value = try parsePrimary()
        }
        value = try parsePostfix(value)
        return allowsFilters ? try parseFiltersAndTests(value) : value
    }

    mutating func parsePrimary() throws(TemplateError) -> TemplateExpression {
        let token = current
        switch token.kind {
        case .name(let name):
            advance()
            switch name {
            case "true", "True": return try make(.boolean(true))
            case "false", "False": return try make(.boolean(false))
            case "none", "None": return try make(.none)
            default: return try make(.name(use(name)))
            }
        case .string(var string):
            advance()
            // Neighbouring literals are one string.
            while case .string(let more) = current.kind {
                string.characters += more.characters
                advance()
            }
            return try make(.string(string))
        case .integer(let value):
            advance()
            return try make(.integer(value))
        case .float(let value):
            advance()
            return try make(.float(value))
        case .symbol("("):
            advance()
            let value = try parseTuple(isParenthesized: true)
            try expect(symbol: ")")
            return value
        case .symbol("["): return try parseList()
        case .symbol("{"): return try parseMapping()
        default: throw failure("unexpected \(token.description)")
        }
    }

    private mutating func parseList() throws(TemplateError) -> TemplateExpression {
        try expect(symbol: "[")
        var items: [TemplateExpression] = []
        while !isAt(symbol: "]") {
            if !items.isEmpty { try expect(symbol: ",") }
            if isAt(symbol: "]") { break }
            items.append(try parseExpression())
        }
        try expect(symbol: "]")
        return try make(.list(items), over: items)
    }

    private mutating func parseMapping() throws(TemplateError) -> TemplateExpression {
        try expect(symbol: "{")
        var members: [(key: TemplateExpression, value: TemplateExpression)] = []
        while !isAt(symbol: "}") {
            if !members.isEmpty { try expect(symbol: ",") }
            if isAt(symbol: "}") { break }
            let key = try parseExpression()
            try expect(symbol: ":")
            members.append((key, try parseExpression()))
        }
        try expect(symbol: "}")
        return try make(.mapping(members), over: members.flatMap { [$0.key, $0.value] })
    }
}
