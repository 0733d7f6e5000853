// BadCompanyTests.swift — clients that leave, stall, drip, flood and overstay.

import Glibc
import Network
import TestSupport
import Testing

extension OnTheLoop {
    @Suite struct `HTTP server in bad company` {
        /// A server whose handler leaves every request open, with what happened to each.
        @EventLoop final class Held {
            var exchanges: [HTTPExchange] = []
            var closedCount = 0
            var backPressure: [Bool] = []
            nonisolated init() {}

            func hold(_ exchange: HTTPExchange) {
                exchanges.append(exchange)
                exchange.onClose = { self.closedCount += 1 }
            }
        }

        /// Writes a long body as fast as back-pressure lets it.
        @EventLoop final class Pump {
            var isPaused = false
            private let exchange: HTTPExchange
            private let total: Int
            private let piece: [UInt8]
            private var written = 0

            init(_ exchange: HTTPExchange, total: Int, piece: [UInt8]) {
                self.exchange = exchange
                self.total = total
                self.piece = piece
            }

            func run() {
                while written < total, !isPaused {
                    written += piece.count
                    exchange.write(piece)
                }
                if written >= total, !isPaused { exchange.finish() }
            }
        }

        // MARK: - Leaving

        @Test(arguments: ["waiting", "streaming"], ["end", "reset", "half-close"])
        func `notices at once that a client is gone`(phase: String, manner: String) async throws {
            let held = Held()
            let server = try await TestServer.start { _, exchange in
                held.hold(exchange)
                if phase == "streaming" {
                    exchange.beginStream(status: 200, headers: [])
                    exchange.write(Array("first".utf8))
                }
            }
            let client = try TestClient(port: server.port)
            try client.send(simpleGet)
            #expect(try await eventually { held.exchanges.count == 1 })
            if phase == "streaming" { _ = try client.receive(until: "first\r\n") }
            #expect(try await LoopThread.run { !held.exchanges[0].isClosed })
            switch manner {
            case "end": client.close()
            case "reset": client.reset()
            default: client.shutdownWriting()
            }
            #expect(try await eventually { held.closedCount == 1 })
            try await LoopThread.run {
                let exchange = held.exchanges[0]
                #expect(exchange.isClosed)
                #expect(exchange.queuedBytes == 0)
                // All of these go nowhere, and none of them is an error.
                if phase == "streaming" {
                    exchange.write(Array("second".utf8))
                    exchange.finish()
                } else {
                    exchange.respond(status: 200, headers: [], body: [])
                }
                exchange.finish()
            }
            #expect(try await eventually { server.server.openConnectionCount == 0 })
            #expect(try await LoopThread.run { held.closedCount } == 1)
            try await LoopThread.run { held.exchanges = [] }
            try await server.stop()
        }

        @Test func `says nothing of clients that leave after the end`() async throws {
            let held = Held()
            let server = try await TestServer.start { request, exchange in
                held.hold(exchange)
                TestServer.echo(request, exchange)
            }
            let client = try TestClient(port: server.port)
            try client.send(simpleGet)
            _ = try client.response()
            client.close()
            #expect(try await eventually { server.server.openConnectionCount == 0 })
            #expect(try await LoopThread.run { held.closedCount } == 0)
            try await LoopThread.run { held.exchanges = [] }
            try await server.stop()
        }

        @Test func `serves a client that has said all and shut its side`() async throws {
            let server = try await TestServer.start()
            let client = try TestClient(port: server.port)
            // In one segment train, so that the answer is ready before the end of stream is read.
            try client.send("POST / HTTP/1.1\r\nHost: x\r\nContent-Length: 1\r\n\r\n")
            try await Task.sleep(for: .milliseconds(1))
            try client.send("a")
            client.shutdownWriting()
            #expect(try client.receiveAll().hasSuffix("POST / a"))
            try await server.stop()
        }

        // MARK: - Reading slowly

        @Test func `slows down for a slow reader and goes on when it reads`() async throws {
            let held = Held()
            let total = 8 << 20
            let piece = [UInt8](repeating: 0x61, count: 4096)
            let server = try await TestServer.start { _, exchange in
                let pump = Pump(exchange, total: total, piece: piece)
                held.hold(exchange)
                exchange.onBackPressure = { pressed in
                    held.backPressure.append(pressed)
                    pump.isPaused = pressed
                    if !pressed { pump.run() }
                }
                exchange.beginStream(status: 200, headers: [])
                pump.run()
            }
            let client = try TestClient(port: server.port, receiveBufferBytes: 8192)
            try client.send(simpleGet)
            #expect(try await eventually { held.backPressure == [true] })
            try await LoopThread.run {
                #expect(held.exchanges[0].queuedBytes > 64 * 1024)
                #expect(held.exchanges[0].queuedBytes < 80 * 1024)
            }
            let head = try client.receive(until: "\r\n\r\n")
            #expect(head.hasPrefix("HTTP/1.1 200"))
            let frame = Array("1000\r\n".utf8) + piece + [13, 10]
            for _ in 0..<total / piece.count {
                if try client.receive(exactly: frame.count) != frame {
                    Issue.record("a chunk came out wrong")
                    break
                }
            }
            #expect(try client.receive(exactly: 5) == Array("0\r\n\r\n".utf8))
            let pressed = try await LoopThread.run { held.backPressure }
            #expect(pressed.count >= 2)
            #expect(pressed.enumerated().allSatisfy { $0.element == ($0.offset % 2 == 0) })
            #expect(try await LoopThread.run { held.closedCount } == 0)
            try await LoopThread.run { held.exchanges = [] }
            try await server.stop()
        }

