// TemplateSyntax.swift — a parsed template.
// Tokenization › ChatTemplate › Syntax.  The names follow jinja2's nodes.

/// A statement and the line it began on.
struct TemplateStatement: Sendable {
    indirect enum Kind: Sendable {
        /// Text outside tags.
        case text(TemplateString)
        /// `{{ expression }}`
        case output(TemplateExpression)
        /// `if … elif … else`: the first branch whose test holds.
        case conditional([(test: TemplateExpression, body: [TemplateStatement])], otherwise: [TemplateStatement])
        case loop(TemplateLoop)
        /// `set target = expression`
        case assign(AssignmentTarget, TemplateExpression)
        /// `set target | filters` … `endset`
        case capture(AssignmentTarget, filters: [FilterCall], body: [TemplateStatement])
        case macro(MacroDefinition)
        /// `call(parameters) callee(…)` … `endcall`: the body is handed over as `caller`.
        case call(MacroDefinition, callee: TemplateExpression, CallSyntax)
        /// `filter name` … `endfilter`
        case filter([FilterCall], body: [TemplateStatement])
        case with([(target: AssignmentTarget, value: TemplateExpression)], body: [TemplateStatement])
        /// `generation` … `endgeneration`: marks what the assistant wrote; here only a scope of its own.
        case generation([TemplateStatement])
        case breakLoop, continueLoop
    }

    let line: Int
    let kind: Kind
}

/// `for target in iterable if test recursive … else …`
struct TemplateLoop: Sendable {
    let target: AssignmentTarget
    let iterable: TemplateExpression
    let test: TemplateExpression?
    let isRecursive: Bool
    let body: [TemplateStatement]
    let otherwise: [TemplateStatement]
}

/// What a value can be assigned to.
indirect enum AssignmentTarget: Sendable {
    case name(NameID)
    /// `set namespace.attribute = …`
    case attribute(of: NameID, AttributeName)
    case tuple([AssignmentTarget])
}

/// `macro name(parameters)` with its body, or the anonymous one of a `call` block.
struct MacroDefinition: Sendable {
    let id: NameID
    let name: String
    let parameters: [(name: NameID, label: String, defaultValue: TemplateExpression?)]
    let body: [TemplateStatement]
    /// Whether the body speaks of `caller`, `varargs`, `kwargs`: only then may a call pass them.
    let usesCaller: Bool
    let usesExtraPositional: Bool
    let usesExtraNamed: Bool
}

/// A name in the template, interned by the parser.
typealias NameID = Int

/// An attribute as text for methods and as a key for look-ups.
struct AttributeName: Sendable {
    let text: String
    let key: TemplateString
    init(_ text: String) {
        self.text = text
        key = TemplateString(text)
    }
}

/// An expression and how deep it nests, which the parser bounds.
struct TemplateExpression: Sendable {
    indirect enum Kind: Sendable {
        case none
        case boolean(Bool)
        case integer(Int)
        case float(Double)
        case string(TemplateString)
        case name(NameID)
        case attribute(TemplateExpression, AttributeName)
        case item(TemplateExpression, TemplateExpression)
        case slice(TemplateExpression, start: TemplateExpression?, stop: TemplateExpression?, step: TemplateExpression?)
        case call(TemplateExpression, CallSyntax)
        case filter(TemplateExpression, FilterCall)
        case test(TemplateExpression, name: String, CallSyntax)
        case not(TemplateExpression)
        case negative(TemplateExpression)
        case positive(TemplateExpression)
        case binary(BinaryOperator, TemplateExpression, TemplateExpression)
        /// `a < b <= c`
        case compare(TemplateExpression, [(Comparison, TemplateExpression)])
        case and(TemplateExpression, TemplateExpression)
        case or(TemplateExpression, TemplateExpression)
        /// `a ~ b ~ c`
        case concatenate([TemplateExpression])
        case conditional(test: TemplateExpression, TemplateExpression, otherwise: TemplateExpression?)
        case list([TemplateExpression])
        case tuple([TemplateExpression])
        case mapping([(key: TemplateExpression, value: TemplateExpression)])
    }

    let kind: Kind
    let depth: Int
}

enum BinaryOperator: String, Sendable {
    case add = "+"
    case subtract = "-"
    case multiply = "*"
    case divide = "/"
    case floorDivide = "//"
    case remainder = "%"
    case power = "**"
}

enum Comparison: String, Sendable {
    case equal = "=="
    case notEqual = "!="
    case less = "<"
    case lessOrEqual = "<="
    case greater = ">"
    case greaterOrEqual = ">="
    case contained = "in"
    case notContained = "not in"
}

/// `(a, b, name=c, *d, **e)`
struct CallSyntax: Sendable {
    var positional: [TemplateExpression] = []
    var named: [(name: String, value: TemplateExpression)] = []
    var spread: TemplateExpression?
    var spreadNamed: TemplateExpression?

    var expressions: [TemplateExpression] {
        positional + named.map(\.value) + [spread, spreadNamed].compactMap { $0 }
    }
}

/// `| name(arguments)`
struct FilterCall: Sendable {
    let name: String
    let arguments: CallSyntax
}
