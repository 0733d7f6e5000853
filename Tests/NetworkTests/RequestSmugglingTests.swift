// RequestSmugglingTests.swift — messages over whose end two servers might disagree.
// The cases are those that peers' advisories and RFC 9112, section 11.2, warn of, plus every field of the grammar once
// broken.

import Network
import Testing

/// A request (or its beginning), and what must become of it.
struct SmugglingCase: Sendable, CustomTestStringConvertible {
    let name: String
    let bytes: [UInt8]
    /// Nil: accepted, as exactly one request with this body, and what follows is the next request.
    let status: Int?
    let body: String

    var testDescription: String { name }

    init(_ name: String, _ text: String, _ status: Int) {
        self.name = name
        bytes = Array(text.utf8)
        self.status = status
        body = ""
    }

    init(_ name: String, _ text: String, body: String) {
        self.name = name
        bytes = Array(text.utf8)
        status = nil
        self.body = body
    }

    /// `fields` within an otherwise good POST, followed by `rest`.
    init(_ name: String, fields: String, rest: String = "", _ status: Int) {
        self.init(name, "POST /a HTTP/1.1\r\nHost: x\r\n\(fields)\r\n\(rest)", status)
    }

    /// A chunked body.
    init(_ name: String, chunks: String, _ status: Int) {
        self.init(name, fields: "Transfer-Encoding: chunked\r\n", rest: chunks, status)
    }

    init(_ name: String, chunks: String, body: String) {
        self.init(
            name, "POST /a HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked\r\n\r\n\(chunks)", body: body)
    }
}

private let framing: [SmugglingCase] = [
    .init("length and chunked", fields: "Content-Length: 5\r\nTransfer-Encoding: chunked\r\n", rest: "0\r\n\r\n", 400),
    .init("chunked and length", fields: "Transfer-Encoding: chunked\r\nContent-Length: 5\r\n", rest: "0\r\n\r\n", 400),
    .init("length and unknown coding", fields: "Content-Length: 5\r\nTransfer-Encoding: x\r\n", 400),
    .init("length zero and chunked", fields: "Content-Length: 0\r\nTransfer-Encoding: chunked\r\n", 400),
    .init("same length twice", fields: "Content-Length: 5\r\nContent-Length: 5\r\n", rest: "hello", 400),
    .init("two lengths", fields: "Content-Length: 5\r\nContent-Length: 6\r\n", rest: "hello!", 400),
    .init("two lengths in other cases", fields: "content-length: 0\r\nCONTENT-LENGTH: 30\r\n", 400),
    .init("length list", fields: "Content-Length: 5, 5\r\n", rest: "hello", 400),
    .init("length list that differs", fields: "Content-Length: 5,6\r\n", rest: "hello", 400),
    .init("length with plus", fields: "Content-Length: +5\r\n", rest: "hello", 400),
    .init("negative length", fields: "Content-Length: -5\r\n", 400),
    .init("negative zero length", fields: "Content-Length: -0\r\n", 400),
    .init("hexadecimal length", fields: "Content-Length: 0x5\r\n", 400),
    .init("length with exponent", fields: "Content-Length: 1e1\r\n", 400),
    .init("length with point", fields: "Content-Length: 5.0\r\n", 400),
    .init("length with blank inside", fields: "Content-Length: 5 5\r\n", 400),
    .init("length with underscore", fields: "Content-Length: 1_0\r\n", 400),
    .init("empty length", fields: "Content-Length:\r\n", 400),
    .init("blank length", fields: "Content-Length: \r\n", 400),
    .init("length in quotes", fields: "Content-Length: \"5\"\r\n", 400),
    .init("length in other digits", fields: "Content-Length: ٥\r\n", 400),
    .init("huge length", fields: "Content-Length: 99999999999999999999999\r\n", 413),
    .init("length that wraps to five", fields: "Content-Length: 18446744073709551621\r\n", rest: "hello", 413),
    .init("gzip, chunked", fields: "Transfer-Encoding: gzip, chunked\r\n", 501),
    .init("chunked, identity", fields: "Transfer-Encoding: chunked, identity\r\n", 501),
    .init("chunked, chunked", fields: "Transfer-Encoding: chunked, chunked\r\n", 501),
    .init("identity", fields: "Transfer-Encoding: identity\r\n", 501),
    .init("xchunked", fields: "Transfer-Encoding: xchunked\r\n", 501),
    .init("chunked with parameter", fields: "Transfer-Encoding: chunked;q=1\r\n", 501),
    .init("chunked in quotes", fields: "Transfer-Encoding: \"chunked\"\r\n", 501),
    .init("chunked with a comma", fields: "Transfer-Encoding: chunked,\r\n", 501),
    .init("chunked behind a comma", fields: "Transfer-Encoding: ,chunked\r\n", 501),
    .init("empty coding", fields: "Transfer-Encoding:\r\n", 501),
    .init("Kelvin-sign chunked", fields: "Transfer-Encoding: chun\u{212A}ed\r\n", 501),
    .init("chunked twice", fields: "Transfer-Encoding: chunked\r\nTransfer-Encoding: chunked\r\n", 400),
    .init("chunked and identity in two", fields: "Transfer-Encoding: chunked\r\nTransfer-Encoding: identity\r\n", 400),
    .init("chunked in HTTP/1.0", "POST /a HTTP/1.0\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n", 400),
    .init("vertical tab before chunked", fields: "Transfer-Encoding: \u{0B}chunked\r\n", 400),
    .init("blank before the colon", fields: "Transfer-Encoding : chunked\r\n", rest: "0\r\n\r\n", 400),
    .init("tab before the colon", fields: "Content-Length\t: 5\r\n", rest: "hello", 400),
    .init("name with underscore is another name", "POST /a HTTP/1.1\r\nHost: x\r\nContent_Length: 5\r\n\r\n", body: ""),
    .init("leading zeros are digits", "POST /a HTTP/1.1\r\nHost: x\r\nContent-Length: 005\r\n\r\nhello", body: "hello"),
    .init(
        "blanks around are no part", "POST /a HTTP/1.1\r\nHost: x\r\nContent-Length:\t 5 \t\r\n\r\nhello", body: "hello"
    ),
    .init(
        "chunked in any case", "POST /a HTTP/1.1\r\nHost: x\r\nTRANSFER-ENCODING: cHuNkEd\r\n\r\n0\r\n\r\n", body: ""),
    .init("no length, no body", "POST /a HTTP/1.1\r\nHost: x\r\n\r\n", body: ""),
    .init("body of a GET", "GET /a HTTP/1.1\r\nHost: x\r\nContent-Length: 5\r\n\r\nhello", body: "hello"),
]

