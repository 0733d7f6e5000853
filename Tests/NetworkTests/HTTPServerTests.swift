// HTTPServerTests.swift — the server on real sockets.

import Network
import Testing

@Suite(.serialized) struct `HTTP server` {
    @Test func `answers a request and keeps the connection`() async throws {
        let server = try await EchoServer.start()
        try await LoopThread.blocking {
            let client = try TestClient(port: server.port)
            for round in 0..<3 {
                try client.send("GET /\(round)?a=b HTTP/1.1\r\nHost: x\r\n\r\n")
                let response = try client.response()
                #expect(response.status == 200)
                #expect(response.body == "GET /\(round) ")
            }
        }
        try await server.stop()
    }
}
