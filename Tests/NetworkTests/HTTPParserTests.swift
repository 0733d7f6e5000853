// HTTPParserTests.swift — what well-formed requests become, and where the limits lie.

import Network
import Testing

@Suite struct `HTTP parser` {
    @Test func `takes a plain request apart`() throws {
        let found = actions(
            "POST /v1/chat/completions?debug=1&x HTTP/1.1\r\nHost: api.example:8080\r\nX-A:  one two \t\r\nx-a:three\r\n"
                + "Empty:\r\nContent-Length: 5\r\n\r\nhello")
        let request = try #require(found.first?.request)
        #expect(found.count == 1)
        #expect(request.method == "POST")
        #expect(request.target == "/v1/chat/completions?debug=1&x")
        #expect(request.path == "/v1/chat/completions")
        #expect(request.query.map(\.name) == ["debug", "x"])
        #expect(request.queryValue("debug") == "1")
        #expect(request.queryValue("x") == "")
        #expect(request.version == .http11)
        #expect(request.headers["HOST"] == "api.example:8080")
        #expect(request.headers.values("X-a") == ["one two", "three"])
        #expect(request.headers["empty"] == "")
        #expect(request.headers["absent"] == nil)
        #expect(request.body == Array("hello".utf8))
        #expect(request.wantsKeepAlive)
    }

    @Test func `finds pipelined requests one after the other`() {
        let text =
            "GET /1 HTTP/1.1\r\nHost: x\r\n\r\n" + "POST /2 HTTP/1.1\r\nHost: x\r\nContent-Length: 3\r\n\r\nabc"
            + "POST /3 HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked\r\n\r\n2\r\nde\r\n0\r\n\r\n"
            + "\r\nGET /4 HTTP/1.1\r\nHost: x\r\n\r\n"
        for pieces in [[Int.max], [1], [7, 3, 5], [2]] {
            let requests = actions(text, pieces: pieces).compactMap(\.request)
            #expect(requests.map(\.path) == ["/1", "/2", "/3", "/4"])
            #expect(requests.map(\.body) == [[], Array("abc".utf8), Array("de".utf8), []])
        }
    }

    @Test func `stops at each request, so that answers keep their order`() {
        let text = Array("GET /1 HTTP/1.1\r\nHost: x\r\n\r\nGET /2 HTTP/1.1\r\nHost: x\r\n\r\n".utf8)
        var parser = HTTPParser(limits: HTTPLimits())
        let (consumed, action) = parser.receive(text.span)
        #expect(consumed == text.count / 2)
        #expect(action?.request?.path == "/1")
    }

    @Test func `joins chunks and forgets extensions and trailers`() throws {
        let found = actions(
            "POST / HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: Chunked\r\n\r\n"
                + "5;name=value;other=\"a b\"\r\nhello\r\n00000001\r\n!\r\nA\r\n0123456789\r\n0;last\r\n"
                + "Content-Length: 99\r\nX-Trailer: t\r\n\r\n")
        let request = try #require(found.first?.request)
        #expect(found.count == 1)
        #expect(request.body == Array("hello!0123456789".utf8))
        #expect(request.headers["x-trailer"] == nil)
        #expect(request.headers["content-length"] == nil)
    }