private let lines: [SmugglingCase] = [
    .init("line feed ends the request line", "GET /a HTTP/1.1\nHost: x\r\n\r\n", 400),
    .init("line feed ends a field", fields: "A: b\nContent-Length: 5\r\n", 400),
    .init("line feeds end the header", "GET /a HTTP/1.1\r\nHost: x\n\n", 400),
    .init("carriage return inside a value", fields: "A: b\rContent-Length: 5\r\n", 400),
    .init("carriage return inside the request line", "GET /a\r HTTP/1.1\r\nHost: x\r\n\r\n", 400),
    .init("two carriage returns", "GET /a HTTP/1.1\r\r\nHost: x\r\n\r\n", 400),
    .init("carriage return ends the header", "GET /a HTTP/1.1\r\nHost: x\r\n\rX", 400),
    .init("folded field", fields: "A: b\r\n c\r\n", 400),
    .init("folded with tab", fields: "Transfer-Encoding:\r\n\tchunked\r\n", 400),
    .init("blank before the first field", "GET /a HTTP/1.1\r\n Host: x\r\n\r\n", 400),
    .init("no colon", fields: "Content-Length 5\r\n", 400),
    .init("empty name", fields: ": 5\r\n", 400),
    .init("name with blank", fields: "Content Length: 5\r\n", 400),
    .init("name with NUL", fields: "Content-Length\0: 5\r\n", 400),
    .init("name with high byte", fields: "Contént-Length: 5\r\n", 400),
    .init("name with parenthesis", fields: "A(b): c\r\n", 400),
    .init("value with NUL", fields: "A: b\0c\r\n", 400),
    .init("value with escape", fields: "A: \u{1B}[0m\r\n", 400),
    .init("value with DEL", fields: "A: b\u{7F}\r\n", 400),
    .init("two empty lines first", "\r\n\r\nGET /a HTTP/1.1\r\nHost: x\r\n\r\n", 400),
    .init("one empty line first", "\r\nGET /a HTTP/1.1\r\nHost: x\r\n\r\n", body: ""),
    .init("blank first", " GET /a HTTP/1.1\r\nHost: x\r\n\r\n", 400),
    .init("two blanks", "GET  /a HTTP/1.1\r\nHost: x\r\n\r\n", 400),
    .init("tab for a blank", "GET\t/a HTTP/1.1\r\nHost: x\r\n\r\n", 400),
    .init("blank after the version", "GET /a HTTP/1.1 \r\nHost: x\r\n\r\n", 400),
    .init("blank in the target", "GET /a b HTTP/1.1\r\nHost: x\r\n\r\n", 400),
    .init("method with a colon", "GET: /a HTTP/1.1\r\nHost: x\r\n\r\n", 400),
    .init("no version (HTTP/0.9)", "GET /a\r\n", 400),
    .init("version in lower case", "GET /a http/1.1\r\nHost: x\r\n\r\n", 400),
    .init("version of two digits", "GET /a HTTP/1.10\r\nHost: x\r\n\r\n", 400),
    .init("version without minor", "GET /a HTTP/1\r\nHost: x\r\n\r\n", 400),
    .init("version with signs", "GET /a HTTP/+.1\r\nHost: x\r\n\r\n", 400),
    .init("HTTP/1.2", "GET /a HTTP/1.2\r\nHost: x\r\n\r\n", 505),
    .init("HTTP/0.9 said aloud", "GET /a HTTP/0.9\r\nHost: x\r\n\r\n", 505),
    .init("HTTP/2 preface", "PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n", 505),
    .init("TLS hello", "\u{16}\u{03}\u{01}\u{02}", 400),
    .init("methods keep their case", "get /a HTTP/1.1\r\nHost: x\r\n\r\n", body: ""),
]

