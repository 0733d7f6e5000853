// TemplateGlobals.swift — the functions that every template finds.
// Tokenization › ChatTemplate › Library.  Jinja's own, and the two that transformers adds.

enum TemplateGlobals {
    /// Names whose ids the runtime knows: the parser interns them first, in this order.
    static let wellKnownNames = ["loop", "caller", "varargs", "kwargs"]
    static let loop: NameID = 0
    static let caller: NameID = 1
    static let varargs: NameID = 2
    static let kwargs: NameID = 3

    /// The sandbox's bound on `range`.
    private static let longestRange = 100_000

    static func functions() throws(TemplateFault) -> [Function] {
        [
            try Function("raise_exception") { (evaluator, arguments) throws(TemplateFault) in
                throw TemplateFault(try evaluator.string(try arguments.single("raise_exception")).text, kind: .raised)
            },
            try Function("strftime_now") { (evaluator, arguments) throws(TemplateFault) in
                guard let format = try arguments.single("strftime_now").asString else {
                    throw TemplateFault("strftime_now() takes a string")
                }
                return .text(try evaluator.now.formatted(format.text))
            },
            try Function("range") { (evaluator, arguments) throws(TemplateFault) in try range(evaluator, arguments) },
            try Function("dict") { (evaluator, arguments) throws(TemplateFault) in
                try evaluator.mapping(of: try members(evaluator, arguments))
            },
            try Function("namespace") { (evaluator, arguments) throws(TemplateFault) in
                var attributes: [TemplateString: Value] = [:]
                for (key, value) in try members(evaluator, arguments) {
                    if let name = key.asString { attributes[name] = value }
                }
                return evaluator.makeNamespace(attributes)
            },
            try Function("joiner") { (evaluator, arguments) throws(TemplateFault) in
                let separator = try arguments.bound("joiner", ["sep"])[0] ?? .text(", ")
                var isUsed = false
                return .function(
                    try Function("joiner", over: [separator]) { (_, _) throws(TemplateFault) in
                        defer { isUsed = true }
                        return isUsed ? separator : .text("")
                    })
            },
        ]
    }

    /// `range(stop)`, `range(start, stop)`, `range(start, stop, step)`
    private static func range(_ evaluator: Evaluator, _ arguments: CallArguments) throws(TemplateFault) -> Value {
        var bounds: [Int] = []
        for value in arguments.positional {
            if case .undefined(let undefined) = value { throw TemplateFault(undefined.message) }
            guard let bound = value.asInteger else {
                throw TemplateFault("'\(value.typeName)' object cannot be interpreted as an integer")
            }
            bounds.append(bound)
        }
        guard (1...3).contains(bounds.count), arguments.named.isEmpty else {
            throw TemplateFault("range expected 1 to 3 arguments, got \(bounds.count)")
        }
        let start = bounds.count > 1 ? bounds[0] : 0
        let stop = bounds.count > 1 ? bounds[1] : bounds[0]
        let step = bounds.count > 2 ? bounds[2] : 1
        guard step != 0 else { throw TemplateFault("range() arg 3 must not be zero") }
        var values: [Value] = []
        var next = start
        while step > 0 ? next < stop : next > stop {
            guard values.count < longestRange else {
                throw TemplateFault("Range too big. The sandbox blocks ranges larger than \(longestRange).")
            }
            values.append(.integer(next))
            let (sum, overflow) = next.addingReportingOverflow(step)
            if overflow { break }
            next = sum
        }
        try evaluator.spend(values.count)
        return try .sequence(values, .range(start: start, stop: stop, step: step))
    }

    /// What `dict` and `namespace` are made of: a mapping or pairs, then named arguments.
    private static func members(
        _ evaluator: Evaluator, _ arguments: CallArguments
    ) throws(TemplateFault) -> [(key: Value, value: Value)] {
        guard arguments.positional.count <= 1 else {
            throw TemplateFault("dict expected at most 1 argument, got \(arguments.positional.count)")
        }
        var members: [(key: Value, value: Value)] = []
        if let source = arguments.positional.first {
            if case .mapping(let mapping) = source {
                members = mapping.entries
            } else {
                for pair in try evaluator.elements(of: source) {
                    let pair = try evaluator.elements(of: pair)
                    guard pair.count == 2 else { throw TemplateFault("dictionary update sequence needs pairs") }
                    members.append((pair[0], pair[1]))
                }
            }
        }
        return members + arguments.named.map { (.text($0.name), $0.value) }
    }
}