    @Test func `says 100 Continue before the body, and only when there will be one`() {
        func first(_ head: String) -> HTTPParser.Action? { actions(head).first }
        #expect(
            first("POST / HTTP/1.1\r\nHost: x\r\nExpect: 100-Continue\r\nContent-Length: 2\r\n\r\n") == .sendContinue)
        #expect(
            first("POST / HTTP/1.1\r\nHost: x\r\nExpect: 100-continue\r\nTransfer-Encoding: chunked\r\n\r\n")
                == .sendContinue)
        #expect(first("GET / HTTP/1.1\r\nHost: x\r\nExpect: 100-continue\r\n\r\n")?.request != nil)
        #expect(first("POST / HTTP/1.0\r\nExpect: 100-continue\r\nContent-Length: 2\r\n\r\n") == nil)
        #expect(first("POST / HTTP/1.1\r\nHost: x\r\nExpect: 200-ok\r\n\r\n")?.status == 417)
        var limits = HTTPLimits()
        limits.bodyBytes = 1
        let refused = actions(
            "POST / HTTP/1.1\r\nHost: x\r\nExpect: 100-continue\r\nContent-Length: 2\r\n\r\n", limits: limits)
        #expect(refused.map(\.status) == [413])
    }

    @Test(
        arguments: [
            ("HTTP/1.1", "", true), ("HTTP/1.1", "Connection: close\r\n", false),
            ("HTTP/1.1", "Connection: x, CLOSE ,y\r\n", false), ("HTTP/1.1", "Connection: closed\r\n", true),
            ("HTTP/1.1", "Connection: x\r\nConnection: close\r\n", false), ("HTTP/1.0", "", false),
            ("HTTP/1.0", "Connection: Keep-Alive\r\n", true), ("HTTP/1.0", "Connection: keep-alive, close\r\n", false),
        ])
    func `knows whether the connection goes on`(version: String, field: String, expected: Bool) throws {
        let request = try #require(actions("GET / \(version)\r\nHost: x\r\n\(field)\r\n").first?.request)
        #expect(request.wantsKeepAlive == expected)
    }

    @Test func `keeps field values of any bytes apart`() throws {
        let head = Array("GET / HTTP/1.1\r\nHost: x\r\nA: ".utf8)
        let end = Array("\r\n\r\n".utf8)
        let utf8 = try #require(actions(head + Array("grün".utf8) + end).first?.request)
        #expect(utf8.headers["a"] == "grün")
        let latin1 = try #require(actions(head + [0x67, 0xFC] + end).first?.request)
        #expect(latin1.headers["a"] == "g\u{FC}")
    }

    @Test func `tells what is being waited for`() {
        var parser = HTTPParser(limits: HTTPLimits())
        func feed(_ text: String) -> HTTPParser.Phase {
            _ = actions(Array(text.utf8), from: &parser)
            return parser.phase
        }
        #expect(parser.phase == .idle)
        #expect(feed("P") == .head)
        #expect(feed("OST / HTTP/1.1\r\nHost: x\r\nContent-Le") == .head)
        #expect(feed("ngth: 3\r\n\r\n") == .body)
        #expect(feed("ab") == .body)
        #expect(parser.bufferedBodyBytes == 2)
        #expect(feed("c") == .idle)
        #expect(parser.bufferedBodyBytes == 0)
        #expect(feed("\r") == .head)
        #expect(feed("\n") == .head)
        #expect(feed("GET / HTTP/1.1\r\nHost: x\r\n\r\n") == .idle)
        #expect(feed("POST / HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked\r\n\r\n") == .body)
        #expect(feed("1\r\na\r\n0\r\n") == .body)
        #expect(feed("\r\n") == .idle)
        #expect(feed("\n") == .failed)
        #expect(feed("GET / HTTP/1.1\r\nHost: x\r\n\r\n") == .failed)
    }

    // MARK: - Limits, each at its edge

    @Test func `bounds the request line`() {
        var limits = HTTPLimits()
        limits.requestLineBytes = 40
        func status(_ length: Int) -> Int? {
            let path = String(repeating: "a", count: length - "GET / HTTP/1.1".utf8.count)
            return actions("GET /\(path) HTTP/1.1\r\nHost: x\r\n\r\n", limits: limits).first?.status
        }
        #expect(status(40) == nil)
        #expect(status(41) == 414)
        // At once, without waiting for the line's end.
        #expect(actions(String(repeating: "a", count: 41), limits: limits).map(\.status) == [414])
    }

    @Test func `bounds the header in bytes and in fields`() {
        var limits = HTTPLimits()
        limits.headerBytes = 64
        func status(_ total: Int) -> Int? {
            let value = String(repeating: "v", count: total - "Host: x\r\nA: \r\n".utf8.count)
            return actions("GET / HTTP/1.1\r\nHost: x\r\nA: \(value)\r\n\r\n", limits: limits).first?.status
        }
        #expect(status(62) == nil)
        #expect(status(64) == nil)
        #expect(status(67) == 431)

        limits = HTTPLimits()
        limits.headerCount = 5
        func status(fields: Int) -> Int? {
            let more = (1..<fields).map { "X\($0): y\r\n" }.joined()
            return actions("GET / HTTP/1.1\r\nHost: x\r\n\(more)\r\n", limits: limits).first?.status
        }
        #expect(status(fields: 5) == nil)
        #expect(status(fields: 6) == 431)

        let chunked = "POST / HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n"
        #expect(actions(chunked + "A: b\r\nC: d\r\nE: f\r\n\r\n", limits: limits).first?.status == nil)
        #expect(actions(chunked + "A: b\r\nC: d\r\nE: f\r\nG: h\r\n\r\n", limits: limits).first?.status == 431)
    }

    @Test func `bounds the body, announced or chunked`() {
        var limits = HTTPLimits()
        limits.bodyBytes = 10
        func announced(_ length: String) -> Int? {
            actions("POST / HTTP/1.1\r\nHost: x\r\nContent-Length: \(length)\r\n\r\n", limits: limits).first?.status
        }
        #expect(announced("10") == nil)
        #expect(announced("11") == 413)
        #expect(announced("18446744073709551617") == 413)
        #expect(announced(String(repeating: "9", count: 400)) == 413)
        func chunked(_ sizes: [Int]) -> Int? {
            let chunks = sizes.map { String($0, radix: 16) + "\r\n" + String(repeating: "c", count: $0) + "\r\n" }
            return actions(
                "POST / HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked\r\n\r\n" + chunks.joined() + "0\r\n\r\n",
                limits: limits
            ).first?.status
        }
        #expect(chunked([4, 6]) == nil)
        #expect(chunked([4, 7]) == 413)
        #expect(chunked([11]) == 413)
        limits.bodyBytes = Int.max
        let huge = actions(
            "POST / HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked\r\n\r\n1\r\na\r\nffffffffffffffff\r\n",
            limits: limits)
        #expect(huge.map(\.status) == [413])
    }

    @Test func `bounds chunk extensions, each and together`() {
        let head = "POST / HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked\r\n\r\n"
        var limits = HTTPLimits()
        limits.chunkLineBytes = 20
        limits.chunkExtensionBytes = 30
        func chunk(_ extensionBytes: Int) -> String {
            "1;" + String(repeating: "e", count: extensionBytes - 1) + "\r\na\r\n"
        }
        func status(_ chunks: String) -> Int? { actions(head + chunks + "0\r\n\r\n", limits: limits).first?.status }
        #expect(status(chunk(19)) == nil)
        #expect(status(chunk(20)) == 400)
        #expect(status(chunk(15) + chunk(15)) == nil)
        #expect(status(chunk(15) + chunk(16)) == 400)
    }
}
