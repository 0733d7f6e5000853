// Evaluator+Macros.swift — macros and the bodies of `call` blocks: defined, bound to arguments, called.
// Tokenization › ChatTemplate › Runtime.  Reference: jinja2.runtime.Macro.

extension Evaluator {
    /// A macro as a value: it sees the scope that it was defined in, as it is when the macro is called.
    func macro(_ definition: MacroDefinition, _ scope: Scope) throws(TemplateFault) -> Function {
        try Function(definition.name) { (evaluator, arguments) throws(TemplateFault) in
            let inner = Scope(inside: scope)
            try evaluator.bind(arguments, to: definition, inner)
            return .string(
                try evaluator.capture { () throws(TemplateFault) in
                    _ = try evaluator.execute(definition.body, inner)
                })
        }
    }

    private func bind(
        _ arguments: CallArguments, to definition: MacroDefinition, _ scope: Scope
    ) throws(TemplateFault) {
        var named = arguments.named
        func takeNamed(_ label: String) -> Value? {
            named.firstIndex { $0.name == label }.map { named.remove(at: $0).value }
        }
        for (index, parameter) in definition.parameters.enumerated() {
            let given = index < arguments.positional.count ? arguments.positional[index] : takeNamed(parameter.label)
            if let given {
                scope.set(parameter.name, given)
            } else if let defaultValue = parameter.defaultValue {
                scope.set(parameter.name, try evaluate(defaultValue, scope))
            } else {
                scope.set(
                    parameter.name, .undefined(Undefined("parameter '\(parameter.label)' was not provided")))
            }
        }
        if definition.usesCaller, !definition.parameters.contains(where: { $0.label == "caller" }) {
            scope.set(TemplateGlobals.caller, takeNamed("caller") ?? .undefined(Undefined("No caller defined")))
        }
        if definition.usesExtraNamed {
            scope.set(TemplateGlobals.kwargs, .mapping(try Mapping(named.map { (.text($0.name), $0.value) })))
        } else if let extra = named.first {
            throw TemplateFault("macro '\(definition.name)' takes no keyword argument '\(extra.name)'")
        }
        let extra = arguments.positional.dropFirst(definition.parameters.count)
        if definition.usesExtraPositional {
            scope.set(TemplateGlobals.varargs, try .sequence(Array(extra), .tuple))
        } else if !extra.isEmpty {
            throw TemplateFault(
                "macro '\(definition.name)' takes not more than \(definition.parameters.count) argument(s)")
        }
    }
}
