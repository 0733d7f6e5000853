// FloodTests.swift — too large, too many, too long.

import Network
import TestSupport
import Testing

extension OnTheLoop {
    @Suite struct `Clients that ask too much` {
        @Test func `refuses a body too large while it is still being sent`() async throws {
            var limits = HTTPLimits()
            limits.bodyBytes = 1000
            let server = try await TestServer.start(limits: limits)
            let client = try TestClient(port: server.port)
            try client.send("POST / HTTP/1.1\r\nHost: x\r\nContent-Length: 3000000\r\n\r\n")
            // The client sends on before it reads: the answer must not be lost to a reset.
            for _ in 0..<30 { try client.send([UInt8](repeating: 0x7A, count: 100_000)) }
            let answer = try client.response()
            #expect(answer.status == 413)
            #expect(answer.body == "413!")
            #expect(answer.header("x-error") == "yes")
            #expect(answer.header("connection") == "close")
            #expect(try client.receiveAll() == "")
            try await server.stop()
        }

        @Test func `bounds the bodies of all connections together`() async throws {
            var limits = HTTPLimits()
            limits.totalBodyBytes = 100_000
            let server = try await TestServer.start(limits: limits)
            func begin() throws -> TestClient {
                let client = try TestClient(port: server.port)
                try client.send("POST / HTTP/1.1\r\nHost: x\r\nContent-Length: 60000\r\n\r\n")
                try client.send([UInt8](repeating: 0x61, count: 59_999))
                return client
            }
            let first = try begin()
            #expect(try await eventually { server.server.bodyBytes == 59_999 })
            let second = try begin()
            #expect(try second.response().status == 503)
            second.close()
            #expect(try await eventually { server.server.bodyBytes == 59_999 })
            try first.send("a")
            #expect(try first.response().status == 200)
            #expect(try await LoopThread.run { server.server.bodyBytes } == 0)
            let third = try begin()
            #expect(try await eventually { server.server.bodyBytes == 59_999 })
            third.close()
            #expect(try await eventually { server.server.bodyBytes == 0 })
            try await server.stop()
        }

        @Test func `a body counts until its answer begins`() async throws {
            var limits = HTTPLimits()
            limits.totalBodyBytes = 100_000
            let held = Held()
            let server = try await TestServer.start(limits: limits) { request, exchange in
                if request.path == "/held" { held.hold(exchange) } else { TestServer.echo(request, exchange) }
            }
            let first = try TestClient(port: server.port)
            try first.send("POST /held HTTP/1.1\r\nHost: x\r\nContent-Length: 60000\r\n\r\n")
            try first.send([UInt8](repeating: 0x61, count: 60_000))
            #expect(try await eventually { server.server.bodyBytes == 60_000 })
            let second = try TestClient(port: server.port)
            try second.send("POST / HTTP/1.1\r\nHost: x\r\nContent-Length: 60000\r\n\r\n")
            try second.send([UInt8](repeating: 0x61, count: 59_999))
            #expect(try second.response().status == 503)
            try await LoopThread.run { held.exchanges[0].beginStream(status: 200, headers: []) }
            #expect(try await eventually { server.server.bodyBytes == 0 })
            try await LoopThread.run {
                held.exchanges[0].finish()
                held.exchanges = []
            }
            try await server.stop()
        }

        @Test func `stops reading when requests pile up behind an answer`() async throws {
            let held = Held()
            let server = try await TestServer.start { request, exchange in
                if request.path == "/first" { held.hold(exchange) } else { TestServer.echo(request, exchange) }
            }
            let client = try TestClient(port: server.port, sendBufferBytes: 8192)
            try client.send("GET /first HTTP/1.1\r\nHost: x\r\n\r\n")
            // Far more than the bound and the sockets' buffers: a client that does not block here has found a hole.
            var sent = 0
            let flood = Array(String(repeating: simpleGet, count: 1000).utf8)
            while sent < 64 << 20 {
                let count = client.sendWhatFits(flood, from: sent % flood.count)
                if count == 0 {
                    try await Task.sleep(for: .milliseconds(20))
                    let more = client.sendWhatFits(flood, from: sent % flood.count)
                    if more == 0 { break }
                    sent += more
                    continue
                }
                sent += count
            }
            #expect(sent < 16 << 20)
            try await LoopThread.run { held.exchanges[0].respond(status: 200, headers: [], body: []) }
            #expect(try client.response().body == "")
            for _ in 0..<sent / simpleGet.utf8.count { _ = try client.response() }
            try await LoopThread.run { held.exchanges = [] }
            try await server.stop()
        }

