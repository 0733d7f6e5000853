// ClientRequest.swift — one HTTP request, as a load generator sends it.
// LoadGeneration › Client.

package struct ClientRequest: Sendable {
    package let url: String
    /// `name: value` each.
    package var headers: [String]
    /// A request with a body is a POST, one without a GET.
    package var body: [UInt8]?
    /// For the whole exchange, streamed response included.
    package var timeoutSeconds: Double

    package init(url: String, headers: [String] = [], body: [UInt8]? = nil, timeoutSeconds: Double = 600) {
        self.url = url
        self.headers = headers
        self.body = body
        self.timeoutSeconds = timeoutSeconds
    }
}
