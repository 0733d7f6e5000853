// SlowReaderTests.swift — clients that read slowly, or not at all.

import Network
import TestSupport
import Testing

extension OnTheLoop {
    @Suite struct `Clients that read slowly` {
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

        @Test func `lets a reader take longer than a stall may last`() async throws {
            var limits = HTTPLimits()
            limits.writeStallTimeout = .milliseconds(1500)
            let total = 4 << 20
            let server = try await TestServer.start(limits: limits) { _, exchange in
                exchange.respond(status: 200, headers: [], body: [UInt8](repeating: 0x61, count: total))
            }
            let client = try TestClient(port: server.port, receiveBufferBytes: 8192)
            try client.send(simpleGet)
            _ = try client.receive(until: "\r\n\r\n")
            var received = 0
            while received < total {
                let count = try client.receive(exactly: min(64 * 1024, total - received)).count
                received += count
                try await Task.sleep(for: .milliseconds(40))
            }
            try await server.stop()
        }

        @Test func `feels it soon when a fast reader stops reading`() async throws {
            let held = Held()
            let piece = [UInt8](repeating: 0x61, count: 4096)
            let server = try await TestServer.start { _, exchange in
                let pump = Pump(exchange, total: 64 << 20, piece: piece)
                held.hold(exchange)
                held.pump = pump
                exchange.onBackPressure = { pressed in
                    pump.isPaused = pressed
                    if !pressed { pump.run() }
                }
                exchange.beginStream(status: 200, headers: [])
                pump.run()
            }
            let client = try TestClient(port: server.port, receiveBufferBytes: 256 * 1024)
            try client.send(simpleGet)
            // Long enough for the kernel to have grown its buffers for this connection.
            let read = try client.receive(exactly: 24 << 20).count
            try await Task.sleep(for: .milliseconds(200))
            let written = try await LoopThread.run { held.pump?.written ?? 0 }
            // The client's own buffer takes most of it. Left alone, the kernel holds about four megabytes.
            #expect(written - read < 3 << 19)
            try await LoopThread.run {
                held.exchanges = []; held.pump = nil
            }
            client.close()
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
    }
}
