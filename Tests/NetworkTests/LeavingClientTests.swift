// LeavingClientTests.swift — clients that go away, in every way and at every time.

import Network
import TestSupport
import Testing

extension OnTheLoop {
    @Suite struct `Clients that leave` {
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
    }
}
