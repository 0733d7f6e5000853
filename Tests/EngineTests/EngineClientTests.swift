import Base
import Dispatch
import Engine
import Glibc
import Sampling
import Synchronization
import Testing

/// Collects events from the engine thread.
private final class Collector: Sendable {
    private let events = Mutex<[RequestEvent]>([])
    private let arrived = DispatchSemaphore(value: 0)

    func deliver(_ new: [RequestEvent]) {
        events.withLock { $0 += new }
        arrived.signal()
    }

    func all() -> [RequestEvent] { events.withLock { $0 } }

    /// How many requests have ended.
    var endCount: Int { all().count { if case .finished = $0.kind { true } else { false } } }

    /// Waits until `count` requests have ended.
    func waitForEnds(_ count: Int) -> [RequestEvent] {
        while endCount < count { arrived.wait() }
        return all()
    }
}

@Suite struct `Engine client` {
    private func start(
        _ collector: Collector, change: (inout EngineConfiguration) -> Void = { _ in }
    ) throws -> EngineClient {
        var configuration = EngineConfiguration(maxModelLength: 512, blockCount: 64)
        change(&configuration)
        let core = EngineCore(model: ScriptedModel(blockCount: 64), configuration: configuration)
        return try EngineClient(core: core, kvCacheBytes: 1) { collector.deliver($0) }
    }

    private func output(_ id: UInt64, _ events: [RequestEvent]) -> [TokenID] {
        events.flatMap { event -> [TokenID] in
            guard event.request == RequestID(id), case .tokens(let tokens) = event.kind else { return [] }
            return Array(tokens)
        }
    }

    @Test func `answers requests from many threads`() async throws {
        let collector = Collector()
        let client = try start(collector)
        await withTaskGroup { group in
            for id in 1...40 {
                group.addTask { try? client.submit(.sample(UInt64(id), prompt: 0..<id, output: 20)) }
            }
        }
        let events = collector.waitForEnds(40)
        for id in 1...40 {
            let expected = ScriptedModel.expectedOutput(.sample(UInt64(id), prompt: 0..<id, output: 20))
            #expect(output(UInt64(id), events) == expected)
        }
        client.shutDown()
        #expect(client.statistics.usedBlockCount == 0)
        #expect(client.statistics.finishedByLength == 40)
    }

    @Test func `refuses what cannot run, by name and number`() throws {
        let collector = Collector()
        let client = try start(collector)
        defer { client.shutDown() }
        var empty = GenerationRequest.sample(1)
        empty.promptTokens = []
        #expect(throws: SubmissionError.emptyPrompt) { try client.submit(empty) }
        #expect(throws: SubmissionError.promptTooLong(promptTokens: 512, maxModelLength: 512)) {
            try client.submit(.sample(2, prompt: 0..<512))
        }
        var strange = GenerationRequest.sample(3)
        strange.promptTokens.append(50)
        #expect(throws: SubmissionError.tokenOutOfRange(50, vocabularySize: 50)) { try client.submit(strange) }
        strange.promptTokens[0] = -1
        #expect(throws: SubmissionError.tokenOutOfRange(-1, vocabularySize: 50)) { try client.submit(strange) }
        var biased = GenerationRequest.sample(4)
        biased.sampling.logitBias = [.init(token: 1000, bias: 1)]
        #expect(throws: SubmissionError.tokenOutOfRange(1000, vocabularySize: 50)) { try client.submit(biased) }
    }

    @Test func `bounds its queue, counting what the engine has not seen yet`() throws {
        let collector = Collector()
        let client = try start(collector) {
            $0.maxWaitingCount = 5
            $0.maxRunningCount = 1
        }
        defer { client.shutDown() }
        var refusals = 0
        for id in 1...300 {
            do throws(SubmissionError) {
                try client.submit(.sample(UInt64(id), prompt: 0..<400, output: 100))
            } catch {
                guard case .queueFull(_, let limit) = error else {
                    Issue.record("unexpected \(error)")
                    continue
                }
                #expect(limit == 5)
                refusals += 1
            }
        }
        #expect(refusals > 0)
        #expect(client.statistics.waitingCount <= 5)
    }

    @Test func `ends every open request when it is shut down`() throws {
        let collector = Collector()
        let client = try start(collector)
        for id in 1...10 { try client.submit(.sample(UInt64(id), prompt: 0..<400, output: 100)) }
        client.shutDown()
        #expect(collector.waitForEnds(10).isEmpty == false)
        #expect(throws: SubmissionError.shuttingDown) { try client.submit(.sample(11)) }
    }

    @Test func `wakes up for a cancel while everyone is paused`() throws {
        let collector = Collector()
        let client = try start(collector)
        defer { client.shutDown() }
        client.pause(RequestID(1))  // unknown yet: ignored
        // A pause that comes too late finds nothing to pause: then once more.
        var id: UInt64 = 0
        repeat {
            id += 1
            try client.submit(.sample(id, prompt: 0..<10, output: 500))
            client.pause(RequestID(id))
            while client.statistics.pausedCount == 0, collector.endCount < Int(id) { usleep(1000) }
        } while client.statistics.pausedCount == 0
        // Nothing to compute: no step is made.
        usleep(20_000)
        let stepCount = client.statistics.stepCount
        usleep(20_000)
        #expect(client.statistics.stepCount == stepCount)
        client.cancel(RequestID(id))
        let events = collector.waitForEnds(Int(id))
        guard case .finished(let summary) = events.last!.kind else {
            Issue.record("the last event is no end")
            return
        }
        #expect(summary.reason == .cancelled)
    }
}
