// EchoServer.swift — servers for tests, on free ports.

import Network
import TestSupport

/// One server, and the way to be rid of it.
struct TestServer: Sendable {
    let server: HTTPServer
    let port: Int

    static func start(
        limits: HTTPLimits = HTTPLimits(), host: String = "127.0.0.1", handler: @escaping HTTPServer.Handler = echo
    ) async throws -> TestServer {
        try await LoopThread.run {
            let server = try HTTPServer(
                host: host, port: 0, limits: limits,
                errorBody: { status, message in
                    (headers: [("content-type", "text/plain"), ("x-error", "yes")], body: Array("\(status)!".utf8))
                }, handler: handler)
            return TestServer(server: server, port: server.boundPort)
        }
    }

    /// Method, path and body, in one line.
    @EventLoop static func echo(_ request: HTTPRequest, _ exchange: HTTPExchange) {
        let text = Array("\(request.method) \(request.path) ".utf8) + request.body
        exchange.respond(status: 200, headers: [("content-type", "text/plain")], body: text)
    }

    /// Closes everything and waits for it.
    func stop() async throws {
        try await LoopThread.run {
            server.stopListening()
            server.closeAllConnections()
        }
        _ = try await eventually { server.openConnectionCount == 0 }
    }
}

let simpleGet = "GET / HTTP/1.1\r\nHost: x\r\n\r\n"
