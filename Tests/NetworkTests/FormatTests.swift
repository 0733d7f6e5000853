// FormatTests.swift — the small formats: events, headers, dates.

import Network
import Testing

@Suite struct `Server-sent events` {
    private func text(_ bytes: [UInt8]) -> String { String(decoding: bytes, as: UTF8.self) }

    @Test func `frame one payload as one event`() {
        #expect(text(ServerSentEvents.data(Array(#"{"a":1}"#.utf8))) == "data: {\"a\":1}\n\n")
        #expect(text(ServerSentEvents.data([])) == "data: \n\n")
        #expect(text(ServerSentEvents.event("ping", data: Array("{}".utf8))) == "event: ping\ndata: {}\n\n")
        #expect(text(ServerSentEvents.comment("keep")) == ": keep\n\n")
        #expect(text(ServerSentEvents.done) == "data: [DONE]\n\n")
    }

    @Test func `let no line of a payload pass for a field`() {
        #expect(
            text(ServerSentEvents.data(Array("a\nevent: x\r\nb\rc\n".utf8)))
                == "data: a\ndata: event: x\ndata: b\ndata: c\ndata: \n\n")
        #expect(text(ServerSentEvents.comment("a\ndata: b")) == ": a\n: data: b\n\n")
    }
}

@Suite struct `HTTP headers` {
    @Test func `compare names without case and keep order`() {
        let headers = HTTPHeaders([("A", "1"), ("b", "2"), ("a", "3")])
        #expect(headers["a"] == "1")
        #expect(headers.values("A") == ["1", "3"])
        #expect(headers.fields.map(\.name) == ["a", "b", "a"])
    }

    @Test func `split lists`() {
        let headers = HTTPHeaders([("Connection", " a ,\tB,,"), ("connection", "c")])
        #expect(headers.listMembers("Connection") == ["a", "b", "c"])
        #expect(headers.listMembers("other").isEmpty)
    }
}

@Suite struct `HTTP date` {
    @Test(
        arguments: [
            (0, "Thu, 01 Jan 1970 00:00:00 GMT"), (784_111_777, "Sun, 06 Nov 1994 08:49:37 GMT"),
            (951_825_599, "Tue, 29 Feb 2000 11:59:59 GMT"), (4_102_444_800, "Fri, 01 Jan 2100 00:00:00 GMT"),
        ])
    func `has one format`(seconds: Int, text: String) {
        #expect(HTTPDate.text(secondsSince1970: seconds) == text)
    }
}
