// BadCompanyTests.swift — clients that leave, do not read, or come in crowds; an engine that refuses or hangs.

import Base
import Engine
import Glibc
import Network
import Sampling
import Server
import TestSupport
import Testing

@Suite(.onTheLoop) struct `Bad company` {
    static func body(stream: Bool, n: Int = 1) -> String {
        #"{"prompt":"ab","max_tokens":500,"stream":\#(stream),"n":\#(n)}"#
    }

    // MARK: - Clients that leave

    @Test(arguments: [true, false], [1, 3])
    func `a client that leaves cancels all its work`(stream: Bool, n: Int) async throws {
        let service = ScriptedService()
        let server = try await TestServer.start(service)
        let port = server.port
        try await LoopThread.blocking {
            let client = try TestClient(port: port)
            try client.send(TestServer.post("/v1/completions", Self.body(stream: stream, n: n)))
            if stream { _ = try client.receive(until: "\r\n\r\n") }
            while service.submitted.count < n { usleep(1000) }
            client.close()
        }
        #expect(try await eventuallyTrue { service.openCount == 0 })
        #expect(Set(service.cancelled) == Set(service.submitted.map(\.id)))
        #expect(try await eventuallyTrue { server.log.lines.contains { $0["status"]?.integer == 499 } })
        // Each of the cancelled requests is counted once.
        let metrics = try await server.get("/metrics").body
        #expect(metrics.contains("vllm:request_success_total{model_name=\"tiny\",finished_reason=\"abort\"} \(n)\n"))
        try await server.stop()
    }

    @Test func `a client that leaves while its prompt is tokenised never reaches the engine`() async throws {
        let service = ScriptedService(maxModelLength: 1 << 20)
        let codec = GatedCodec()
        let server = try await TestServer.start(service, codec: codec)
        let client = try TestClient(port: server.port)
        let text = String(repeating: "long ", count: 5000)
        try client.send(TestServer.post("/v1/completions", "{\"prompt\":\"\(text)\",\"stream\":true}"))
        #expect(try await eventuallyTrue { codec.visitorCount == 1 })
        #expect(try await server.get("/health").status == 200, "the loop is not held up")
        client.close()
        #expect(try await eventuallyTrue { server.log.text.contains("499") })
        codec.open()
        // Another long prompt: finished work comes back in order, so the first has been dealt with when this is answered.
        service.change { $0.script = { _ in .say("ok") } }
        #expect(try await server.post("/v1/completions", "{\"prompt\":\"\(text)\"}").status == 200)
        #expect(service.submitted.count == 1)
        try await server.stop()
    }

    @Test func `long prompts wait in a short line, and none is read for a client that has left`() async throws {
        let service = ScriptedService(maxModelLength: 1 << 20) { _ in .say("ok") }
        let codec = GatedCodec()
        let server = try await TestServer.start(service, codec: codec)
        let port = server.port
        let log = server.log
        @Sendable func logged(_ status: Int) -> Int {
            log.text.split(separator: "\n").count { $0.contains("\"status\":\(status)") }
        }
        @Sendable func comes(_ count: Int, of status: Int) -> Bool {
            for _ in 0..<2000 where logged(status) < count { usleep(5000) }
            return logged(status) >= count
        }
        try await LoopThread.blocking {
            let text = String(repeating: "long ", count: 5000)
            let clients = try (0...Limits.longBodies.value).map { _ in try TestClient(port: port) }
            for client in clients {
                try client.send(TestServer.post("/v1/completions", "{\"prompt\":\"\(text)\"}"))
            }
            // One is too many, whichever was heard last. Of the others some are under way, each on a worker thread.
            #expect(comes(1, of: 503))
            let underWay = codec.visitorCount
            for client in clients.dropLast(2) { client.close() }
            #expect(comes(Limits.longBodies.value - 2, of: 499))
            codec.open()
            let answers = try clients.suffix(2).map { try $0.response().status }
            #expect(Set(answers).isSubset(of: [200, 503]) && answers.contains(200))
            #expect(codec.visitorCount <= underWay + 2)
            #expect(service.submitted.count == answers.count { $0 == 200 })
            #expect(logged(503) == 1)
        }
        try await server.stop()
    }

    @Test func `a neighbour does not notice`() async throws {
        let service = ScriptedService()
        let server = try await TestServer.start(service)
        let port = server.port
        async let neighbour = server.stream("/v1/completions", Self.body(stream: true))
        let id = try await service.requests(1)[0]
        service.send(id, "a")
        try await LoopThread.blocking {
            let client = try TestClient(port: port)
            try client.send(TestServer.post("/v1/completions", Self.body(stream: true)))
            _ = try client.receive(until: "\r\n\r\n")
            client.reset()
        }
        #expect(try await eventuallyTrue { service.cancelled.count == 1 })
        #expect(!service.cancelled.contains(id))
        service.send(id, "b")
        service.finish(id, .length)
        let chunks = try events(try await neighbour.body).dropLast().map(json)
        #expect(chunks.compactMap { $0["choices"]?[0]?["text"]?.string }.joined() == "ab")
        try await server.stop()
    }

