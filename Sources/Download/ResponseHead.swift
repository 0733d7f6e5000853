// ResponseHead.swift — the status and the few headers of an answer that a download looks at.
// Download.

/// Filled line by line as the library hands headers over.
package struct ResponseHead: Equatable {
    package private(set) var status = 0
    package private(set) var etag: String?
    package private(set) var contentLength: Int?
    /// Of a 206: where the bytes begin, and the size of the whole.
    package private(set) var contentRange: (start: Int, total: Int)?
    package private(set) var retryAfter: String?
    /// The URL that `Link` marks as the next page.
    package private(set) var nextPage: String?
    /// Where a redirect leads, absolute. Set when the answer is over.
    package var redirectURL: String?

    var isSuccess: Bool { status == 200 || status == 206 }
    var isRedirect: Bool { [301, 302, 303, 307, 308].contains(status) }

    package init() {}

    /// Takes one header line. A status line starts over: an interim answer (100) or a proxy's comes before the real one.
    package mutating func append(line: String) {
        if line.hasPrefix("HTTP/") {
            self = ResponseHead()
            let words = ResponseHead.trimmed(line[...]).split(separator: " ")
            status = words.count > 1 ? Int(words[1]) ?? 0 : 0
            return
        }
        guard let colon = line.utf8.firstIndex(of: UInt8(ascii: ":")) else { return }
        let value = ResponseHead.trimmed(line[line.utf8.index(after: colon)...])
        switch line[..<colon].lowercased() {
        case "etag": etag = value
        case "content-length": contentLength = Int(value)
        case "content-range": contentRange = ResponseHead.range(value)
        case "retry-after": retryAfter = value
        case "link": nextPage = ResponseHead.next(value)
        default: break
        }
    }

    /// `bytes 100-199/200`; nil for anything else, an unknown total included.
    private static func range(_ value: String) -> (start: Int, total: Int)? {
        guard value.hasPrefix("bytes "), let dash = value.firstIndex(of: "-"), let slash = value.firstIndex(of: "/"),
            dash < slash, let start = Int(value[..<dash].dropFirst(6)), start >= 0,
            let total = Int(value[value.index(after: slash)...]), total >= start
        else { return nil }
        return (start, total)
    }

    /// The URL in `<URL>; rel="next"`, the one kind of link that the hub sends.
    private static func next(_ value: String) -> String? {
        for part in value.split(separator: ",") where part.contains("rel=\"next\"") {
            if let open = part.firstIndex(of: "<"), let close = part.firstIndex(of: ">"), open < close {
                return String(part[part.index(after: open)..<close])
            }
        }
        return nil
    }

    private static func trimmed(_ text: Substring) -> String {
        var text = text
        while let first = text.first, first.isWhitespace { text.removeFirst() }
        while let last = text.last, last.isWhitespace { text.removeLast() }
        return String(text)
    }

    package static func == (a: ResponseHead, b: ResponseHead) -> Bool {
        a.status == b.status && a.etag == b.etag && a.contentLength == b.contentLength
            && a.contentRange?.start == b.contentRange?.start && a.contentRange?.total == b.contentRange?.total
            && a.retryAfter == b.retryAfter && a.nextPage == b.nextPage && a.redirectURL == b.redirectURL
    }
}
