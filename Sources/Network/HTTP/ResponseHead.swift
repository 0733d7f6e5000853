// ResponseHead.swift — status line and fields of a response, as bytes.
// Network › HTTP.  RFC 9112, sections 4 and 6.

/// Everything of a response before its body. How the body ends is decided here, never by a handler.
struct ResponseHead {
    enum Framing: Equatable {
        /// `Content-Length`.
        case length(Int)
        /// `Transfer-Encoding: chunked`.
        case chunked
        /// The body ends with the connection: streams to HTTP/1.0 clients.
        case untilClose
        /// Statuses that have no body: 1xx, 204, 304.
        case none
    }

    var status: Int
    /// Fields of the handler's. Framing and connection fields among them are left out: they are decided here.
    var headers: [(String, String)]
    var framing: Framing
    /// What the `Connection` field says, where the version needs it said.
    var keepsAlive: Bool
    var version: HTTPVersion
    var date: String

    static func hasBody(_ status: Int) -> Bool { status >= 200 && status != 204 && status != 304 }

    func render() -> [UInt8] {
        // The answer to HTTP/1.0 also says 1.1: a server states its own version, and such clients expect it.
        var text = "HTTP/1.1 \(status) \(Self.reason(status))\r\n"
        for (name, value) in headers where !Self.reserved.contains(name.lowercased()) {
            text += "\(Self.harmless(name)): \(Self.harmless(value))\r\n"
        }
        text += "date: \(date)\r\n"
        switch framing {
        case .length(let count): text += "content-length: \(count)\r\n"
        case .chunked: text += "transfer-encoding: chunked\r\n"
        case .untilClose, .none: break
        }
        if !keepsAlive {
            text += "connection: close\r\n"
        } else if version == .http10 {
            text += "connection: keep-alive\r\n"
        }
        text += "\r\n"
        return Array(text.utf8)
    }

    private static let reserved: Set<String> = ["content-length", "transfer-encoding", "connection", "date"]

    /// A value that came from a client (a request id, a model's name) must not be able to end its line.
    private static func harmless(_ text: String) -> String {
        guard text.utf8.contains(where: { !$0.isFieldValueCharacter }) else { return text }
        return String(decoding: text.utf8.map { $0.isFieldValueCharacter ? $0 : .space }, as: UTF8.self)
    }

    /// The standard's phrase for a status; empty for one it does not know.
    static func reason(_ status: Int) -> StaticString {
        switch status {
        case 100: "Continue"
        case 200: "OK"
        case 201: "Created"
        case 202: "Accepted"
        case 204: "No Content"
        case 301: "Moved Permanently"
        case 302: "Found"
        case 304: "Not Modified"
        case 307: "Temporary Redirect"
        case 308: "Permanent Redirect"
        case 400: "Bad Request"
        case 401: "Unauthorized"
        case 403: "Forbidden"
        case 404: "Not Found"
        case 405: "Method Not Allowed"
        case 406: "Not Acceptable"
        case 408: "Request Timeout"
        case 409: "Conflict"
        case 411: "Length Required"
        case 413: "Content Too Large"
        case 414: "URI Too Long"
        case 415: "Unsupported Media Type"
        case 417: "Expectation Failed"
        case 422: "Unprocessable Content"
        case 429: "Too Many Requests"
        case 431: "Request Header Fields Too Large"
        case 500: "Internal Server Error"
        case 501: "Not Implemented"
        case 503: "Service Unavailable"
        case 504: "Gateway Timeout"
        case 505: "HTTP Version Not Supported"
        default: ""
        }
    }
}
