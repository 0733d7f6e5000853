// RequestTarget.swift — what a request is aimed at: path and query out of the request line's middle.
// Network › HTTP.  RFC 9112, section 3.2; RFC 3986, section 2.1.

/// A request target, taken apart and decoded.
struct RequestTarget: Sendable {
    var path: String
    var query: [(name: String, value: String)]
    /// The host of an absolute-form target, to be held against the Host field.
    var authority: ArraySlice<UInt8>?

    /// No target yet.
    static let none = RequestTarget(path: "", query: [], authority: nil)

    private init(path: String, query: [(name: String, value: String)], authority: ArraySlice<UInt8>?) {
        self.path = path
        self.query = query
        self.authority = authority
    }

    /// Accepts the forms an origin server meets:
    ///
    ///     /v1/models?limit=3            origin-form
    ///     http://host/v1/models         absolute-form: the same, and `host` must be what the Host field says
    ///     *                             asterisk-form, with OPTIONS only
    ///
    /// Authority-form belongs to CONNECT, that is to proxies: 501. All else is 400.
    init(_ bytes: ArraySlice<UInt8>, method: String) throws(HTTPRejection) {
        if method == "CONNECT" { throw HTTPRejection(501, "CONNECT is for proxies; this is a server") }
        if bytes.elementsEqual("*".utf8) {
            guard method == "OPTIONS" else { throw HTTPRejection(400, "target * goes with OPTIONS only") }
            path = "*"
            query = []
            return
        }
        var rest = bytes
        if rest.first != UInt8(ascii: "/") {
            rest = try Self.afterScheme(rest)
            let end = rest.firstIndex { $0 == UInt8(ascii: "/") || $0 == UInt8(ascii: "?") } ?? rest.endIndex
            authority = rest[..<end]
            rest = rest[end...]
        }
        let mark = rest.firstIndex(of: UInt8(ascii: "?")) ?? rest.endIndex
        let decoded = try Self.decode(rest[..<mark], plusIsBlank: false)
        path = decoded.isEmpty ? "/" : decoded
        query = try Self.parseQuery(rest[mark...].dropFirst())
    }

    private static func afterScheme(_ bytes: ArraySlice<UInt8>) throws(HTTPRejection) -> ArraySlice<UInt8> {
        if bytes.prefix(7).equalsIgnoringCase("http://") { return bytes.dropFirst(7) }
        if bytes.prefix(8).equalsIgnoringCase("https://") { return bytes.dropFirst(8) }
        throw HTTPRejection(400, "the target must begin with / or http://")
    }

    private static func parseQuery(_ bytes: ArraySlice<UInt8>) throws(HTTPRejection) -> [(name: String, value: String)]
    {
        var items: [(name: String, value: String)] = []
        for item in bytes.split(separator: UInt8(ascii: "&")) {
            let mark = item.firstIndex(of: UInt8(ascii: "=")) ?? item.endIndex
            items.append(
                (
                    name: try decode(item[..<mark], plusIsBlank: true),
                    value: try decode(item[mark...].dropFirst(), plusIsBlank: true)
                ))
        }
        return items
    }

    /// Decodes each `%XX` exactly once.
    private static func decode(_ bytes: ArraySlice<UInt8>, plusIsBlank: Bool) throws(HTTPRejection) -> String {
        var decoded: [UInt8] = []
        decoded.reserveCapacity(bytes.count)
        var index = bytes.startIndex
        while index < bytes.endIndex {
            var byte = bytes[index]
            if byte == UInt8(ascii: "%") {
                guard bytes.endIndex - index > 2, let high = bytes[index + 1].hexDigitValue,
                    let low = bytes[index + 2].hexDigitValue
                else { throw HTTPRejection(400, "the target has a % without two hexadecimal digits") }
                byte = UInt8(high << 4 | low)
                index += 2
                guard byte >= 0x20, byte != 0x7F else {
                    throw HTTPRejection(400, "the target has an encoded control character")
                }
            } else if byte == UInt8(ascii: "+"), plusIsBlank {
                byte = .space
            }
            decoded.append(byte)
            index += 1
        }
        guard let text = String(validating: decoded, as: UTF8.self) else {
            throw HTTPRejection(400, "the target does not decode to UTF-8")
        }
        return text
    }
}