private let hosts: [SmugglingCase] = [
    .init("no Host", "GET /a HTTP/1.1\r\n\r\n", 400),
    .init("two Hosts", "GET /a HTTP/1.1\r\nHost: x\r\nHost: x\r\n\r\n", 400),
    .init("two Hosts in HTTP/1.0", "GET /a HTTP/1.0\r\nHost: x\r\nhost: y\r\n\r\n", 400),
    .init("empty Host", "GET /a HTTP/1.1\r\nHost:\r\n\r\n", 400),
    .init("Host with path", "GET /a HTTP/1.1\r\nHost: x/health?\r\n\r\n", 400),
    .init("Host with user", "GET /a HTTP/1.1\r\nHost: y@x\r\n\r\n", 400),
    .init("Host with blank", "GET /a HTTP/1.1\r\nHost: x y\r\n\r\n", 400),
    .init("Host list", "GET /a HTTP/1.1\r\nHost: x, y\r\n\r\n", 400),
    .init("Host with letters for a port", "GET /a HTTP/1.1\r\nHost: x:http\r\n\r\n", 400),
    .init("Host with long port", "GET /a HTTP/1.1\r\nHost: x:123456\r\n\r\n", 400),
    .init("Host with open bracket", "GET /a HTTP/1.1\r\nHost: [::1\r\n\r\n", 400),
    .init("Host of an IPv6 address", "GET /a HTTP/1.1\r\nHost: [::1]:8080\r\n\r\n", body: ""),
    .init("no Host in HTTP/1.0", "GET /a HTTP/1.0\r\n\r\n", body: ""),
]

