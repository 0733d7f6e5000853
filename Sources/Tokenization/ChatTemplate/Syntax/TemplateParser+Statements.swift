// TemplateParser+Statements.swift — text, output and statement tags.
// Tokenization › ChatTemplate › Syntax.

extension TemplateParser {
    /// The whole template.
    mutating func parseTemplate() throws(TemplateError) -> [TemplateStatement] {
        let body = try parseBody(until: [])
        guard isAt(.end) else { throw failure("unexpected \(current.description)") }
        return body
    }

    /// Statements up to a tag named in `ends`, which becomes the current token; or to the end of the template.
    private mutating func parseBody(until ends: [String]) throws(TemplateError) -> [TemplateStatement] {
        try nested { parser throws(TemplateError) in
            var body: [TemplateStatement] = []
            while true {
                let line = parser.current.line
                switch parser.current.kind {
                case .data(let text):
                    body.append(TemplateStatement(line: line, kind: .text(text)))
                    parser.advance()
                case .outputBegin:
                    parser.advance()
                    body.append(TemplateStatement(line: line, kind: .output(try parser.parseTuple())))
                    try parser.expect(.outputEnd, "}}")
                case .statementBegin:
                    if case .name(let tag) = parser.next.kind, ends.contains(tag) {
                        parser.advance()
                        return body
                    }
                    parser.advance()
                    body += try parser.parseStatement(line, ends)
                    try parser.expect(.statementEnd, "%}")
                default:
                    guard ends.isEmpty else {
                        throw parser.failure("expected {% \(ends.joined(separator: " or ")) %} before the end")
                    }
                    return body
                }
            }
        }
    }

    /// The rest of a tag, its body, and the name of the tag that ended it; that tag's `%}` is still to come.
    private mutating func parseBlock(until ends: String...) throws(TemplateError) -> [TemplateStatement] {
        _ = skip(symbol: ":")
        try expect(.statementEnd, "%}")
        return try parseBody(until: ends)
    }

    private mutating func parseStatement(
        _ line: Int, _ ends: [String]
    ) throws(TemplateError) -> [TemplateStatement] {
        let tag = try expectName()
        let kind: TemplateStatement.Kind
        switch tag {
        case "if": kind = try parseIf()
        case "for": kind = try parseFor()
        case "set": kind = try parseSet()
        case "macro": kind = try parseMacro()
        case "call": kind = try parseCallBlock()
        case "filter":
            let filters = try parseFilterChain(startsInline: true)
            kind = .filter(filters, body: try parseBlock(until: "endfilter"))
            advance()
        case "with": kind = try parseWith()
        case "generation":
            kind = .generation(try parseBlock(until: "endgeneration"))
            advance()
        case "print":
            var statements: [TemplateStatement] = []
            while !isAt(.statementEnd) {
                if !statements.isEmpty { try expect(symbol: ",") }
                statements.append(TemplateStatement(line: line, kind: .output(try parseExpression())))
            }
            return statements
        case "break", "continue":
            guard loopDepth > 0 else { throw failure("\(tag) outside a loop") }
            kind = tag == "break" ? .breakLoop : .continueLoop
        case "block", "extends", "include", "import", "from", "autoescape":
            throw failure("the tag {% \(tag) %} is not supported: a chat template stands alone")
        default:
            let hint = ends.isEmpty ? "" : "; expected {% \(ends.joined(separator: " or ")) %}"
            throw failure("unknown tag {% \(tag) %}\(hint)")
        }
        return [TemplateStatement(line: line, kind: kind)]
    }

    private mutating func parseIf() throws(TemplateError) -> TemplateStatement.Kind {
        var branches: [(test: TemplateExpression, body: [TemplateStatement])] = []
        while true {
            let test = try parseTuple(allowsConditional: false)
            branches.append((test, try parseBlock(until: "elif", "else", "endif")))
            let tag = try expectName()
            if tag == "elif" { continue }
            var otherwise: [TemplateStatement] = []
            if tag == "else" {
                otherwise = try parseBlock(until: "endif")
                advance()
            }
            return .conditional(branches, otherwise: otherwise)
        }
    }

    private mutating func parseFor() throws(TemplateError) -> TemplateStatement.Kind {
        let target = try parseTarget(allowsAttributes: false)
        guard skip(keyword: "in") else { throw failure("expected in, found \(current.description)") }
        let iterable = try parseTuple(allowsConditional: false, endsAt: "recursive")
        let test = skip(keyword: "if") ? try parseExpression() : nil
        let isRecursive = skip(keyword: "recursive")
        loopDepth += 1
        let body = try parseBlock(until: "endfor", "else")
        loopDepth -= 1
        var otherwise: [TemplateStatement] = []
        if try expectName() == "else" {
            otherwise = try parseBlock(until: "endfor")
            advance()
        }
        return .loop(
            TemplateLoop(
                target: target, iterable: iterable, test: test, isRecursive: isRecursive, body: body,
                otherwise: otherwise))
    }

