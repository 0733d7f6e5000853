// JSONWriter.swift — appends compact JSON to a byte array.
// Base › JSON.  Responses, streamed chunks and reports; keys keep the order in which they are written.

/// Writes one document (or one per line) without building a tree. Commas come by themselves.
///
///     var json = JSONWriter()
///     json.object { json in
///         json.field("object", "chat.completion.chunk")
///         json.key("choices")
///         json.array { json in … }
///     }
///     connection.write(json.bytes)
package struct JSONWriter: Sendable {
    /// The text so far. Valid JSON once every container is closed.
    package private(set) var bytes: [UInt8] = []
    /// How many containers are open.
    package private(set) var depth = 0
    /// Whether the next key or element follows a sibling. Needs no stack: every `end…` leaves a sibling behind.
    private var followsSibling = false

    package init() {}

    /// Forgets the text but keeps its memory, for the next document.
    package mutating func reset() {
        bytes.removeAll(keepingCapacity: true)
        depth = 0
        followsSibling = false
    }

    /// A line feed between two documents (JSON lines).
    ///
    /// - Precondition: every container is closed.
    package mutating func endLine() {
        precondition(depth == 0, "a line of JSON ends inside a container")
        bytes.append(UInt8(ascii: "\n"))
        followsSibling = false
    }

    // MARK: - Containers

    package mutating func beginObject() { begin(UInt8(ascii: "{")) }
    package mutating func endObject() { end(UInt8(ascii: "}")) }
    package mutating func beginArray() { begin(UInt8(ascii: "[")) }
    package mutating func endArray() { end(UInt8(ascii: "]")) }

    /// An object whose members `body` writes.
    package mutating func object(_ body: (inout JSONWriter) -> Void) {
        beginObject()
        body(&self)
        endObject()
    }

    /// An array whose elements `body` writes.
    package mutating func array(_ body: (inout JSONWriter) -> Void) {
        beginArray()
        body(&self)
        endArray()
    }

    private mutating func begin(_ bracket: UInt8) {
        separate()
        bytes.append(bracket)
        depth += 1
        followsSibling = false
    }

    private mutating func end(_ bracket: UInt8) {
        precondition(depth > 0, "a JSON container is closed that was never opened")
        bytes.append(bracket)
        depth -= 1
        followsSibling = true
    }

    /// A member's key; its value must come next.
    package mutating func key(_ key: String) {
        string(key)
        bytes.append(UInt8(ascii: ":"))
        followsSibling = false
    }

    private mutating func separate() {
        if followsSibling { bytes.append(UInt8(ascii: ",")) }
        followsSibling = true
    }

    // MARK: - Scalars

    package mutating func string(_ value: String) {
        separate()
        var value = value
        value.withUTF8 { JSONEscaping.append($0.span, to: &bytes) }
    }

    /// Text as bytes, for example a token's piece. Each ill-formed part becomes one U+FFFD.
    package mutating func string(utf8 value: [UInt8]) {
        separate()
        JSONEscaping.append(value.span, to: &bytes)
    }

    package mutating func string(utf8 value: ArraySlice<UInt8>) {
        separate()
        JSONEscaping.append(value.span, to: &bytes)
    }

    package mutating func integer(_ value: Int) {
        separate()
        bytes.append(contentsOf: String(value).utf8)
    }

    /// The shortest text that reads back as the same double; `null` for infinities and NaN, which JSON lacks.
    package mutating func number(_ value: Double) {
        value.isFinite ? raw(value.description) : null()
    }

    /// The shortest text that reads back as the same float: `0.1`, not `0.10000000149011612`.
    package mutating func number(_ value: Float) {
        value.isFinite ? raw(value.description) : null()
    }

    package mutating func bool(_ value: Bool) { raw(value ? "true" : "false") }

    package mutating func null() { raw("null") }

    private mutating func raw(_ text: String) {
        separate()
        bytes.append(contentsOf: text.utf8)
    }

    // MARK: - Key and value at once

    package mutating func field(_ name: String, _ value: String) {
        key(name)
        string(value)
    }

    package mutating func field(_ name: String, utf8 value: [UInt8]) {
        key(name)
        string(utf8: value)
    }

    package mutating func field(_ name: String, _ value: Int) {
        key(name)
        integer(value)
    }

    package mutating func field(_ name: String, _ value: Double) {
        key(name)
        number(value)
    }

    package mutating func field(_ name: String, _ value: Float) {
        key(name)
        number(value)
    }

    package mutating func field(_ name: String, _ value: Bool) {
        key(name)
        bool(value)
    }

    /// `null` for nil: a member that must be present, as in OpenAI's error body.
    package mutating func field(_ name: String, _ value: String?) {
        key(name)
        if let value { string(value) } else { null() }
    }

    package mutating func nullField(_ name: String) {
        key(name)
        null()
    }
}
