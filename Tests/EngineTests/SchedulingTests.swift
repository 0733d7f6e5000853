import Base
import Engine
import Sampling
import Testing

@Suite struct `Scheduling` {
    // MARK: - Batching

    @Test func `computes prompts and decodes in one step`() {
        var harness = Harness()
        harness.core.submit(.sample(1, prompt: 0..<10))
        harness.step()
        harness.core.submit(.sample(2, prompt: 0..<12))
        harness.step()
        #expect(harness.model.rowsOfLastStep == 13)
        // The decoding request comes first.
        #expect(harness.model.positionsOfLastStep.first == 10)
    }

    @Test func `cuts a long prompt into chunks of the budget`() {
        var harness = Harness { $0.maxBatchedTokens = 64 }
        harness.core.submit(.sample(1, prompt: 0..<150, output: 1))
        var rows: [Int] = []
        while harness.step() { rows.append(harness.model.rowsOfLastStep) }
        #expect(rows == [64, 64, 22])
    }

    @Test func `gives every decoding request its row before any prompt gets one`() {
        // As soon as the short ones decode, steps are 4 decodes and at most 20 prompt rows.
        var harness = Harness {
            $0.maxBatchedTokens = 100
            $0.prefillTokensBesideDecode = 20
        }
        for id in 2...5 { harness.core.submit(.sample(UInt64(id), prompt: 0..<3, output: 50)) }
        harness.step()
        harness.core.submit(.sample(1, prompt: 0..<400, output: 1))
        for _ in 0..<20 {
            let before = harness.outputs.values.map(\.count).reduce(0, +)
            harness.step()
            #expect(harness.model.rowsOfLastStep == 24)
            #expect(harness.outputs.values.map(\.count).reduce(0, +) - before >= 4)
        }
    }

    @Test func `never runs more requests than configured`() {
        var harness = Harness { $0.maxRunningCount = 3 }
        for id in 1...8 { harness.core.submit(.sample(UInt64(id), output: 4)) }
        harness.step()
        #expect(harness.core.statistics.runningCount == 3)
        #expect(harness.core.statistics.waitingCount == 5)
        harness.runUntilIdle()
        #expect(harness.summaries.count == 8)
    }

    @Test func `lowers the number of running requests to the rows of a step`() {
        let harness = Harness {
            $0.maxRunningCount = 64
            $0.maxBatchedTokens = 5
        }
        #expect(harness.core.configuration.maxRunningCount == 5)
    }

    // MARK: - Order

    @Test func `serves first come, first served within a priority, and lower priorities first`() {
        var harness = Harness { $0.maxRunningCount = 1 }
        harness.core.submit(.sample(1, output: 1, priority: 5))
        harness.core.submit(.sample(2, output: 1, priority: 5))
        harness.core.submit(.sample(3, output: 1, priority: 0))
        harness.core.submit(.sample(4, output: 1, priority: 0))
        var order: [RequestID] = []
        while harness.step() { order += harness.summaries.keys.filter { !order.contains($0) } }
        #expect(order == [3, 4, 1, 2].map { RequestID($0) })
    }

    @Test func `lets nobody overtake a large request that waits for blocks`() {
        var harness = Harness(blocks: 10, maxModelLength: 160)
        harness.core.submit(.sample(1, prompt: 0..<80, output: 40))
        harness.step()
        harness.core.submit(.sample(2, prompt: 200..<300, output: 1))  // 7 blocks: must wait
        harness.core.submit(.sample(3, prompt: 400..<405, output: 1))  // would fit at once
        harness.step()
        #expect(harness.core.statistics.waitingCount == 2)
        harness.runUntilIdle()
        #expect(harness.summaries.count == 3)
    }

    @Test func `keeps a watermark of free blocks when it admits beside others`() {
        var harness = Harness(blocks: 4, maxModelLength: 64) { $0.sharesPrefixes = false }
        harness.core.submit(.sample(1, prompt: 0..<20, output: 10))  // 2 blocks
        harness.core.submit(.sample(2, prompt: 0..<20, output: 10))  // the other 2, but one must stay free
        harness.step()
        #expect(harness.core.statistics.runningCount == 1)
        harness.runUntilIdle()
        #expect(harness.summaries.count == 2)
        #expect(harness.core.statistics.preemptionCount == 0)
    }

