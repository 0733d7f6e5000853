import Base
import Engine
import TestSupport
import Testing
import Transformer

/// The scripted model, taking a millisecond for every row.
private final class SlowModel: LanguageModel {
    let scripted: ScriptedModel
    let time: ManualTime
    var vocabularySize: Int { scripted.vocabularySize }

    init(_ time: ManualTime, blocks: Int) {
        self.time = time
        scripted = ScriptedModel(blockCount: blocks)
    }

    func forward(_ batch: ForwardBatch) {
        scripted.forward(batch)
        time.advance(nanoseconds: UInt64(batch.rowCount) * 1_000_000)
    }

    func logits(_ index: Int) -> UnsafeMutableBufferPointer<Float> { unsafe scripted.logits(index) }
    func copyBlock(from source: Int32, to destination: Int32) { scripted.copyBlock(from: source, to: destination) }
}

private struct Bench {
    let time = ManualTime()
    let core: EngineCore<SlowModel>
    var ends: [RequestID: RequestSummary] = [:]

    init(blocks: Int = 64, draftModel: ScriptedModel? = nil, change: (inout EngineConfiguration) -> Void = { _ in }) {
        var configuration = EngineConfiguration(maxModelLength: 512, blockCount: blocks)
        change(&configuration)
        core = EngineCore(
            model: SlowModel(time, blocks: blocks), configuration: configuration, draftModel: draftModel, time: time)
    }

    @discardableResult
    mutating func step() -> Bool {
        let stepped = core.step()
        for event in core.takeEvents() {
            if case .finished(let summary) = event.kind { ends[event.request] = summary }
        }
        return stepped
    }

    /// Milliseconds by cause, those that are not zero.
    mutating func breakdown(_ id: UInt64) -> [TimeBreakdown.Cause: Int] {
        while step() {}
        guard let times = ends[RequestID(id)]?.timings else { return [:] }
        precondition(times.breakdown.total == times.finishedNanoseconds - times.arrivalNanoseconds)
        var result: [TimeBreakdown.Cause: Int] = [:]
        for cause in TimeBreakdown.Cause.allCases where times.breakdown[cause] > 0 {
            result[cause] = Int(times.breakdown[cause] / 1_000_000)
        }
        return result
    }

    func pass(milliseconds: Int) { time.advance(nanoseconds: UInt64(milliseconds) * 1_000_000) }
}

@Suite struct `The breakdown of a request's time` {
    @Test func `is its own prefill and its decoding where nobody else is`() {
        var bench = Bench()
        bench.core.submit(.sample(1, prompt: 0..<30, output: 5))
        #expect(bench.breakdown(1) == [.ownPrefill: 30, .decode: 4])
    }

    @Test func `shows the time before the first step`() {
        var bench = Bench { $0.maxRunningCount = 1 }
        bench.core.submit(.sample(1, prompt: 0..<10, output: 3))
        bench.core.submit(.sample(2, prompt: 100..<110, output: 1))
        #expect(bench.breakdown(2) == [.queue: 12, .ownPrefill: 10])
    }

    @Test func `shows how long somebody else's prompt held it up`() {
        var bench = Bench { $0.prefillTokensBesideDecode = 20 }
        bench.core.submit(.sample(1, prompt: 0..<10, output: 6))
        bench.step()
        bench.core.submit(.sample(2, prompt: 100..<160, output: 1))
        // Three steps with a row of its own and twenty of the other's.
        #expect(bench.breakdown(1) == [.ownPrefill: 10, .othersPrefill: 60, .decode: 5])
    }

    @Test func `shows what a preemption cost`() {
        var bench = Bench()
        bench.core.submit(.sample(1, prompt: 0..<10, output: 8))
        for _ in 0..<4 { bench.step() }
        bench.core.preempt(RequestID(1))
        bench.pass(milliseconds: 7)
        let breakdown = bench.breakdown(1)
        // It waited 7 ms, and found no block of 16 tokens in the cache: 13 rows once more. The row of its newest token
        // was not computed before.
        #expect(breakdown == [.ownPrefill: 11, .decode: 7 - 1, .recompute: 7 + 13])
    }

    @Test func `shows how long its client did not read`() {
        var bench = Bench()
        bench.core.submit(.sample(1, prompt: 0..<10, output: 5))
        bench.step()
        bench.core.setPaused(true, RequestID(1))
        bench.pass(milliseconds: 40)
        bench.core.setPaused(false, RequestID(1))
        #expect(bench.breakdown(1) == [.ownPrefill: 10, .decode: 4, .backPressure: 40])
    }

    @Test func `shows the rows of guesses that did not come true`() {
        let liar = ScriptedModel(blockCount: 64)
        liar.isWrongAfter = { _ in true }
        var bench = Bench(draftModel: liar) {
            $0.speculation.drafter = .model
            $0.speculation.isAdaptive = false
        }
        bench.core.submit(.sample(1, prompt: 0..<10, output: 9))
        let breakdown = bench.breakdown(1)
        let summary = bench.ends[RequestID(1)]!
        #expect(summary.acceptedTokenCount == 0)
        #expect(breakdown[.rejectedDrafts] == summary.draftedTokenCount)
        #expect(breakdown[.decode] == 8)
    }

    @Test func `adds up for everybody in random company`() {
        var generator = SeededGenerator(seed: 21)
        var bench = Bench(blocks: 20) { $0.prefillTokensBesideDecode = 16 }
        for id in 1...200 {
            bench.core.submit(
                .sample(
                    UInt64(id), prompt: id..<id + Int.random(in: 1...90, using: &generator),
                    output: Int.random(in: 1...30, using: &generator)))
            for _ in 0..<Int.random(in: 0...12, using: &generator) {
                bench.step()
                bench.pass(milliseconds: Int.random(in: 0...2, using: &generator))
                let someone = RequestID(UInt64(Int.random(in: 1...id, using: &generator)))
                switch Int.random(in: 0..<12, using: &generator) {
                case 0: bench.core.setPaused(true, someone)
                case 1: bench.core.cancel(someone)
                case 2: bench.core.preempt(someone)
                default: bench.core.setPaused(false, someone)
                }
            }
        }
        for id in 1...200 { bench.core.setPaused(false, RequestID(UInt64(id))) }
        while bench.step() {}
        bench.core.cancelAll()
        bench.step()
        #expect(bench.ends.count == 200)
        for summary in bench.ends.values {
            let times = summary.timings
            #expect(times.breakdown.total == times.finishedNanoseconds - times.arrivalNanoseconds)
            #expect(summary.prefilledTokenCount + summary.cachedTokenCount <= summary.promptTokenCount)
        }
    }
}