        @Test func `turns away connections above its limit`() async throws {
            var limits = HTTPLimits()
            limits.maxConnections = 3
            limits.lingerTimeout = .milliseconds(20)
            let server = try await TestServer.start(limits: limits)
            var clients: [TestClient] = []
            for _ in 0..<3 { clients.append(try TestClient(port: server.port)) }
            #expect(try await eventually { server.server.openConnectionCount == 3 })
            let refused = try TestClient(port: server.port)
            try refused.send(simpleGet)
            let answer = try refused.receiveAll()
            #expect(answer.hasPrefix("HTTP/1.1 503 Service Unavailable\r\n"))
            #expect(try await eventually { server.server.openConnectionCount == 3 })
            for client in clients {
                try client.send(simpleGet)
                #expect(try client.response().status == 200)
            }
            clients.removeLast().close()
            #expect(try await eventually { server.server.openConnectionCount == 2 })
            let welcome = try TestClient(port: server.port)
            try welcome.send(simpleGet)
            #expect(try welcome.response().status == 200)
            try await server.stop()
        }

        @Test func `stays upright in a flood of connections`() async throws {
            var limits = HTTPLimits()
            limits.maxConnections = 10
            let server = try await TestServer.start(limits: limits)
            var clients: [TestClient] = []
            for _ in 0..<300 { clients.append(try TestClient(port: server.port)) }
            #expect(try await eventually { server.server.openConnectionCount >= 10 })
            #expect(try await LoopThread.run { server.server.openConnectionCount } <= 10 + 64)
            try clients[0].send(simpleGet)
            #expect(try clients[0].response().status == 200)
            clients = []
            #expect(try await eventually { server.server.openConnectionCount == 0 })
            try await server.stop()
        }

        @Test func `leaves nothing behind after two thousand connections`() async throws {
            #expect(try await loopComesToRest())
            let server = try await TestServer.start { request, exchange in
                if request.path == "/stay" {
                    exchange.onClose = { _ = exchange.isClosed }  // a cycle that closing must break
                    exchange.onBackPressure = { _ in _ = exchange.isClosed }
                } else {
                    TestServer.echo(request, exchange)
                }
            }
            for round in 0..<2000 {
                let client = try TestClient(port: server.port)
                switch round % 4 {
                case 0:
                    try client.send(simpleGet)
                    #expect(try client.response().status == 200)
                case 1: try client.send("GET /stay HTTP/1.1\r\nHost: x\r\n\r\n")
                case 2: try client.send("GET /half")
                default:
                    try client.send("nonsense\r\n")
                    #expect(try client.response().status == 400)
                }
                if round % 3 == 0 { client.reset() } else { client.close() }
            }
            #expect(try await eventually { server.server.openConnectionCount == 0 })
            #expect(try await eventually { HTTPServer.liveObjectCount == 0 })
            try await server.stop()
            #expect(try await loopComesToRest())
        }

        @Test func `keeps two thousand idle connections, and closes them when told`() async throws {
            let server = try await TestServer.start()
            var clients: [TestClient] = []
            for number in 0..<2000 {
                let client = try TestClient(port: server.port)
                if number % 2 == 0 {
                    try client.send(simpleGet)
                    _ = try client.response()
                }
                clients.append(client)
            }
            try clients[1999].send("GET /unfin")
            #expect(try await eventually { server.server.openConnectionCount == 2000 })
            let visitor = try TestClient(port: server.port)
            try visitor.send(simpleGet)
            #expect(try visitor.response().status == 200)
            visitor.close()
            #expect(try await eventually { server.server.openConnectionCount == 2000 })
            try await LoopThread.run { server.server.closeIdleConnections() }
            #expect(try await eventually { server.server.openConnectionCount == 1 })
            try clients[1999].send("ished HTTP/1.1\r\nHost: x\r\n\r\n")
            #expect(try clients[1999].response().body == "GET /unfinished ")
            try await server.stop()
        }
    }
}