    @Test(arguments: [false, true]) func `begins no prompt that does not fit beside the others`(sharesPrefixes: Bool) {
        var harness = Harness(blocks: 20, maxModelLength: 320) {
            $0.sharesPrefixes = sharesPrefixes
            $0.prefillTokensBesideDecode = 32
        }
        harness.core.submit(.sample(1, prompt: 0..<100, output: 120))
        harness.step()
        // Its first chunks would fit, all of it would not.
        harness.core.submit(.sample(2, prompt: 300..<540, output: 2))
        harness.runUntilIdle()
        #expect(harness.summaries.count == 2)
        #expect(harness.core.statistics.preemptionCount == 0)
    }

    // MARK: - Preemption

    @Test func `preempts the newest when blocks run out and still gives the same output`() {
        var harness = Harness(blocks: 8, maxModelLength: 128)
        for id in 1...3 {
            harness.core.submit(.sample(UInt64(id), prompt: Int(id) * 50..<Int(id) * 50 + 20, output: 60))
        }
        harness.runUntilIdle()
        #expect(harness.core.statistics.preemptionCount > 0)
        #expect(harness.summaries[RequestID(1)]!.timings.preemptionCount == 0)
        for id in 1...3 {
            let request = GenerationRequest.sample(UInt64(id), prompt: Int(id) * 50..<Int(id) * 50 + 20, output: 60)
            #expect(harness.outputs[RequestID(UInt64(id))] == ScriptedModel.expectedOutput(request))
        }
    }

    @Test func `lets a lone request use the whole pool`() {
        var harness = Harness(blocks: 4, maxModelLength: 1000)
        #expect(harness.core.configuration.maxModelLength == 64)
        let output = harness.run(.sample(1, prompt: 0..<30, output: 1000))
        #expect(output.count == 34)
        #expect(harness.summaries[RequestID(1)]!.reason == .length)
    }

    // MARK: - Pausing

    @Test func `skips a paused request until it is resumed`() {
        var harness = Harness()
        harness.core.submit(.sample(1, output: 8))
        harness.core.submit(.sample(2, output: 8))
        harness.step()
        harness.core.setPaused(true, RequestID(1))
        for _ in 0..<3 { harness.step() }
        #expect(harness.outputs[RequestID(1)]!.count == 1)
        #expect(harness.outputs[RequestID(2)]!.count == 4)
        harness.core.setPaused(false, RequestID(1))
        harness.runUntilIdle()
        #expect(harness.outputs[RequestID(1)] == ScriptedModel.expectedOutput(.sample(1, output: 8)))
    }

    @Test func `has nothing to compute while everyone is paused`() {
        var harness = Harness()
        harness.core.submit(.sample(1))
        harness.core.setPaused(true, RequestID(1))
        #expect(harness.step() == false)
        #expect(harness.core.hasWork)
    }

    @Test func `is not busy while everyone is paused, so that rest is not taken for a hang`() {
        var harness = Harness()
        harness.core.submit(.sample(1))
        harness.step()
        #expect(harness.core.statistics.isBusy)
        harness.core.setPaused(true, RequestID(1))
        #expect(!harness.core.statistics.isBusy)
        harness.core.submit(.sample(2))
        #expect(harness.core.statistics.isBusy)
        harness.core.cancel(RequestID(2))
        harness.core.setPaused(false, RequestID(1))
        #expect(harness.core.statistics.isBusy)
    }

    @Test func `preempts a paused request first, even the oldest`() {
        var harness = Harness(blocks: 6, maxModelLength: 96) { $0.sharesPrefixes = false }
        harness.core.submit(.sample(1, prompt: 0..<30, output: 30))
        harness.step()
        harness.core.setPaused(true, RequestID(1))
        harness.core.submit(.sample(2, prompt: 0..<20, output: 60))
        while harness.summaries[RequestID(2)] == nil, harness.step() {}
        #expect(harness.summaries[RequestID(2)]!.timings.preemptionCount == 0)
        harness.core.setPaused(false, RequestID(1))
        harness.runUntilIdle()
        #expect(harness.summaries[RequestID(1)]!.timings.preemptionCount == 1)
        #expect(
            harness.outputs[RequestID(1)] == ScriptedModel.expectedOutput(.sample(1, prompt: 0..<30, output: 30)))
    }

    @Test func `a request whose place was given away waits for one when it is resumed`() {
        var harness = Harness { $0.maxRunningCount = 2 }
        func request(_ id: Int) -> GenerationRequest { .sample(UInt64(id), prompt: id * 50..<id * 50 + 20, output: 30) }
        for id in 1...3 { harness.core.submit(request(id)) }
        for _ in 0..<3 { harness.step() }
        harness.core.setPaused(true, RequestID(1))
        for _ in 0..<3 { harness.step() }
        harness.core.setPaused(false, RequestID(1))
        let before = [2, 3].map { harness.outputs[RequestID($0)]!.count }
        for _ in 0..<5 { harness.step() }
        #expect([2, 3].map { harness.outputs[RequestID($0)]!.count } == before.map { $0 + 5 })
        harness.runUntilIdle()
        for id in 1...3 {
            #expect(harness.outputs[RequestID(UInt64(id))] == ScriptedModel.expectedOutput(request(id)))
        }
    }

    @Test func `takes blocks from a paused request when nothing else can run`() {
        var harness = Harness(blocks: 4, maxModelLength: 64) { $0.sharesPrefixes = false }
        harness.core.submit(.sample(1, prompt: 0..<60, output: 3))
        harness.step()
        harness.core.setPaused(true, RequestID(1))
        harness.core.submit(.sample(2, prompt: 0..<60, output: 3))
        harness.runUntilIdle()
        #expect(harness.summaries[RequestID(2)] != nil)
    }
}

