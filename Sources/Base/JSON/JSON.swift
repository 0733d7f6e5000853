// JSON.swift — a read-only view of one value in a parsed text.
// Base › JSON.  For requests, config.json, tokenizer.json and safetensors headers: order and bytes are kept,
// because `String ==` is canonical equivalence and would merge keys that differ (two spellings of "é").

/// A cursor: a shared document and a position on its tape. Copying it copies a reference and a number.
///
///     let config = try JSON.parse(bytes)
///     let width = config["hidden_size"]?.integer
///     if let vocabulary = config["vocab"] { for (key, value) in vocabulary.members { … } }
///
/// Lookups on a value of another kind give nil, zero or nothing, so chains need no checks in between.
package struct JSON: Sendable {
    package enum Kind: UInt8, Sendable {
        case object, array, string, number, bool, null
    }

    let document: JSONDocument
    let index: Int

    /// Parses a whole text: one value, white space around it, nothing else.
    ///
    /// - Complexity: O(bytes) time; 16 bytes of tape per value and key; no allocation per value.
    package static func parse(_ bytes: [UInt8], maximumDepth: Int = 64) throws(JSONError) -> JSON {
        var parser = JSONParser(bytes, maximumDepth: maximumDepth)
        let nodes = try parser.parse()
        return JSON(document: JSONDocument(bytes: bytes, nodes: nodes), index: 0)
    }

    var node: JSONNode { document.nodes[index] }

    package var kind: Kind { node.kind }

    package var isNull: Bool { kind == .null }

    /// Members of an object, elements of an array, 0 for anything else.
    package var count: Int { kind == .object || kind == .array ? Int(node.extent) : 0 }

    /// The value of the first member whose key is exactly these UTF-8 bytes.
    ///
    /// - Complexity: O(members). Walk `members` once to look up many.
    package subscript(key: String) -> JSON? {
        guard kind == .object else { return nil }
        let end = Int(node.next)
        var position = index + 1
        while position < end {
            if document.string(document.nodes[position], equals: key) {
                return JSON(document: document, index: position + 1)
            }
            position = Int(document.nodes[position + 1].next)
        }
        return nil
    }

    /// An array's element; nil past its end.
    ///
    /// - Complexity: O(position). Walk `elements` to see all.
    package subscript(position: Int) -> JSON? {
        guard kind == .array, position >= 0, position < count else { return nil }
        var element = index + 1
        for _ in 0..<position { element = Int(document.nodes[element].next) }
        return JSON(document: document, index: element)
    }

    /// The bytes of a string, escapes resolved: always valid UTF-8.
    package var utf8: [UInt8]? { kind == .string ? document.decodedBytes(node) : nil }

    package var string: String? { utf8.map { String(decoding: $0, as: UTF8.self) } }

    package var bool: Bool? { kind == .bool ? document.bytes[Int(node.start)] == UInt8(ascii: "t") : nil }

    /// The number if it is a whole one that fits: `3`, also `3.0` and `3e2`; nil for `3.5` and `1e30`.
    package var integer: Int? { kind == .number ? JSONNumber.integer(numberText) : nil }

    /// The nearest double, correctly rounded; nil beyond its range (`1e999`), so a number read is always finite.
    package var double: Double? { kind == .number ? JSONNumber.double(numberText) : nil }

    private var numberText: ArraySlice<UInt8> { document.bytes[document.textRange(node)] }

    /// Where the value starts, counted from 1, for error messages. Columns count Unicode scalars.
    package var line: Int { JSONDocument.place(of: Int(node.start), in: document.bytes).line }
    package var column: Int { JSONDocument.place(of: Int(node.start), in: document.bytes).column }
}

extension JSON.Kind: CustomStringConvertible {
    /// With its article, for messages: "expected a string, found an array".
    package var description: String {
        switch self {
        case .object: "an object"
        case .array: "an array"
        case .string: "a string"
        case .number: "a number"
        case .bool: "true or false"
        case .null: "null"
        }
    }
}
