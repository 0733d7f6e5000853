// TimingTests.swift — where the milliseconds went, as a client is told.

import Base
import Embedding
import Engine
import Kernels
import Network
import Retrieval
import Server
import TestSupport
import Testing

@Suite struct `Timing report` {
    @Test func `adds up to the wall time, whatever the parts`() {
        var generator = SeededGenerator(seed: 31)
        for _ in 0..<1_000 {
            func span() -> UInt64 { .random(in: 0...5_000_000_000, using: &generator) }
            var timings = RequestTimings()
            let (start, limiter) = (span(), span())
            let submitted = start + limiter + span()
            timings.arrivalNanoseconds = submitted + span()
            for cause in TimeBreakdown.Cause.allCases { timings.breakdown[cause] = span() }
            timings.finishedNanoseconds = timings.arrivalNanoseconds + timings.breakdown.total
            let end = timings.finishedNanoseconds + span()
            let report = TimingReport(
                start: start, limiter: limiter, submitted: submitted, engine: timings, end: end)
            let sum = report.parts.reduce(0) { $0 + $1.milliseconds }
            #expect(abs(sum - report.total) < 1e-6 * report.total)
            #expect(report.total == Double(end - start) / 1e6)
        }
    }
}

@Suite struct `Timings of an explanation` {
    @Test func `add up to the wall time, with or without the engine`() {
        var generator = SeededGenerator(seed: 32)
        for round in 0..<1_000 {
            func span() -> UInt64 { .random(in: 0...5_000_000_000, using: &generator) }
            let start = span()
            let (before, behind) = (span(), span())
            let pool = (start: start + before + span(), stages: [span(), span()])
            let ready = pool.start + pool.stages[0] + pool.stages[1] + span()
            var timings = ExplainTimings(
                startNanoseconds: start, pool: (pool.start, ready),
                evidence: pool.stages.map { ("stage", Double($0) / 1e6) })
            timings.limiterNanoseconds = before + behind
            timings.submittedNanoseconds = ready + behind + span()
            var end = timings.submittedNanoseconds
            if round % 2 == 0 {
                var engine = RequestTimings()
                engine.arrivalNanoseconds = end + span()
                engine.scheduledNanoseconds = engine.arrivalNanoseconds + span()
                engine.firstTokenNanoseconds = engine.scheduledNanoseconds + span()
                engine.finishedNanoseconds = engine.firstTokenNanoseconds + span()
                end = engine.finishedNanoseconds
                timings.engine = engine
            }
            end += span()
            let stages = timings.stages(end: end)
            let (sum, total) = (stages.dropLast().reduce(0) { $0 + $1.milliseconds }, stages.last!)
            #expect(total.stage == "total" && total.milliseconds == Double(end - start) / 1e6)
            #expect(abs(sum - total.milliseconds) < 1e-6 * total.milliseconds)
            #expect(stages.allSatisfy { $0.milliseconds > -1e-3 })
        }
    }
}

@Suite(.onTheLoop) struct `Timings on the wire` {
    @Test func `come with answers that need no engine too, and add up`() async throws {
        let server = try await TestServer.start(ScriptedService())
        let embedder = try EncoderEmbedder(
            folder: TestFiles.fixture("encoder/bert-mean-f32"), pool: ThreadPool(threadCount: 1))
        let snapshot = try Snapshot(chunks: [Chunk(documentID: "d", sequence: 0, text: "a cache of blocks")])
        try await LoopThread.run {
            try server.server.serve(embedder)
            server.server.serve(SearchService(snapshot: { snapshot }, embedder: nil))
        }
        let stages = ["embed_ms", "bm25_ms", "dense_ms", "fusion_ms", "rerank_ms"]
        let long = String(repeating: "long ", count: 20_000)
        for (path, body) in [
            ("/v1/embeddings", #"{"input":["tokens","blocks"]}"#),
            ("/v1/rerank", #"{"query":"a","documents":["a b","c"]}"#), ("/tokenize", #"{"prompt":"a"}"#),
            ("/detokenize", #"{"tokens":[65]}"#), ("/tokenize", #"{"prompt":"\#(long)"}"#), ("/v1/search?q=cache", ""),
        ] {
            func ask(_ headers: String) async throws -> JSON? {
                let get = "GET \(path) HTTP/1.1\r\nhost: t\r\n\(headers)\r\n"
                let response = try await server.request(body.isEmpty ? get : TestServer.post(path, body, headers))
                #expect(response.status == 200)
                return try json(response.body)["timings"]
            }
            let report = try #require(try await ask("x-swiftlet-timings: 1\r\n"))
            let names = report.members.map { String(decoding: $0.key, as: UTF8.self) }
            #expect(names == ["limiter_ms"] + (body.isEmpty ? stages : []) + ["work_ms", "other_ms", "total_ms"])
            let values = report.members.map { $0.value.double ?? -1 }
            #expect(abs(values.dropLast().reduce(0, +) - values.last!) < 0.01 && values.allSatisfy { $0 >= 0 })
            #expect(try await ask("")?["other_ms"] == nil)
        }
        try await server.stop()
    }

    private static let names = [
        "preparation_ms", "limiter_ms", "queue_ms", "own_prefill_ms", "others_prefill_ms", "decode_ms", "recompute_ms",
        "rejected_drafts_ms", "back_pressure_ms", "delivery_ms", "total_ms",
    ]

    @Test func `come with the answer to those who ask`() async throws {
        let server = try await TestServer.start(ScriptedService { _ in .say("Hi") })
        let body = #"{"prompt":"a","max_tokens":5}"#
        let asked = try await server.request(TestServer.post("/v1/completions", body, "x-swiftlet-timings: 1\r\n"))
        let timings = try json(asked.body)["timings"]
        #expect(timings?.members.map { String(decoding: $0.key, as: UTF8.self) } == Self.names)
        let silent = try await server.post("/v1/completions", body)
        #expect(try json(silent.body)["timings"] == nil)
        try await server.stop()
    }

    @Test func `come before a stream's usage`() async throws {
        let server = try await TestServer.start(ScriptedService { _ in .say("Hi") })
        let body = #"{"prompt":"a","max_tokens":5,"stream":true,"stream_options":{"include_usage":true}}"#
        let port = server.port
        let stream = try await LoopThread.blocking {
            let client = try TestClient(port: port)
            try client.send(TestServer.post("/v1/completions", body, "x-swiftlet-timings: 1\r\n"))
            return try client.stream().body
        }
        let frames = events(stream)
        #expect(frames.last == "[DONE]")
        let chunk = try json(frames[frames.count - 3])
        #expect(chunk["choices"]?.count == 0 && chunk["usage"]?.isNull == true)
        #expect(chunk["timings"]?["total_ms"]?.double != nil)
        try await server.stop()
    }
}
