// ResponseHeadTests.swift — header lines as servers send them.

import Download
import Testing

@Suite struct `Headers of an answer` {
    private func head(_ lines: String...) -> ResponseHead {
        var head = ResponseHead()
        for line in lines { head.append(line: line + "\r\n") }
        return head
    }

    @Test func `are found in any case and spacing`() {
        let head = head(
            "HTTP/2 206", "ETag:\"a b\"", "content-LENGTH:  12 ", "Content-Range: bytes 8-19/20", "Retry-After: 3",
            "link: <http://h/a,b>; rel=\"prev\", <http://h/c>; rel=\"next\"", "no colon", ": no name")
        #expect(head.status == 206)
        #expect(head.etag == "\"a b\"")
        #expect(head.contentLength == 12)
        #expect(head.contentRange?.start == 8)
        #expect(head.contentRange?.total == 20)
        #expect(head.retryAfter == "3")
        #expect(head.nextPage == "http://h/c")
    }

    @Test func `begin anew with every status line`() {
        let head = head("HTTP/1.1 100 Continue", "ETag: \"old\"", "", "HTTP/1.1 200 OK", "Content-Length: 1")
        #expect(head.status == 200)
        #expect(head.etag == nil)
        #expect(head.contentLength == 1)
    }

    @Test(arguments: [
        "bytes */20", "bytes 8-19/*", "bytes -1-19/20", "bytes 30-40/20", "8-19/20", "bytes 8/20-30", "bytes a-b/c", "",
        "bytes 99999999999999999999-1/2", "-", "/", "bytes /-",
    ]) func `tell no range that makes no sense`(value: String) {
        #expect(head("HTTP/1.1 206", "Content-Range: " + value).contentRange == nil)
    }

    @Test(arguments: ["HTTP/", "HTTP/1.1", "HTTP/1.1 abc", ""]) func `without a number have status 0`(line: String) {
        #expect(head(line).status == 0)
    }
}