private let chunks: [SmugglingCase] = [
    .init("empty size", chunks: "\r\n\r\n", 400),
    .init("size with plus", chunks: "+5\r\nhello\r\n0\r\n\r\n", 400),
    .init("negative size", chunks: "-1\r\n", 400),
    .init("size with 0x", chunks: "0x5\r\nhello\r\n0\r\n\r\n", 400),
    .init("size with h", chunks: "5h\r\nhello\r\n0\r\n\r\n", 400),
    .init("blank before the size", chunks: " 5\r\nhello\r\n0\r\n\r\n", 400),
    .init("blank after the size", chunks: "5 \r\nhello\r\n0\r\n\r\n", 400),
    .init("tab after the size", chunks: "5\t;a\r\nhello\r\n0\r\n\r\n", 400),
    .init("underscore in the size", chunks: "1_0\r\n", 400),
    .init("size of seventeen digits", chunks: "00000000000000005\r\nhello\r\n0\r\n\r\n", 400),
    .init("size that wraps to five", chunks: "10000000000000005\r\nhello\r\n0\r\n\r\n", 400),
    .init("largest size", chunks: "ffffffffffffffff\r\n", 413),
    .init("size with the sign bit", chunks: "8000000000000000\r\n", 413),
    .init("line feed ends the size", chunks: "5\nhello\r\n0\r\n\r\n", 400),
    .init("carriage return ends the size", chunks: "5\rhello\r\n0\r\n\r\n", 400),
    .init("line feed in an extension", chunks: "5;a\nb\r\nhello\r\n0\r\n\r\n", 400),
    .init("carriage return in an extension", chunks: "5;a\rb\r\nhello\r\n0\r\n\r\n", 400),
    .init("high byte in an extension", chunks: "5;é\r\nhello\r\n0\r\n\r\n", 400),
    .init("extension without a name", chunks: "5;\r\nhello\r\n0\r\n\r\n", 400),
    .init("extension without a value", chunks: "5;a=\r\nhello\r\n0\r\n\r\n", 400),
    .init("extension without its semicolon", chunks: "5;a b\r\nhello\r\n0\r\n\r\n", 400),
    .init("extension with an open quote", chunks: "5;a=\"b\r\nhello\r\n0\r\n\r\n", 400),
    .init("extension with an open escape", chunks: "5;a=\"b\\\"\r\nhello\r\n0\r\n\r\n", 400),
    .init("extension with something behind its quote", chunks: "5;a=\"b\"c\r\nhello\r\n0\r\n\r\n", 400),
    .init("blank behind an extension", chunks: "5;a \r\nhello\r\n0\r\n\r\n", 400),
    .init(
        "extensions of every kind", chunks: "5;a; b=c ;d = \"e; \\\" f\";g\r\nhello\r\n0;z\r\n\r\n", body: "hello"),
    .init("data longer than said", chunks: "5\r\nhello!\r\n0\r\n\r\n", 400),
    .init("data without its end", chunks: "5\r\nhello0\r\n\r\n", 400),
    .init("line feed after the data", chunks: "5\r\nhello\n0\r\n\r\n", 400),
    .init("two bytes of anything after the data", chunks: "5\r\nhelloXX0\r\n\r\n", 400),
    .init("folded trailer", chunks: "0\r\nA: b\r\n c\r\n\r\n", 400),
    .init("trailer without colon", chunks: "0\r\nGET /admin HTTP/1.1\r\n\r\n", 400),
    .init("line feeds end the trailers", chunks: "0\r\n\n", 400),
    .init("several zeros end", chunks: "1\r\na\r\n000\r\n\r\n", body: "a"),
    .init(
        "upper and lower case", chunks: "a\r\n0123456789\r\nB\r\n0123456789a\r\n0\r\n\r\n",
        body: "01234567890123456789a"),
    .init("trailer that names a length", chunks: "0\r\nContent-Length: 30\r\n\r\n", body: ""),
]

@Suite struct `Request smuggling` {
    private static let next = Array("GET /next HTTP/1.1\r\nHost: x\r\n\r\n".utf8)

    @Test(arguments: framing + lines + hosts + chunks)
    func `has one reading`(smuggling: SmugglingCase) throws {
        let found = actions(smuggling.bytes + Self.next)
        if let status = smuggling.status {
            // The refusal is the last word: the request behind it is never seen.
            #expect(found.map(\.status) == [status])
        } else {
            try #require(found.count == 2)
            #expect(found[0].request?.body == Array(smuggling.body.utf8))
            #expect(found[1].request?.path == "/next")
        }
        #expect(actions(smuggling.bytes + Self.next, pieces: [1]) == found)
    }

    @Test func `is a table of some length`() {
        #expect((framing + lines + hosts + chunks).count >= 60)
    }
}