@Suite struct `Request life` {
    @Test func `ends at a stop token, which is counted and not delivered`() {
        let free = ScriptedModel.expectedOutput(.sample(1, output: 8))
        var request = GenerationRequest.sample(1, output: 8)
        request.stopTokens = [free[3]]
        let expected = Array(free.prefix(while: { $0 != free[3] }))
        var harness = Harness()
        #expect(harness.run(request) == expected)
        let summary = harness.summaries[RequestID(1)]!
        #expect(summary.reason == .stopToken(free[3]))
        #expect(summary.outputTokenCount == expected.count + 1)
        #expect(harness.core.statistics.usedBlockCount == 0)
    }

    @Test func `ends by length at the model's context`() {
        var harness = Harness(maxModelLength: 40)
        #expect(harness.run(.sample(1, prompt: 0..<35, output: 100)).count == 5)
        #expect(harness.summaries[RequestID(1)]!.reason == .length)
    }

    @Test(arguments: [0, 1, 2, 5]) func `frees everything at once when cancelled after some steps`(steps: Int) {
        // 0: queued; 1, 2: in the middle of its prompt; 5: decoding.
        var harness = Harness { $0.maxBatchedTokens = 16 }
        harness.core.submit(.sample(1, prompt: 0..<40, output: 50))
        for _ in 0..<steps { harness.step() }
        harness.core.cancel(RequestID(1))
        #expect(harness.core.statistics.usedBlockCount == 0)
        harness.core.checkInvariants()
        harness.collect()
        #expect(harness.summaries[RequestID(1)]!.reason == .cancelled)
        harness.core.cancel(RequestID(1))  // again: nothing happens
        #expect(harness.step() == false)
    }

    @Test func `cancelling one leaves its neighbour untouched, in every pair of phases`() {
        for (first, second) in [(0, 0), (1, 0), (3, 1), (6, 3), (6, 6)] {
            var harness = Harness { $0.maxBatchedTokens = 16 }
            harness.core.submit(.sample(1, prompt: 0..<40, output: 20))
            for _ in 0..<first { harness.step() }
            harness.core.submit(.sample(2, prompt: 0..<40, output: 20))
            for _ in 0..<second { harness.step() }
            harness.core.cancel(RequestID(1))
            harness.runUntilIdle()
            let expected = ScriptedModel.expectedOutput(.sample(2, prompt: 0..<40, output: 20))
            #expect(harness.outputs[RequestID(2)] == expected)
            #expect(harness.summaries.count == 2)
        }
    }

    @Test func `fails one request whose logits are NaN and goes on with the others`() {
        var harness = Harness()
        harness.model.poisonToken = 49
        var poisoned = GenerationRequest.sample(1)
        poisoned.promptTokens.append(49)
        harness.core.submit(poisoned)
        harness.core.submit(.sample(2, prompt: 0..<5, output: 1))
        harness.runUntilIdle()
        guard case .failed = harness.summaries[RequestID(1)]!.reason else {
            Issue.record("expected a failure, got \(harness.summaries[RequestID(1)]!.reason)")
            return
        }
        #expect(harness.summaries[RequestID(2)]!.reason == .length)
    }

    @Test func `follows a constraint and tells it what was emitted`() {
        struct Countdown: TokenConstraint {
            var nextToken = 9
            mutating func fillMask(_ mask: inout TokenMask) { mask[TokenID(nextToken)] = true }
            mutating func accept(_ token: TokenID) { nextToken -= 1 }
            mutating func rollback(_ count: Int) { nextToken += count }
        }
        var harness = Harness()
        var request = GenerationRequest.sample(1, output: 5, seed: 3)
        request.constraint = Countdown()
        #expect(harness.run(request) == [9, 8, 7, 6, 5])
    }
}