    private mutating func parseSet() throws(TemplateError) -> TemplateStatement.Kind {
        let target = try parseTarget(allowsAttributes: true)
        if skip(symbol: "=") { return .assign(target, try parseTuple()) }
        let filters = try parseFilterChain(startsInline: false)
        let body = try parseBlock(until: "endset")
        advance()
        return .capture(target, filters: filters, body: body)
    }

    private mutating func parseWith() throws(TemplateError) -> TemplateStatement.Kind {
        var bindings: [(target: AssignmentTarget, value: TemplateExpression)] = []
        while !isAt(.statementEnd) {
            if !bindings.isEmpty { try expect(symbol: ",") }
            let target = try parseTarget(allowsAttributes: false)
            try expect(symbol: "=")
            bindings.append((target, try parseExpression()))
        }
        let body = try parseBlock(until: "endwith")
        advance()
        return .with(bindings, body: body)
    }

    // MARK: - Macros

    private mutating func parseMacro() throws(TemplateError) -> TemplateStatement.Kind {
        let name = try expectName()
        return .macro(try parseDefinition(name, until: "endmacro"))
    }

    private mutating func parseCallBlock() throws(TemplateError) -> TemplateStatement.Kind {
        var parameters: [(name: NameID, label: String, defaultValue: TemplateExpression?)] = []
        if isAt(symbol: "(") { parameters = try parseParameters() }
        let call = try parseExpression()
        guard case .call(let callee, let arguments) = call.kind else { throw failure("expected a call") }
        return .call(try parseDefinition("caller", parameters, until: "endcall"), callee: callee, arguments)
    }

    private mutating func parseDefinition(
        _ name: String, _ given: [(name: NameID, label: String, defaultValue: TemplateExpression?)]? = nil,
        until end: String
    ) throws(TemplateError) -> MacroDefinition {
        // A loop around a macro is none for the macro's body.
        let outerLoops = loopDepth
        loopDepth = 0
        defer { loopDepth = outerLoops }
        let (parsed, used) = try notingNames { parser throws(TemplateError) in
            let parameters = if let given { given } else { try parser.parseParameters() }
            return (parameters, try parser.parseBlock(until: end))
        }
        advance()
        return MacroDefinition(
            id: intern(name), name: name, parameters: parsed.0, body: parsed.1,
            usesCaller: used.contains(intern("caller")),
            usesExtraPositional: used.contains(intern("varargs")), usesExtraNamed: used.contains(intern("kwargs")))
    }

    private mutating func parseParameters()
        throws(TemplateError) -> [(name: NameID, label: String, defaultValue: TemplateExpression?)]
    {
        var parameters: [(name: NameID, label: String, defaultValue: TemplateExpression?)] = []
        try expect(symbol: "(")
        while !isAt(symbol: ")") {
            if !parameters.isEmpty { try expect(symbol: ",") }
            let label = try expectName()
            let defaultValue = skip(symbol: "=") ? try parseExpression() : nil
            if defaultValue == nil, parameters.last?.defaultValue != nil {
                throw failure("non-default argument follows default argument")
            }
            parameters.append((intern(label), label, defaultValue))
        }
        try expect(symbol: ")")
        return parameters
    }

    // MARK: - Assignment targets

    private mutating func parseTarget(allowsAttributes: Bool) throws(TemplateError) -> AssignmentTarget {
        var targets = [try parseSingleTarget(allowsAttributes)]
        guard isAt(symbol: ",") else { return targets[0] }
        while skip(symbol: ",") {
            if isAt(symbol: "=") || isAt(symbol: ")") || isAt(keyword: "in") { break }
            targets.append(try parseSingleTarget(allowsAttributes))
        }
        return .tuple(targets)
    }

    private mutating func parseSingleTarget(_ allowsAttributes: Bool) throws(TemplateError) -> AssignmentTarget {
        if skip(symbol: "(") {
            let target = try nested { parser throws(TemplateError) in
                try parser.parseTarget(allowsAttributes: allowsAttributes)
            }
            try expect(symbol: ")")
            return target
        }
        let name = try expectName()
        guard !["true", "false", "none", "True", "False", "None"].contains(name) else {
            throw failure("can't assign to \(name)")
        }
        guard allowsAttributes, skip(symbol: ".") else { return .name(intern(name)) }
        return .attribute(of: use(name), AttributeName(try expectName()))
    }
}
