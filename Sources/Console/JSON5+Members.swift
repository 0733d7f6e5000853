// JSON5+Members.swift — values of the kind that is wanted, or an error with their place.
// Console.

/// An object whose members are all known.
struct JSON5Object {
    let members: [String: JSON5]
    private let value: JSON5
    private let what: String

    /// - Parameter what: names the object in messages.
    init(_ value: JSON5, _ what: String, allowed: [String]) throws(JSON5Error) {
        guard case .object(let members) = value.value else {
            throw JSON5Error(value, "\(what) must be an object, not \(value.kind)")
        }
        var found: [String: JSON5] = [:]
        for member in members {
            guard allowed.contains(member.key) else {
                throw JSON5Error(
                    line: member.line, column: member.column,
                    problem: "\(what) has no '\(member.key)'; it may have \(allowed.joined(separator: ", "))")
            }
            if member.value.value != .null { found[member.key] = member.value }
        }
        self.members = found
        self.value = value
        self.what = what
    }

    func required(_ name: String) throws(JSON5Error) -> JSON5 {
        guard let member = members[name] else { throw JSON5Error(value, "\(what) needs '\(name)'") }
        return member
    }
}

extension JSON5Error {
    init(_ value: JSON5, _ problem: String) {
        self.init(line: value.line, column: value.column, problem: problem)
    }
}

extension JSON5 {
    func text(_ name: String) throws(JSON5Error) -> String {
        guard case .string(let text) = value else { throw JSON5Error(self, "\(name) must be text, not \(kind)") }
        return text
    }

    func elements(_ name: String) throws(JSON5Error) -> [JSON5] {
        guard case .array(let elements) = value else {
            throw JSON5Error(self, "'\(name)' must be an array, not \(kind)")
        }
        return elements
    }

    func integer(_ name: String, in range: ClosedRange<Int>) throws(JSON5Error) -> Int {
        guard case .number(let text) = value, let number = Int(text), range.contains(number) else {
            throw JSON5Error(
                self, "'\(name)' must be a whole number from \(range.lowerBound) to \(range.upperBound)")
        }
        return number
    }

    /// A part of a whole, from 0 to 1.
    func share(_ name: String) throws(JSON5Error) -> Double {
        guard case .number(let text) = value, let number = Double(text), (0...1).contains(number) else {
            throw JSON5Error(self, "'\(name)' must be a number from 0 to 1")
        }
        return number
    }
}
