// TemplateTests.swift — Jinja's tests: what may follow `is`.
// Tokenization › ChatTemplate › Library.  Reference: jinja2.tests.

enum TemplateTests {
    typealias Test = @Sendable (Evaluator, Value, CallArguments) throws(TemplateFault) -> Bool

    static let table: [String: Test] = {
        var table: [String: Test] = [
            "defined": kind { if case .undefined = $0 { false } else { true } },
            "undefined": kind { if case .undefined = $0 { true } else { false } },
            "none": kind { if case .null = $0 { true } else { false } },
            "boolean": kind { if case .boolean = $0 { true } else { false } },
            "true": kind { if case .boolean(true) = $0 { true } else { false } },
            "false": kind { if case .boolean(false) = $0 { true } else { false } },
            "integer": kind { if case .integer = $0 { true } else { false } },
            "float": kind { if case .float = $0 { true } else { false } },
            "number": kind { $0.asDouble != nil },
            "string": kind { $0.asString != nil },
            "mapping": kind { if case .mapping = $0 { true } else { false } },
            "sequence": kind(isSequence), "iterable": kind(isIterable),
            "callable": kind {
                switch $0 {
                case .function, .undefined, .loop: true
                default: false
                }
            },
            "escaped": kind { $0.asString?.isMarkup ?? false },
            "lower": letters(\.isLowercased), "upper": letters(\.isUppercased),
            "odd": remainder { (_, _) throws(TemplateFault) in (.integer(2), 1) },
            "even": remainder { (_, _) throws(TemplateFault) in (.integer(2), 0) },
            "divisibleby": remainder { (_, arguments) throws(TemplateFault) in (try arguments.single("divisibleby"), 0)
            },
            "sameas": sameAs, "filter": namesFilter, "test": namesTest,
        ]
        let comparisons: [(Comparison, [String])] = [
            (.equal, ["==", "eq", "equalto"]), (.notEqual, ["!=", "ne"]), (.greater, [">", "gt", "greaterthan"]),
            (.greaterOrEqual, [">=", "ge"]), (.less, ["<", "lt", "lessthan"]), (.lessOrEqual, ["<=", "le"]),
            (.contained, ["in"]),
        ]
        for (comparison, names) in comparisons {
            for name in names {
                table[name] = compares(comparison, name)
            }
        }
        return table
    }()

    private static func compares(_ comparison: Comparison, _ name: String) -> Test {
        { (evaluator, value, arguments) throws(TemplateFault) in
            try evaluator.compare(comparison, value, try arguments.single(name))
        }
    }

    private static let sameAs: Test = { (evaluator, value, arguments) throws(TemplateFault) in
        let other = try arguments.single("sameas")
        try evaluator.spend(comparing: value, other)
        return value.isSame(as: other)
    }

    private static let namesFilter: Test = { (evaluator, value, arguments) throws(TemplateFault) in
        value.asString.map { TemplateFilters.table[$0.text] != nil } ?? false
    }

    private static let namesTest: Test = { (evaluator, value, arguments) throws(TemplateFault) in
        value.asString.map { table[$0.text] != nil } ?? false
    }

    private static func kind(_ body: @escaping @Sendable (Value) -> Bool) -> Test {
        { (_, value, arguments) throws(TemplateFault) in
            guard arguments.positional.isEmpty && arguments.named.isEmpty else {
                throw TemplateFault("the test takes no arguments")
            }
            return body(value)
        }
    }

    private static func letters(_ body: @escaping @Sendable (TemplateString) -> Bool) -> Test {
        { (evaluator, value, _) throws(TemplateFault) in body(try evaluator.string(value)) }
    }

    private static func remainder(
        _ wanted: @escaping @Sendable (Evaluator, CallArguments) throws(TemplateFault) -> (divisor: Value, result: Int)
    ) -> Test {
        { (evaluator, value, arguments) throws(TemplateFault) in
            let (divisor, result) = try wanted(evaluator, arguments)
            return try evaluator.binary(.remainder, value, divisor).equals(.integer(result))
        }
    }

    /// Has a length and items by key.
    private static func isSequence(_ value: Value) -> Bool {
        switch value {
        case .string, .mapping, .undefined: true
        case .list(let list): list.kind != .keys && list.kind != .values && list.kind != .items
        case .null, .boolean, .integer, .float, .iterator, .namespace, .loop, .function: false
        }
    }

    private static func isIterable(_ value: Value) -> Bool {
        switch value {
        case .string, .mapping, .undefined, .list, .iterator, .loop: true
        case .null, .boolean, .integer, .float, .namespace, .function: false
        }
    }
}
