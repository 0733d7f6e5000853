// DriverTests.swift — whole runs against a scripted server, over real sockets.

import Base
import LoadGeneration
import Network
import TestSupport
import Testing

@Suite(.serialized, .onTheLoop) struct `A load driver` {
    /// What a run left behind: the result, and what the server saw.
    private struct Seen: Sendable {
        let records: [RequestRecord]
        let peakRunning: Int
        let abandoned: Int
        let bodies: [JSON]
    }

    private func run(
        _ script: @escaping @Sendable (JSON) -> ScriptedServer.Answer, _ change: @Sendable (inout LoadPlan) -> Void
    ) async throws -> Seen {
        try await LoopThread.run {}
        return try await load(script, change)
    }

    @EventLoop private func load(
        _ script: @escaping @Sendable (JSON) -> ScriptedServer.Answer, _ change: (inout LoadPlan) -> Void
    ) async throws -> Seen {
        let server = try ScriptedServer(script)
        let client = try CurlClient(maxConnections: 64)
        var plan = LoadPlan(baseURL: "http://127.0.0.1:\(server.port)", model: "scripted", sessions: [])
        change(&plan)
        let driver = try LoadDriver(plan, client: client)
        await withCheckedContinuation { continuation in
            driver.onFinished = { continuation.resume() }
            driver.begin()
        }
        let seen = Seen(
            records: driver.records, peakRunning: server.peakRunning, abandoned: server.abandoned, bodies: server.bodies
        )
        server.stop()
        return seen
    }

    private static func sessions(_ count: Int) -> [Session] {
        (0..<count).map { Session(prompt: "prompt \($0)", maxTokens: 6) }
    }

    @Test func `in a closed loop keeps exactly so many requests going`() async throws {
        let seen = try await run({ _ in .chunks(3, everyMilliseconds: 2) }) {
            $0.sessions = Self.sessions(40)
            $0.maxConcurrency = 8
        }
        #expect(seen.records.count == 40)
        #expect(seen.records.allSatisfy { $0.outcome == .completed })
        #expect(seen.peakRunning == 8)
        #expect(seen.records.map(\.index) == Array(0..<40))
        #expect(seen.records.allSatisfy { $0.chunks.count == 3 && $0.outputTokens == 6 && $0.promptTokens == 7 })
        #expect(seen.records.allSatisfy { $0.lateness == 0 && ($0.timeToFirstToken ?? 0) > 0.001 })
        #expect(seen.records.allSatisfy { zip($0.chunks, $0.chunks.dropFirst()).allSatisfy { $0 <= $1 } })
    }

    @Test func `in an open loop sends at its instants, however long answers take`() async throws {
        // Thirty arrivals in 60 ms, each answer 40 ms long: a closed loop would have to wait.
        let arrivals = (0..<30).map { Double($0) * 0.002 }
        let seen = try await run({ _ in .chunks(2, everyMilliseconds: 20) }) {
            $0.sessions = Self.sessions(30)
            $0.arrivals = arrivals
        }
        #expect(seen.records.allSatisfy { $0.outcome == .completed })
        let first = try #require(seen.records.first).scheduled
        for (record, arrival) in zip(seen.records, arrivals) {
            #expect(record.scheduled == first + UInt64((arrival * 1e9).rounded(.down)))
            #expect(record.sent >= record.scheduled)
        }
        #expect(seen.peakRunning > 5)
    }

    @Test func `held back by its limit lets the clock run`() async throws {
        let seen = try await run({ _ in .chunks(1, everyMilliseconds: 10) }) {
            $0.sessions = Self.sessions(6)
            $0.arrivals = [0, 0, 0, 0, 0, 0]
            $0.maxConcurrency = 1
        }
        #expect(seen.peakRunning == 1)
        #expect(Set(seen.records.map(\.scheduled)).count == 1)
        // The last waits for five answers of at least ten milliseconds each, and its first token with it.
        let last = try #require(seen.records.last)
        #expect(last.lateness > 0.05)
        #expect((last.timeToFirstToken ?? 0) > last.lateness)
    }

