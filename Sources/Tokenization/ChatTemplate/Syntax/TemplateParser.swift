// TemplateParser.swift — tokens to syntax: the parts that statements and expressions share.
// Tokenization › ChatTemplate › Syntax.  Grammar: jinja2's parser, with loop controls and transformers' generation tag.

/// A recursive-descent parser. `TemplateParser+Statements.swift` and `TemplateParser+Expressions.swift` hold the rules.
struct TemplateParser {
    private let tokens: [TemplateToken]
    private var position = 0
    private(set) var names: [String] = []
    private var ids: [String: NameID] = [:]
    /// The names read so far in each macro body under way.
    private var namesInMacros: [Set<NameID>] = []
    private var nesting = 0
    /// `break` and `continue` belong inside loops.
    var loopDepth = 0

    /// Deeper than any real template, shallow enough for every thread's stack.
    private static let maximumNesting = 100
    private static let maximumExpressionDepth = 300

    init(_ source: String) throws(TemplateError) {
        tokens = try TemplateLexer.tokenize(source)
        for name in TemplateGlobals.wellKnownNames { _ = intern(name) }
    }

    // MARK: - Tokens

    var current: TemplateToken { tokens[position] }
    var next: TemplateToken { tokens[min(position + 1, tokens.count - 1)] }

    mutating func advance() { if position + 1 < tokens.count { position += 1 } }

    func isAt(_ kind: TemplateToken.Kind) -> Bool { current.kind == kind }
    func isAt(symbol: String) -> Bool { current.kind == .symbol(symbol) }
    func isAt(keyword: String) -> Bool { current.kind == .name(keyword) }

    mutating func skip(symbol: String) -> Bool {
        guard isAt(symbol: symbol) else { return false }
        advance()
        return true
    }

    mutating func skip(keyword: String) -> Bool {
        guard isAt(keyword: keyword) else { return false }
        advance()
        return true
    }

    mutating func expect(_ kind: TemplateToken.Kind, _ what: String) throws(TemplateError) {
        guard current.kind == kind else { throw failure("expected \(what), found \(current.description)") }
        advance()
    }

    mutating func expect(symbol: String) throws(TemplateError) { try expect(.symbol(symbol), symbol) }

    mutating func expectName() throws(TemplateError) -> String {
        guard case .name(let name) = current.kind else {
            throw failure("expected a name, found \(current.description)")
        }
        advance()
        return name
    }

    func failure(_ message: String) -> TemplateError { .syntax(line: current.line, message: message) }

    // MARK: - Names

    mutating func intern(_ name: String) -> NameID {
        if let id = ids[name] { return id }
        ids[name] = names.count
        names.append(name)
        return names.count - 1
    }

    /// A name that is read, noted for the macro around it.
    mutating func use(_ name: String) -> NameID {
        let id = intern(name)
        if !namesInMacros.isEmpty { namesInMacros[namesInMacros.count - 1].insert(id) }
        return id
    }

    /// Parses with `body` and says which of `interesting` it read.
    mutating func notingNames<Result>(
        _ body: (inout TemplateParser) throws(TemplateError) -> Result
    ) throws(TemplateError) -> (Result, used: Set<NameID>) {
        namesInMacros.append([])
        let result = try body(&self)
        let used = namesInMacros.removeLast()
        if !namesInMacros.isEmpty { namesInMacros[namesInMacros.count - 1].formUnion(used) }
        return (result, used)
    }

    // MARK: - Bounds

    /// Counts one level of recursion around `body`.
    mutating func nested<Result>(
        _ body: (inout TemplateParser) throws(TemplateError) -> Result
    ) throws(TemplateError) -> Result {
        nesting += 1
        defer { nesting -= 1 }
        guard nesting <= TemplateParser.maximumNesting else { throw failure("nested too deeply") }
        return try body(&self)
    }

    /// An expression node above `children`.
    func make(
        _ kind: TemplateExpression.Kind, over children: [TemplateExpression] = []
    ) throws(TemplateError) -> TemplateExpression {
        let depth = 1 + children.reduce(0) { max($0, $1.depth) }
        guard depth <= TemplateParser.maximumExpressionDepth else { throw failure("the expression is too long") }
        return TemplateExpression(kind: kind, depth: depth)
    }
}
