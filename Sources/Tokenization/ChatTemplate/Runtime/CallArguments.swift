// CallArguments.swift — what a function, filter or test is called with.
// Tokenization › ChatTemplate › Runtime.

/// Evaluated arguments.
struct CallArguments {
    var positional: [Value] = []
    var named: [(name: String, value: Value)] = []

    /// The arguments in the order of `parameters`, nil for one that was not given.
    /// - Throws: what Python says of too many, unknown or doubly given arguments.
    func bound(_ function: String, _ parameters: [String]) throws(TemplateFault) -> [Value?] {
        guard positional.count <= parameters.count else {
            throw TemplateFault(
                "\(function)() takes at most \(parameters.count) arguments (\(positional.count) given)")
        }
        var values: [Value?] = positional + [Value?](repeating: nil, count: parameters.count - positional.count)
        for (name, value) in named {
            guard let index = parameters.firstIndex(of: name) else {
                throw TemplateFault("\(function)() got an unexpected keyword argument '\(name)'")
            }
            guard values[index] == nil else {
                throw TemplateFault("\(function)() got multiple values for argument '\(name)'")
            }
            values[index] = value
        }
        return values
    }

    /// The one argument that must be given.
    func single(_ function: String) throws(TemplateFault) -> Value {
        guard positional.count == 1 && named.isEmpty else {
            throw TemplateFault("\(function)() takes exactly one argument (\(positional.count + named.count) given)")
        }
        return positional[0]
    }

    func requireNone(_ function: String) throws(TemplateFault) {
        guard positional.isEmpty && named.isEmpty else {
            throw TemplateFault("\(function)() takes no arguments (\(positional.count + named.count) given)")
        }
    }
}

extension Value? {
    /// A whole number, or `fallback` where none (or `None`) was given.
    func integer(_ what: String, default fallback: Int) throws(TemplateFault) -> Int {
        switch self {
        case nil, .null: return fallback
        case .some(let value):
            guard let integer = value.asInteger else {
                throw TemplateFault("\(what) must be an integer, not \(value.typeName)")
            }
            return integer
        }
    }

    /// A string, or nil where none (or `None`) was given.
    func string(_ what: String) throws(TemplateFault) -> TemplateString? {
        switch self {
        case nil, .null: return nil
        case .some(.string(let string)): return string
        case .some(let value): throw TemplateFault("\(what) must be str, not \(value.typeName)")
        }
    }

    func isTrue(default fallback: Bool) -> Bool { self.map(\.isTrue) ?? fallback }
}
