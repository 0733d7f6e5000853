// EventStreamParser.swift — bytes of a text/event-stream to the data of its events, however they are cut.
// LoadGeneration › Stream.  WHATWG HTML, section 9.2.6; only `data` matters here.

/// Feed it bytes; it hands out each event's data once its blank line has come.
package struct EventStreamParser: Sendable {
    /// A server that never ends a line must not fill the memory.
    package static let eventLimit = 16 << 20

    package struct TooLarge: Error, Equatable {}

    private var line: [UInt8] = []
    private var data: [UInt8] = []
    private var hasData = false
    /// A CR has just ended a line: an LF after it belongs to the same end.
    private var skipsLineFeed = false

    package init() {}

    /// - Throws: `TooLarge` when one event passes `eventLimit`.
    package mutating func receive(
        _ bytes: some Sequence<UInt8>, _ event: ([UInt8]) -> Void
    ) throws(TooLarge) {
        for byte in bytes {
            switch byte {
            case UInt8(ascii: "\n") where skipsLineFeed: skipsLineFeed = false
            case UInt8(ascii: "\n"), UInt8(ascii: "\r"):
                skipsLineFeed = byte == UInt8(ascii: "\r")
                endLine(event)
            default:
                skipsLineFeed = false
                line.append(byte)
                guard line.count + data.count <= Self.eventLimit else { throw TooLarge() }
            }
        }
    }

    private mutating func endLine(_ event: ([UInt8]) -> Void) {
        defer { line.removeAll(keepingCapacity: true) }
        guard !line.isEmpty else {
            if hasData { event(data) }
            data.removeAll(keepingCapacity: true)
            hasData = false
            return
        }
        // Comments begin with a colon; `event`, `id` and `retry` say nothing about tokens.
        guard line.starts(with: "data".utf8) else { return }
        var value = line.dropFirst(4)
        guard value.isEmpty || value.first == UInt8(ascii: ":") else { return }
        value = value.dropFirst()
        if value.first == UInt8(ascii: " ") { value = value.dropFirst() }
        if hasData { data.append(UInt8(ascii: "\n")) }
        data += value
        hasData = true
    }
}