    @Test func `gives a chat's next turn the answer before it`() async throws {
        let turns = [
            Turn(messages: [Message(role: "system", content: "s"), .user("one")], maxTokens: 4),
            Turn(messages: [.user("two")], maxTokens: 4, thinkSeconds: 0.01),
            Turn(messages: [.user("three")], maxTokens: 4),
        ]
        let seen = try await run({ _ in .chunks(2, everyMilliseconds: 1) }) {
            $0.sessions = [Session(turns: turns)]
            $0.arrivals = [0]
        }
        #expect(seen.records.map(\.turn) == [0, 1, 2])
        let last = try #require(seen.bodies.last?["messages"])
        #expect(
            last.elements.map { $0["role"]?.string } == ["system", "user", "assistant", "user", "assistant", "user"])
        #expect(last[2]?["content"]?.string == "word word ")
        #expect(seen.records[1].scheduled >= seen.records[0].ended + 10_000_000)
    }

    @Test func `asks as OpenAI's clients do`() async throws {
        let seen = try await run({ _ in .chunks(1, everyMilliseconds: 1) }) {
            $0.sessions = Self.sessions(1)
            $0.temperature = 0.5
            $0.ignoresEndOfSequence = true
            $0.extraBody = try? JSON.parse(Array("{\"min_p\": 0.1, \"stop\": [\"a\\nb\"], \"n\": 1}".utf8))
        }
        let body = try #require(seen.bodies.first)
        #expect(body["model"]?.string == "scripted")
        #expect(body["max_tokens"]?.integer == 6)
        #expect(body["stream"]?.bool == true)
        #expect(body["stream_options"]?["include_usage"]?.bool == true)
        #expect(body["temperature"]?.double == 0.5)
        #expect(body["ignore_eos"]?.bool == true)
        #expect(body["min_p"]?.double == 0.1)
        #expect(body["stop"]?[0]?.string == "a\nb")
        #expect(body["messages"]?[0]?["content"]?.string == "prompt 0")
    }

    @Test func `gives requests up in mid-stream, and the server hears of it`() async throws {
        let seen = try await run({ _ in .chunks(50, everyMilliseconds: 2) }) {
            $0.sessions = Self.sessions(12)
            $0.maxConcurrency = 12
            $0.cancelShare = 1
        }
        #expect(seen.records.allSatisfy { $0.outcome == .cancelled && (1...3).contains($0.chunks.count) })
    }

    @Test func `tells failures apart`() async throws {
        let seen = try await run({ body in
            switch body["messages"]?[0]?["content"]?.string {
            case "prompt 0": .refuse(429)
            case "prompt 1": .cut(after: 2)
            case "prompt 2": .never
            case "prompt 3": .refuse(503)
            default: .chunks(1, everyMilliseconds: 1)
            }
        }) {
            $0.sessions = Self.sessions(5)
            $0.maxConcurrency = 5
            $0.timeoutSeconds = 0.3
        }
        let outcomes = seen.records.map(\.outcome)
        #expect(outcomes[0] == .failed(.status(429, message: "refused on purpose")))
        #expect(outcomes[1] == .failed(.truncated))
        #expect(outcomes[2] == .failed(.timeout))
        #expect(outcomes[3] == .failed(.status(503, message: "refused on purpose")))
        #expect(outcomes[4] == .completed)
    }

    @Test func `without a server says so`() async throws {
        let seen = try await run({ _ in .never }) {
            // A port that nothing listens on: discard's.
            $0.baseURL = "http://127.0.0.1:9"
            $0.sessions = Self.sessions(2)
        }
        #expect(seen.records.count == 2)
        for record in seen.records {
            guard case .failed(.connection(let reason)) = record.outcome else {
                Issue.record("\(record.outcome)")
                continue
            }
            #expect(reason.hasPrefix("no connection"))
        }
    }

    @Test func `does not count warm-up and cool-down`() async throws {
        let seen = try await run({ _ in .chunks(1, everyMilliseconds: 1) }) {
            $0.sessions = Self.sessions(10)
            $0.maxConcurrency = 2
            $0.warmUpCount = 3
            $0.coolDownCount = 2
        }
        #expect(seen.records.filter(\.isMeasured).map(\.index) == Array(3..<8))
    }

    @Test func `holds a thousand streams at once`() async throws {
        // Both ends of each are in this process.
        DescriptorLimit.raise(toAtLeast: 4096)
        let seen = try await run({ _ in .chunks(20, everyMilliseconds: 20) }) {
            $0.sessions = Self.sessions(1000)
            $0.maxConcurrency = 1000
        }
        #expect(seen.records.allSatisfy { $0.outcome == .completed && $0.chunks.count == 20 })
        #expect(seen.peakRunning == 1000)
    }

    @Test func `learns the model's name, and leaves nothing open`() async throws {
        try await LoopThread.run {}
        let name = try await askForName()
        #expect(name == "scripted")
        #expect(try await eventually { EventLoop.openHandleCount == 1 })
    }

    @EventLoop private func askForName() async throws -> String {
        let server = try ScriptedServer { _ in .never }
        let client = try CurlClient(maxConnections: 4)
        let name = try await client.firstModel("http://127.0.0.1:\(server.port)", headers: [])
        server.stop()
        return name
    }
}
