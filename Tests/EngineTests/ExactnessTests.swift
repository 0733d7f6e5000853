import Base
import Engine
import TestSupport
import Testing

/// Output is a function of the request alone. Here over the scripted model, whose output changes with any wrong block;
/// over real models, with bits of logits, in `ModelExactnessTests`.
@Suite struct `Exactness of scheduling` {
    private func requests(_ generator: inout SeededGenerator, count: Int) -> [GenerationRequest] {
        (0..<count).map { index in
            // Starts from few places, so that prefixes are shared.
            let start = Int.random(in: 0..<3, using: &generator) * 100
            let length = Int.random(in: 1...70, using: &generator)
            return .sample(
                UInt64(index), prompt: start..<start + length, output: Int.random(in: 1...40, using: &generator),
                seed: index % 2 == 0 ? nil : UInt64(index), priority: Int.random(in: 0...2, using: &generator))
        }
    }

    @Test(arguments: 0..<60) func `same output whatever the batch, chunk, pool, cache and arrival`(seed: Int) {
        var generator = SeededGenerator(seed: UInt64(seed + 1))
        let all = requests(&generator, count: Int.random(in: 2...32, using: &generator))
        var harness = Harness(
            blocks: Int.random(in: 8...40, using: &generator), maxModelLength: 128,
            tokensPerBlock: [4, 16].randomElement(using: &generator)!
        ) {
            $0.maxBatchedTokens = [3, 17, 64, 512].randomElement(using: &generator)!
            $0.prefillTokensBesideDecode = [1, 8, 128].randomElement(using: &generator)!
            $0.maxRunningCount = [1, 4, 32].randomElement(using: &generator)!
            $0.sharesPrefixes = Bool.random(using: &generator)
        }
        let capacity = harness.core.configuration.maxModelLength
        for request in all {
            guard request.promptTokens.count < capacity else { continue }
            harness.core.submit(request)
            for _ in 0..<Int.random(in: 0...3, using: &generator) { harness.step() }
        }
        harness.runUntilIdle()
        for request in all where request.promptTokens.count < capacity {
            var possible = request
            possible.maxOutputTokens = min(request.maxOutputTokens, capacity - request.promptTokens.count)
            #expect(harness.outputs[request.id] == ScriptedModel.expectedOutput(possible), "\(request.id)")
        }
        #expect(harness.core.statistics.usedBlockCount == 0)
    }

    @Test func `loses no block through 100,000 random submits, steps, cancels and pauses`() {
        var generator = SeededGenerator(seed: 99)
        var harness = Harness(blocks: 20, maxModelLength: 96) {
            $0.maxBatchedTokens = 40
            $0.maxRunningCount = 8
        }
        var live: Set<RequestID> = []
        var next: UInt64 = 1
        var paused: Set<RequestID> = []
        for _ in 0..<100_000 {
            switch Int.random(in: 0..<10, using: &generator) {
            case 0, 1:
                guard live.count < 24 else { continue }
                let start = Int.random(in: 0..<4, using: &generator) * 10
                harness.core.submit(
                    .sample(
                        next, prompt: start..<start + Int.random(in: 1...60, using: &generator),
                        output: Int.random(in: 1...30, using: &generator),
                        priority: Int.random(in: 0...1, using: &generator)))
                live.insert(RequestID(next))
                next += 1
            case 2: if let id = live.sorted().randomElement(using: &generator) { harness.core.cancel(id) }
            case 3:
                guard let id = live.sorted().randomElement(using: &generator) else { continue }
                if paused.remove(id) == nil { paused.insert(id) }
                harness.core.setPaused(paused.contains(id), id)
            case 4:
                for id in paused { harness.core.setPaused(false, id) }
                paused = []
            default: harness.step()
            }
            harness.collect()
            live = live.filter { harness.summaries[$0] == nil }
            paused.formIntersection(live)
        }
        for id in paused { harness.core.setPaused(false, id) }
        harness.runUntilIdle()
        #expect(harness.core.statistics.usedBlockCount == 0)
        #expect(harness.summaries.count == Int(next - 1))
        #expect(harness.core.statistics.preemptionCount > 100)
    }
}
