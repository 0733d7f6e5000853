// LocatedJSON.swift — a JSON value that knows its file and the way to it, so that every complaint says where.
// Tokenization › TokenizerFile.

import Base

/// A cursor that may point at nothing. Reading is optional (`string`) or demanded (`requiredString()`).
struct LocatedJSON {
    let file: String
    /// As one would write it: `model.merges[17]`.
    let place: String
    let value: JSON?

    static func parse(_ bytes: [UInt8], file: String) throws(TokenizerError) -> LocatedJSON {
        do throws(JSONError) {
            return LocatedJSON(file: file, place: "", value: try JSON.parse(bytes))
        } catch {
            throw .malformed(
                file: file, place: "line \(error.line), column \(error.column)", reason: "\(error.problem)")
        }
    }

    subscript(key: String) -> LocatedJSON {
        LocatedJSON(file: file, place: place.isEmpty ? key : "\(place).\(key)", value: value?[key])
    }

    /// An array's elements, each knowing its index.
    var elements: [LocatedJSON] {
        (value?.elements).map { elements in
            elements.enumerated().map { LocatedJSON(file: file, place: "\(place)[\($0.offset)]", value: $0.element) }
        } ?? []
    }

    /// Not in the file, or null there.
    var isAbsent: Bool { value?.isNull ?? true }

    /// A value of the wrong kind is a mistake in the file; an absent one is not.
    func string() throws(TokenizerError) -> String? { try read("a string") { $0.string } }
    func bytes() throws(TokenizerError) -> [UInt8]? { try read("a string") { $0.utf8 } }
    func bool() throws(TokenizerError) -> Bool? { try read("true or false") { $0.bool } }
    func integer() throws(TokenizerError) -> Int? { try read("a whole number") { $0.integer } }

    func requiredString() throws(TokenizerError) -> String { try required(try string(), "a string") }
    func requiredBytes() throws(TokenizerError) -> [UInt8] { try required(try bytes(), "a string") }

    /// An id that may index the vocabulary.
    func requiredID() throws(TokenizerError) -> Int {
        let id = try required(try integer(), "a whole number")
        guard id >= 0 && id < Vocabulary.maximumCount else {
            throw malformed("the id \(id) is outside 0 ..< \(Vocabulary.maximumCount)")
        }
        return id
    }

    /// The `type` of a part of the pipeline.
    func type() throws(TokenizerError) -> String { try self["type"].requiredString() }

    func malformed(_ reason: String) -> TokenizerError {
        .malformed(file: file, place: place.isEmpty ? "the whole" : place, reason: reason)
    }

    /// This part, named by its path and what it says.
    func unsupported(_ what: String) -> TokenizerError { .unsupported(part: "\(file): \(place)", value: what) }

    private func read<Value>(_ wanted: String, _ get: (JSON) -> Value?) throws(TokenizerError) -> Value? {
        guard let value, !value.isNull else { return nil }
        guard let result = get(value) else { throw malformed("expected \(wanted), found \(value.kind)") }
        return result
    }

    private func required<Value>(_ value: Value?, _ wanted: String) throws(TokenizerError) -> Value {
        guard let value else { throw malformed("expected \(wanted), but it is absent") }
        return value
    }
}
