import Base
import Engine
import TestSupport
import Testing

@Suite struct `The end of a prompt` {
    @Test(arguments: [1, 15, 16, 17, 32, 40])
    func `is remembered, so that the same prompt has its first token without a row`(promptLength: Int) {
        var harness = Harness()
        let request = GenerationRequest.sample(1, prompt: 0..<promptLength)
        #expect(harness.run(request) == ScriptedModel.expectedOutput(request))
        harness.core.submit(.sample(2, prompt: 0..<promptLength))
        harness.step()
        #expect(harness.model.rowsOfLastStep == 0)
        #expect(harness.outputs[RequestID(2)]?.count == 1)
        // What the cache did not have of the prompt comes with the first token's row.
        harness.step()
        #expect(harness.model.rowsOfLastStep == promptLength % 16 + 1)
        #expect(harness.admissions[RequestID(2)] == promptLength / 16 * 16)
        harness.runUntilIdle()
        #expect(harness.outputs[RequestID(2)] == harness.outputs[RequestID(1)])
        #expect(harness.model.copyCount == 0)
    }

    @Test func `serves other seeds, and requests among others`() {
        var harness = Harness()
        _ = harness.run(.sample(1, prompt: 0..<37, seed: 1))
        harness.core.submit(.sample(2, prompt: 100..<150, output: 12))
        harness.step()
        let others = (3...5).map { GenerationRequest.sample(UInt64($0), prompt: 0..<37, seed: UInt64($0)) }
        for request in others { harness.core.submit(request) }
        harness.step()
        // The first answer goes on with a row; the three need none.
        #expect(harness.model.rowsOfLastStep == 1)
        for request in others { #expect(harness.outputs[request.id]?.count == 1) }
        harness.runUntilIdle()
        for request in others { #expect(harness.outputs[request.id] == ScriptedModel.expectedOutput(request)) }
    }

    @Test func `is no other prompt's: neither a longer one's nor a shorter one's nor another tenant's`() {
        var harness = Harness()
        _ = harness.run(.sample(1, prompt: 0..<20))
        for (id, length) in [(2, 19), (3, 21), (4, 16)] {
            let request = GenerationRequest.sample(UInt64(id), prompt: 0..<length)
            harness.core.submit(request)
            harness.step()
            #expect(harness.model.rowsOfLastStep > 0)
            harness.runUntilIdle()
            #expect(harness.outputs[request.id] == ScriptedModel.expectedOutput(request))
        }
        var other = GenerationRequest.sample(5, prompt: 0..<20)
        other.cacheNamespace = CacheNamespace(tenant: 7)
        harness.core.submit(other)
        harness.step()
        #expect(harness.model.rowsOfLastStep == 20)
    }

    @Test func `is forgotten when as many others came after it as there is room for`() {
        var harness = Harness(stateSlots: 2)
        _ = harness.run(.sample(1, prompt: 0..<20))
        _ = harness.run(.sample(2, prompt: 100..<120))
        _ = harness.run(.sample(3, prompt: 200..<220))
        for (id, start, rows) in [(4, 200, 0), (5, 100, 0), (6, 0, 4)] {
            harness.core.submit(.sample(UInt64(id), prompt: start..<start + 20))
            harness.step()
            #expect(harness.model.rowsOfLastStep == rows)
            harness.runUntilIdle()
            #expect(harness.outputs[RequestID(UInt64(id))] == harness.outputs[RequestID(UInt64(7 - id))])
        }
    }

    @Test func `is not used where blocks of the prompt were evicted, nor where its likelihood is asked for`() {
        var harness = Harness(blocks: 8, maxModelLength: 128)
        _ = harness.run(.sample(1, prompt: 0..<40))
        var scored = GenerationRequest.sample(2, prompt: 0..<40)
        scored.promptLogprobs = 0
        harness.core.submit(scored)
        harness.step()
        #expect(harness.model.rowsOfLastStep > 0)
        harness.runUntilIdle()
        #expect(harness.promptLogprobs[RequestID(2)]?.count == 39)
        _ = harness.run(.sample(3, prompt: 100..<220, output: 1))
        harness.core.submit(.sample(4, prompt: 0..<40))
        harness.step()
        #expect(harness.model.rowsOfLastStep > 0)
        harness.runUntilIdle()
        #expect(harness.outputs[RequestID(4)] == harness.outputs[RequestID(1)])
    }

    @Test func `answers alone when one token was wanted, and leaves no block behind`() {
        var harness = Harness()
        _ = harness.run(.sample(1, prompt: 0..<20))
        #expect(harness.run(.sample(2, prompt: 0..<20, output: 1)) == Array(harness.outputs[RequestID(1)]!.prefix(1)))
        #expect(harness.core.statistics.usedBlockCount == 0)
        #expect(harness.summaries[RequestID(2)]!.prefilledTokenCount == 0)
    }
}
