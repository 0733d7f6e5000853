// DrainTests.swift — ending in good order.

import Base
import Engine
import Glibc
import Network
import Server
import Synchronization
import TestSupport
import Testing

@Suite(.onTheLoop) struct `Drain` {
    static let stream = #"{"prompt":"ab","max_tokens":500,"stream":true}"#

    /// Starts a drain; the flag tells when it is over.
    func drain(_ server: TestServer, deadline: Duration) async throws -> Flag {
        let flag = Flag()
        try await LoopThread.run { server.server.drain(deadline: deadline) { flag.set() } }
        return flag
    }

    final class Flag: Sendable {
        private let value = Atomic<Int>(0)
        var count: Int { value.load(ordering: .sequentiallyConsistent) }
        func set() { value.add(1, ordering: .sequentiallyConsistent) }
    }

    @Test func `streams complete, probes and new work are refused, then it is over`() async throws {
        let service = ScriptedService()
        let server = try await TestServer.start(service)
        let port = server.port
        let probe = try TestClient(port: port)
        try probe.send("GET /ready HTTP/1.1\r\nhost: t\r\n\r\n")
        #expect(try probe.response().status == 200)
        let worker = try TestClient(port: port)
        try worker.send("GET /ready HTTP/1.1\r\nhost: t\r\n\r\n")
        #expect(try worker.response().status == 200)

        async let answer = server.stream("/v1/completions", Self.stream)
        let id = try await service.requests(1)[0]
        let flag = try await drain(server, deadline: .seconds(60))

        try probe.send("GET /ready HTTP/1.1\r\nhost: t\r\n\r\n")
        let ready = try probe.response()
        #expect(ready.status == 503)
        #expect(try json(ready.body)["error"]?["code"]?.string == "shutting_down")
        #expect(ready.header("connection") == "close")
        try worker.send(TestServer.post("/v1/completions", Self.stream))
        #expect(try worker.response().status == 503)
        for (path, status) in [("/ready", 503), ("/health", 200), ("/v1/models", 200)] {
            let newcomer = try TestClient(port: port)
            try newcomer.send("GET \(path) HTTP/1.1\r\nhost: t\r\n\r\n")
            let response = try newcomer.response()
            #expect(response.status == status && response.header("connection") == "close")
        }
        let refused = try await server.post("/v1/completions", Self.stream)
        #expect(refused.status == 503 && refused.header("retry-after") != nil)

        #expect(flag.count == 0)
        service.send(id, "abc")
        service.finish(id, .length)
        #expect(events(try await answer.body).last == "[DONE]")
        #expect(try await eventuallyTrue { flag.count == 1 })
        #expect(service.cancelled.isEmpty)
        #expect(throws: ClientError.self) { try TestClient(port: port) }
    }

    @Test func `at the deadline streams end with an event and whole answers with 503`() async throws {
        let service = ScriptedService()
        let server = try await TestServer.start(service)
        async let stream = server.stream("/v1/completions", Self.stream)
        async let whole = server.post("/v1/completions", #"{"prompt":"ab","max_tokens":500}"#)
        _ = try await service.requests(2)
        let flag = try await drain(server, deadline: .milliseconds(30))
        let frames = events(try await stream.body)
        #expect(frames.count == 1)
        #expect(try json(frames[0])["error"]?["code"]?.string == "shutting_down")
        let response = try await whole
        #expect(response.status == 503)
        #expect(try json(response.body)["error"]?["code"]?.string == "shutting_down")
        #expect(try await eventuallyTrue { flag.count == 1 })
        #expect(Set(service.cancelled) == Set(service.submitted.map(\.id)))
        #expect(service.openCount == 0)
    }

    @Test func `an idle server is drained at once, idle and half-open connections included`() async throws {
        let server = try await TestServer.start(ScriptedService())
        let idle = try TestClient(port: server.port)
        let half = try TestClient(port: server.port)
        try half.send("POST /v1/completions HTTP/1.1\r\nhost: t\r\n")
        try idle.send("GET /ready HTTP/1.1\r\nhost: t\r\n\r\n")
        _ = try idle.response()
        let flag = try await drain(server, deadline: .seconds(60))
        #expect(try await eventuallyTrue { flag.count == 1 })
        #expect(try idle.receive().isEmpty)
        do {
            #expect(try half.receive().isEmpty)
        } catch let error as ClientError {
            // Closed before the half request was read: a reset, as TCP has it.
            #expect("\(error)".contains("errno \(ECONNRESET)"))
        }
    }

    @Test func `a second call waits for the first drain`() async throws {
        let service = ScriptedService()
        let server = try await TestServer.start(service)
        async let stream = server.stream("/v1/completions", Self.stream)
        let id = try await service.requests(1)[0]
        let first = try await drain(server, deadline: .seconds(60))
        let second = try await drain(server, deadline: .zero)
        #expect(first.count == 0 && second.count == 0)
        service.finish(id, .length)
        _ = try await stream
        #expect(try await eventuallyTrue { first.count == 1 && second.count == 1 })
        let third = try await drain(server, deadline: .zero)
        #expect(third.count == 1)
    }
}
