// HTTPRequest.swift — one whole request, as handlers see it.
// Network › HTTP.  RFC 9110 and RFC 9112.

package enum HTTPVersion: String, Sendable, Equatable {
    case http10 = "HTTP/1.0"
    case http11 = "HTTP/1.1"
}

/// A request that has passed every check of `HTTPParser`; its body is complete.
package struct HTTPRequest: Sendable {
    /// A token in the client's own case: methods are case-sensitive.
    package var method: String
    /// The target as it came, for logs: visible ASCII only. Never decide by it; decide by `path`.
    package var target: String
    /// The target's path, percent-decoded once, valid UTF-8, without control characters.
    ///
    /// `%2F` decodes to a slash like any other; dot segments are not resolved, so `/v1/../x` is simply not `/x`.
    /// `*` for `OPTIONS *`.
    package var path: String
    /// The query's parameters in order, names and values decoded (`+` is a blank, as in forms).
    package var query: [(name: String, value: String)]
    package var version: HTTPVersion
    package var headers: HTTPHeaders
    package var body: [UInt8]
    /// The peer's IP address without its port; empty when the parser stands alone.
    package var remoteAddress: String

    package init(
        method: String, target: String, path: String, query: [(name: String, value: String)] = [],
        version: HTTPVersion = .http11, headers: HTTPHeaders = HTTPHeaders(), body: [UInt8] = [],
        remoteAddress: String = ""
    ) {
        self.method = method
        self.target = target
        self.path = path
        self.query = query
        self.version = version
        self.headers = headers
        self.body = body
        self.remoteAddress = remoteAddress
    }

    /// The first query parameter of that name.
    package func queryValue(_ name: String) -> String? { query.first { $0.name == name }?.value }

    /// Whether the client wants the connection to go on after the response (RFC 9112, section 9.3).
    package var wantsKeepAlive: Bool {
        let options = headers.listMembers("connection")
        if options.contains("close") { return false }
        return version == .http11 || options.contains("keep-alive")
    }
}

extension HTTPRequest: Equatable {
    package static func == (left: HTTPRequest, right: HTTPRequest) -> Bool {
        left.method == right.method && left.target == right.target && left.path == right.path
            && left.query.elementsEqual(right.query) { $0 == $1 }
            && left.version == right.version && left.headers == right.headers && left.body == right.body
            && left.remoteAddress == right.remoteAddress
    }
}

/// Why a request is refused by the protocol itself. The connection is closed after the answer.
package struct HTTPRejection: Error, Equatable, Sendable {
    package let status: Int
    /// One line for the client: what is wrong, and with what.
    package let message: String

    package init(_ status: Int, _ message: String) {
        self.status = status
        self.message = message
    }
}
