// SlowWriterTests.swift — clients that drip, and clients that say nothing.

import Network
import TestSupport
import Testing

extension OnTheLoop {
    @Suite struct `Clients that write slowly` {
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
    }
}
