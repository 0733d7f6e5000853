// ServerSentEvents.swift — the event-stream format.
// Network › HTTP.  WHATWG HTML, section 9.2.

/// Builds the frames of a `text/event-stream` body.
package enum ServerSentEvents {
    /// `data: …` and an empty line; a payload of several lines becomes several `data:` lines of the same event.
    package static func data(_ payload: [UInt8]) -> [UInt8] { frame(field: "data: ", payload) }

    /// A named event, as some APIs use them.
    package static func event(_ name: StaticString, data payload: [UInt8]) -> [UInt8] {
        Array("event: \(name)\n".utf8) + data(payload)
    }

    /// A comment, which clients skip: keeps proxies from closing a silent stream.
    package static func comment(_ text: String) -> [UInt8] { frame(field: ": ", Array(text.utf8)) }

    /// What OpenAI's streams end with.
    package static let done = Array("data: [DONE]\n\n".utf8)

    private static func frame(field: StaticString, _ payload: [UInt8]) -> [UInt8] {
        var bytes: [UInt8] = []
        bytes.reserveCapacity(payload.count + 16)
        let prefix = field.withUTF8Buffer { Array($0) }
        bytes += prefix
        var previous: UInt8 = 0
        for byte in payload {
            // CR, LF and CRLF all end a line of the stream.
            if byte == .lineFeed, previous == .carriageReturn {
                previous = byte
                continue
            }
            if byte == .lineFeed || byte == .carriageReturn {
                bytes.append(.lineFeed)
                bytes += prefix
            } else {
                bytes.append(byte)
            }
            previous = byte
        }
        bytes += [.lineFeed, .lineFeed]
        return bytes
    }
}
