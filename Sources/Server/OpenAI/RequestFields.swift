// RequestFields.swift — reads one JSON object of a request strictly: names, types and ranges, each error naming its place.
// Server › OpenAI.

import Base

/// An object whose member names are all known. `null` counts as absent, as in OpenAI's API.
struct RequestFields {
    private let object: JSON
    /// Prefix of parameter names in errors: empty for the body, `messages[0].` inside it.
    private let path: String

    /// Checks every name before any value is read.
    ///
    /// - Parameters:
    ///   - supported: names the caller reads.
    ///   - refused: names that are known and not supported; they may hold their no-op value.
    ///   - ignoresUnknown: for clients that send fields of other servers.
    init(
        _ object: JSON, path: String = "", supported: Set<String>, refused: [String: NoOpValue] = [:],
        ignoresUnknown: Bool = false
    ) throws(APIError) {
        guard object.kind == .object else {
            if path.isEmpty { throw .bodyNotObject }
            throw .wrongType(String(path.dropLast()), expected: "an object", found: object.kind)
        }
        self.object = object
        self.path = path

        if let key = object.firstDuplicateKey() {
            throw .duplicate(path + quoted(key.utf8 ?? []), line: key.line, column: key.column)
        }
        for (key, value) in object.members {
            // `String ==` is safe here: nothing else is canonically equal to lower-case ASCII names.
            let name = String(decoding: key, as: UTF8.self)
            if supported.contains(name) { continue }
            if let noOp = refused[name] {
                guard noOp.allows(value) else { throw .unsupported(path + name, accepted: noOp.description) }
            } else if !ignoresUnknown {
                throw .unknown(path + quoted(key))
            }
        }
    }

    /// The member, unless it is absent or null.
    func value(_ name: String) -> JSON? {
        guard let value = object[name], !value.isNull else { return nil }
        return value
    }

    func required(_ name: String) throws(APIError) -> JSON {
        guard let value = value(name) else { throw .missing(path + name) }
        return value
    }

    func string(_ name: String) throws(APIError) -> String? {
        guard let value = value(name) else { return nil }
        guard let string = value.string else {
            throw .wrongType(path + name, expected: "a string", found: value.kind)
        }
        return string
    }

    func boolean(_ name: String) throws(APIError) -> Bool? {
        guard let value = value(name) else { return nil }
        guard let boolean = value.bool else {
            throw .wrongType(path + name, expected: "true or false", found: value.kind)
        }
        return boolean
    }

    /// A whole number; `3.0` is one.
    func integer(_ name: String, in range: ClosedRange<Int>) throws(APIError) -> Int? {
        guard let value = value(name) else { return nil }
        guard value.kind == .number else {
            throw .wrongType(path + name, expected: "an integer", found: value.kind)
        }
        guard let integer = value.integer, range.contains(integer) else {
            throw .outOfRange(
                path + name, mustBe: "an integer between \(range.lowerBound) and \(range.upperBound)")
        }
        return integer
    }

    /// Any finite number; its range is checked by `SamplingParameters.validate`.
    func number(_ name: String) throws(APIError) -> Float? {
        guard let value = value(name) else { return nil }
        guard value.kind == .number else { throw .wrongType(path + name, expected: "a number", found: value.kind) }
        guard let double = value.double, Float(double).isFinite else {
            throw .outOfRange(path + name, mustBe: "a number of ordinary size")
        }
        return Float(double)
    }
}

/// Client text for an error message: short, whatever was sent.
func quoted(_ utf8: [UInt8]) -> String {
    let text = String(decoding: utf8.prefix(4 * Limits.quotedCharacters), as: UTF8.self)
    return text.count <= Limits.quotedCharacters ? text : text.prefix(Limits.quotedCharacters) + "…"
}
