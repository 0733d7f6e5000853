// EchoServer.swift — a server for tests: answers with what it was asked.

import Network

/// Starts servers on free ports and stops them cleanly.
struct EchoServer: Sendable {
    let server: HTTPServer
    let port: Int

    static func start(
        limits: HTTPLimits = HTTPLimits(), handler: @escaping HTTPServer.Handler = Self.echo
    ) async throws -> EchoServer {
        try await LoopThread.run {
            let server = try HTTPServer(
                host: "127.0.0.1", port: 0, limits: limits,
                errorBody: { status, message in
                    (headers: [("content-type", "text/plain")], body: Array("\(status): \(message)".utf8))
                }, handler: handler)
            return EchoServer(server: server, port: server.boundPort)
        }
    }

    /// Method, path and body, in one line.
    @EventLoop static func echo(_ request: HTTPRequest, _ exchange: HTTPExchange) {
        let text = Array("\(request.method) \(request.path) ".utf8) + request.body
        exchange.respond(status: 200, headers: [("content-type", "text/plain")], body: text)
    }

    func stop() async throws {
        try await LoopThread.run {
            server.stopListening()
            server.closeAllConnections()
        }
    }
}
