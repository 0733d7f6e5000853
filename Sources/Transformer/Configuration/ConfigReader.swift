// ConfigReader.swift — config.json, key by key.
// Transformer › Configuration.

import Base

/// Typed look-ups in one JSON object; a value of the wrong type is an error that names the key.
struct ConfigReader {
    let json: JSON
    let source: String

    /// Present, be it as null.
    func has(_ key: String) -> Bool { json[key] != nil }

    private func value(_ key: String) -> JSON? {
        guard let value = json[key], !value.isNull else { return nil }
        return value
    }

    /// A nested object; nil if it is absent or null.
    func section(_ key: String) throws(ModelError) -> ConfigReader? {
        guard let value = value(key) else { return nil }
        guard value.kind == .object else { throw .invalid(key: key, problem: "is not an object", source: source) }
        return ConfigReader(json: value, source: source)
    }

    func strings(_ key: String) throws(ModelError) -> [String]? {
        guard let value = value(key) else { return nil }
        let strings = value.elements.compactMap(\.string)
        guard value.kind == .array, strings.count == value.count else {
            throw .invalid(key: key, problem: "is not a list of strings", source: source)
        }
        return strings
    }

    func string(_ key: String) throws(ModelError) -> String {
        guard let value = value(key) else { throw .missing(key: key, source: source) }
        guard let string = value.string else { throw .invalid(key: key, problem: "is not a string", source: source) }
        return string
    }

    func optionalString(_ key: String) throws(ModelError) -> String? {
        value(key) == nil ? nil : try string(key)
    }

    func integer(_ key: String, default fallback: Int? = nil) throws(ModelError) -> Int {
        guard let value = value(key) else {
            guard let fallback else { throw .missing(key: key, source: source) }
            return fallback
        }
        guard let integer = value.integer else {
            throw .invalid(key: key, problem: "is not a whole number", source: source)
        }
        return integer
    }

    /// nil if it is absent or null.
    func optionalInteger(_ key: String) throws(ModelError) -> Int? {
        value(key) == nil ? nil : try integer(key)
    }

    func number(_ key: String, default fallback: Double? = nil) throws(ModelError) -> Double {
        guard let value = value(key) else {
            guard let fallback else { throw .missing(key: key, source: source) }
            return fallback
        }
        guard let number = value.double else { throw .invalid(key: key, problem: "is not a number", source: source) }
        return number
    }

    /// A number that null turns off, and that has a default when the key is absent.
    func cap(_ key: String, default fallback: Double?) throws(ModelError) -> Float? {
        guard has(key) else { return fallback.map { Float($0) } }
        return value(key) == nil ? nil : Float(try number(key))
    }

    func numbers(_ key: String) throws(ModelError) -> [Double] {
        guard let value = value(key) else { throw .missing(key: key, source: source) }
        let numbers = value.elements.compactMap(\.double)
        guard value.kind == .array, numbers.count == value.count else {
            throw .invalid(key: key, problem: "is not a list of numbers", source: source)
        }
        return numbers
    }

    func boolean(_ key: String, default fallback: Bool) throws(ModelError) -> Bool {
        guard let value = value(key) else { return fallback }
        guard let flag = value.bool else { throw .invalid(key: key, problem: "is not true or false", source: source) }
        return flag
    }

    /// - Parameter other: a second name of the same thing.
    func requireDefault(_ key: String, _ expected: String, or other: String? = nil) throws(ModelError) {
        guard value(key) != nil else { return }
        let found = try string(key)
        guard found == expected || found == other else {
            throw .unsupported(key: key, value: found, supported: expected, source: source)
        }
    }
}