    @Test func `late events for requests nobody knows are dropped`() async throws {
        let service = ScriptedService { _ in .say("ok") }
        let server = try await TestServer.start(service)
        let deliver = service.deliverEvents
        deliver?([RequestEvent(request: RequestID(999), kind: .tokens([65]))])
        #expect(try await server.post("/v1/completions", #"{"prompt":"a"}"#).status == 200)
        deliver?([RequestEvent(request: try await service.requests(1)[0], kind: .tokens([65]))])
        #expect(try await server.post("/v1/completions", #"{"prompt":"a"}"#).status == 200)
        try await server.stop()
    }

    @Test func `a client that does not read pauses its requests, and resumes them when it does`() async throws {
        let service = ScriptedService()
        let server = try await TestServer.start(service)
        let port = server.port
        let n = 2
        try await LoopThread.blocking {
            let client = try TestClient(port: port, receiveBufferBytes: 4096)
            try client.send(TestServer.post("/v1/completions", Self.body(stream: true, n: n)))
            _ = try client.receive(until: "\r\n\r\n")
            let ids = service.submitted.map(\.id)
            // Fills the kernel's buffers and ours; 64 MiB is beyond both.
            var sentKilobytes = 0
            while service.paused.isEmpty && sentKilobytes < 64 << 10 {
                service.sendKilobytes(64, to: ids[0])
                sentKilobytes += 64
                usleep(1000)
            }
            for _ in 0..<2000 where service.paused.count < n { usleep(5000) }
            #expect(Set(service.paused) == Set(ids))
            #expect(service.resumed.isEmpty)

            var received = 0
            while service.resumed.isEmpty, received < sentKilobytes << 10, let chunk = try client.chunk() {
                received += chunk.count { $0 == UInt8(ascii: "x") }
            }
            for _ in 0..<2000 where service.resumed.count < n { usleep(5000) }
            #expect(Set(service.resumed) == Set(ids))
            client.reset()
        }
        #expect(try await eventuallyTrue { service.openCount == 0 })
        try await server.stop()
    }

    // MARK: - An engine that refuses

    @Test func `a full queue is 503 with retry-after`() async throws {
        let service = ScriptedService { _ in .refuse(.queueFull(waiting: 8, limit: 8)) }
        let server = try await TestServer.start(service)
        for stream in [true, false] {
            let response = try await server.post("/v1/completions", Self.body(stream: stream))
            #expect(response.status == 503)
            #expect(response.header("retry-after") == "1")
            #expect(try json(response.body)["error"]?["code"]?.string == "queue_full")
        }
        try await server.stop()
    }

    @Test func `a queue that fills up in the middle takes the accepted choices back`() async throws {
        let service = ScriptedService { request in
            request.sampling.choice < 2 ? .hold : .refuse(.queueFull(waiting: 8, limit: 8))
        }
        let server = try await TestServer.start(service)
        #expect(try await server.post("/v1/completions", Self.body(stream: true, n: 3)).status == 503)
        #expect(service.submitted.count == 2)
        #expect(Set(service.cancelled) == Set(service.submitted.map(\.id)))
        #expect(service.openCount == 0)
        try await server.stop()
    }

    @Test func `the engine's own refusals keep their meaning`() async throws {
        let service = ScriptedService { _ in .refuse(.promptTooLong(promptTokens: 2, maxModelLength: 1)) }
        let server = try await TestServer.start(service)
        let response = try await server.post("/v1/completions", Self.body(stream: true))
        #expect(response.status == 400)
        #expect(try json(response.body)["error"]?["code"]?.string == "context_length_exceeded")
        try await server.stop()
    }

    @Test func `an engine that shuts down ends streams with an event`() async throws {
        let service = ScriptedService()
        let server = try await TestServer.start(service)
        async let stream = server.stream("/v1/completions", Self.body(stream: true))
        service.finish(try await service.requests(1)[0], .cancelled)
        let frames = events(try await stream.body)
        #expect(try json(frames[0])["error"]?["code"]?.string == "shutting_down")
        try await server.stop()
    }

    // MARK: - An engine that hangs

    @Test func `health fails when a busy engine makes no step for five seconds`() async throws {
        let time = ManualTime(nanoseconds: 1_000_000_000_000)
        let service = ScriptedService()
        let server = try await TestServer.start(service, time: time)
        func status() async throws -> Int { try await server.get("/health").status }

        service.change { $0.script = { _ in .say("ok") } }
        #expect(try await server.post("/v1/completions", #"{"prompt":"a"}"#).status == 200)
        service.change { $0.script = { _ in .hold } }
        time.advance(nanoseconds: 3_600_000_000_000)
        #expect(try await status() == 200, "an idle engine makes no steps")

        // Work after an idle hour: the last step is old, but the engine has only just got something to do.
        async let stream = server.stream("/v1/completions", Self.body(stream: true))
        let id = try await service.requests(2)[1]
        service.change { $0.statistics.isBusy = true }
        #expect(try await status() == 200)
        time.advance(nanoseconds: 5_000_000_000)
        #expect(try await status() == 200)
        time.advance(nanoseconds: 1_000_000_000)
        let response = try await server.get("/health")
        #expect(response.status == 503)
        #expect(try json(response.body)["error"]?["code"]?.string == "engine_stalled")
        #expect(try await server.get("/ready").status == 200)

        service.change { $0.statistics.lastStepNanoseconds = time.nanoseconds() }
        #expect(try await status() == 200, "it moves again")
        service.finish(id, .length)
        _ = try await stream
        try await server.stop()
    }
}