        @Test func `gives up on a reader that takes nothing`() async throws {
            var limits = HTTPLimits()
            limits.writeStallTimeout = .milliseconds(80)
            let held = Held()
            let server = try await TestServer.start(limits: limits) { _, exchange in
                held.hold(exchange)
                exchange.beginStream(status: 200, headers: [])
                exchange.write([UInt8](repeating: 0x61, count: 16 << 20))
            }
            let client = try TestClient(port: server.port, receiveBufferBytes: 8192)
            try client.send(simpleGet)
            #expect(try await eventually { held.closedCount == 1 })
            #expect(try await eventually { server.server.openConnectionCount == 0 })
            try await LoopThread.run { held.exchanges = [] }
            client.close()
            try await server.stop()
        }

        @Test func `waits for a reader that is slow but alive`() async throws {
            var limits = HTTPLimits()
            limits.writeStallTimeout = .seconds(2)
            limits.lingerTimeout = .milliseconds(50)
            limits.idleTimeout = .milliseconds(50)
            let total = 6 << 20
            let server = try await TestServer.start(limits: limits) { _, exchange in
                exchange.respond(status: 200, headers: [], body: [UInt8](repeating: 0x61, count: total))
            }
            // Both time-outs that begin at the end of a response must wait for the queue to empty.
            for closing in ["", "Connection: close\r\n"] {
                let client = try TestClient(port: server.port, receiveBufferBytes: 8192)
                try client.send("GET / HTTP/1.1\r\nHost: x\r\n\(closing)\r\n")
                _ = try client.receive(until: "\r\n\r\n")
                try await Task.sleep(for: .milliseconds(300))
                #expect(try client.receive(exactly: total).count == total)
            }
            try await server.stop()
        }

        @Test func `begins no new request for a client that does not read its answers`() async throws {
            let handled = Recorder<Int>()
            let body = [UInt8](repeating: 0x62, count: 32 * 1024)
            let server = try await TestServer.start { _, exchange in
                handled.events.append(1)
                exchange.respond(status: 200, headers: [], body: body)
            }
            let client = try TestClient(port: server.port, receiveBufferBytes: 8192)
            let count = 1000
            try client.send(String(repeating: simpleGet, count: count))
            #expect(try await eventually { handled.events.count > 2 })
            try await Task.sleep(for: .milliseconds(50))
            // 32 MB were asked for; sockets and queue hold a fraction of it.
            let handledUnread = try await LoopThread.run { handled.events.count }
            #expect(handledUnread < count / 8)
            for _ in 0..<count { _ = try client.response() }
            #expect(try await LoopThread.run { handled.events.count } == count)
            try await server.stop()
        }

        // MARK: - Writing slowly

        @Test func `refuses a header that drips`() async throws {
            var limits = HTTPLimits()
            limits.headerTimeout = .milliseconds(100)
            let server = try await TestServer.start(limits: limits)
            let client = try TestClient(port: server.port)
            try client.send("GET / HTTP/1.1\r\nHost: x\r\nX: ")
            // Each byte comes in time, the header does not. The refusal must not wait for the dripping to end.
            var drops = 0
            while !client.hasInput, drops < 1000 {
                try client.send("y")
                drops += 1
                try await Task.sleep(for: .milliseconds(5))
            }
            #expect(drops < 1000)
            let answer = try client.receiveAll()
            #expect(answer.hasPrefix("HTTP/1.1 408 Request Timeout\r\n"))
            #expect(answer.contains("connection: close\r\n"))
            try await server.stop()
        }

        @Test func `refuses a body that never ends`() async throws {
            var limits = HTTPLimits()
            limits.bodyTimeout = .milliseconds(100)
            let server = try await TestServer.start(limits: limits)
            let client = try TestClient(port: server.port)
            try client.send("POST / HTTP/1.1\r\nHost: x\r\nContent-Length: 10\r\n\r\nabc")
            #expect(try client.receiveAll().hasPrefix("HTTP/1.1 408 Request Timeout\r\n"))
            try await server.stop()
        }

        @Test func `gives each request of a connection its own time`() async throws {
            var limits = HTTPLimits()
            limits.headerTimeout = .milliseconds(1500)
            let server = try await TestServer.start(limits: limits)
            let client = try TestClient(port: server.port)
            let half = simpleGet.count / 2
            try client.send(String(simpleGet.prefix(half)))
            // The end of each request comes together with the beginning of the next; all in all they take longer than one
            // may.
            for _ in 0..<5 {
                try await Task.sleep(for: .milliseconds(350))
                try client.send(String(simpleGet.dropFirst(half)) + String(simpleGet.prefix(half)))
                #expect(try client.response().status == 200)
            }
            try await server.stop()
        }

        @Test func `closes an idle connection without a word`() async throws {
            var limits = HTTPLimits()
            limits.idleTimeout = .milliseconds(50)
            let server = try await TestServer.start(limits: limits)
            let silent = try TestClient(port: server.port)
            #expect(try silent.receiveAll() == "")
            let spoken = try TestClient(port: server.port)
            try spoken.send(simpleGet)
            _ = try spoken.response()
            #expect(try spoken.receiveAll() == "")
            try await server.stop()
        }

        // MARK: - Too much

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
