// TimingTests.swift — where the milliseconds went, as a client is told.

import Base
import Engine
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

@Suite(.onTheLoop) struct `Timings on the wire` {
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
