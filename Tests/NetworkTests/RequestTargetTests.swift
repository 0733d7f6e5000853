// RequestTargetTests.swift — paths and queries, decoded once and no further.

import Network
import Testing

@Suite struct `Request target` {
    private func parse(_ target: String, method: String = "GET", host: String = "h") -> HTTPParser.Action? {
        actions("\(method) \(target) HTTP/1.1\r\nHost: \(host)\r\n\r\n").first
    }

    @Test(
        arguments: [
            ("/", "/"), ("/v1/models", "/v1/models"), ("/a%20b", "/a b"), ("/a+b", "/a+b"), ("/%2541", "/%41"),
            ("/org%2Fname", "/org/name"), ("/%E2%82%AC", "/€"), ("/a?", "/a"), ("/../etc", "/../etc"), ("//x", "//x"),
            ("http://h", "/"), ("http://h/p?q", "/p"), ("HTTP://H/p", "/p"), ("https://h/p", "/p"),
            ("http://h?q=1", "/"),
        ])
    func `decodes the path once`(target: String, path: String) {
        #expect(parse(target)?.request?.path == path)
        #expect(parse(target)?.request?.target == target)
    }

    @Test func `decodes the query like a form`() throws {
        let request = try #require(parse("/s?q=a+b%26c&&k=%C3%A9&flag&e=&=v&q=two%3D2=3&u=?/")?.request)
        let expected = [
            ("q", "a b&c"), ("k", "é"), ("flag", ""), ("e", ""), ("", "v"), ("q", "two=2=3"), ("u", "?/"),
        ]
        #expect(request.query.map(\.name) == expected.map(\.0))
        #expect(request.query.map(\.value) == expected.map(\.1))
        #expect(request.queryValue("q") == "a b&c")
    }

    @Test(
        arguments: [
            "/%", "/%4", "/%4g", "/%zz", "/%00", "/%0d%0a", "/%7F", "/%ff", "/%C3", "/%c0%af", "/%ED%A0%80", "/a?b=%",
            "/a?%00=1", "/a?b=%FE", "/#x", "/a\u{7F}", "/é", "v1/models", "ftp://h/", "http:/h/", "http:///p", "*",
            "h:80",
            "?q", "http://other/p", "http://h:81/p", "http://user@h/p",
        ])
    func `refuses`(target: String) {
        #expect(parse(target)?.status == 400)
    }

    @Test func `takes an absolute target whose host is the Host field's`() {
        #expect(parse("http://Ex.com:8080/p", host: "eX.com:8080")?.request?.path == "/p")
        #expect(parse("http://ex.com/p", host: "ex.com:80")?.status == 400)
    }

    @Test func `takes an asterisk with OPTIONS only, and CONNECT never`() {
        #expect(parse("*", method: "OPTIONS")?.request?.path == "*")
        #expect(parse("h:443", method: "CONNECT")?.status == 501)
        #expect(parse("/x", method: "CONNECT")?.status == 501)
    }
}
