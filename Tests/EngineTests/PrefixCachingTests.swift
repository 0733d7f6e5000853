import Base
import Engine
import Testing

@Suite struct `Prefix caching` {
    @Test(arguments: [1, 15, 16, 17, 31, 32, 33, 64])
    func `finds all full blocks of a repeated prompt but computes its last token`(promptLength: Int) {
        var harness = Harness(stateSlots: 0)
        let first = harness.run(.sample(1, prompt: 0..<promptLength))
        let second = harness.run(.sample(2, prompt: 0..<promptLength))
        #expect(first == second)
        #expect(first == ScriptedModel.expectedOutput(.sample(1, prompt: 0..<promptLength)))
        #expect(harness.summaries[RequestID(1)]!.cachedTokenCount == 0)
        // A prompt of whole blocks is known entirely; one token is recomputed for its logits.
        let fullBlocks = promptLength / 16 * 16
        #expect(harness.summaries[RequestID(2)]!.cachedTokenCount == min(fullBlocks, promptLength - 1))
    }

    @Test func `copies the last block of a fully known prompt instead of writing into a shared one`() {
        var harness = Harness(stateSlots: 0)
        let first = GenerationRequest.sample(1, prompt: 0..<32, output: 20)
        harness.core.submit(first)
        harness.step()
        // The first request still runs and holds its blocks when the second arrives.
        harness.core.submit(.sample(2, prompt: 0..<32, output: 20))
        harness.step()
        #expect(harness.model.copyCount == 1)
        #expect(harness.model.rowsOfLastStep == 2)
        harness.runUntilIdle()
        #expect(harness.outputs[RequestID(1)] == harness.outputs[RequestID(2)])
        #expect(harness.outputs[RequestID(1)] == ScriptedModel.expectedOutput(first))
        #expect(harness.summaries[RequestID(2)]!.cachedTokenCount == 31)
    }

    @Test func `takes the source of a copy in place when it is the last block left`() {
        // Two blocks hold the prompt; nothing else exists, so the copy can only go where it came from.
        var harness = Harness(blocks: 2, maxModelLength: 32) { $0.maxRunningCount = 1 }
        _ = harness.run(.sample(1, prompt: 0..<31, output: 1))
        _ = harness.run(.sample(2, prompt: 0..<31, output: 1))
        #expect(harness.outputs[RequestID(1)] == harness.outputs[RequestID(2)])
        #expect(harness.summaries[RequestID(2)]!.cachedTokenCount == 16)
    }

    @Test func `reuses the answer of an earlier turn as the next turn's prefix`() {
        var harness = Harness()
        let answer = harness.run(.sample(1, prompt: 0..<20, output: 30))
        var followUp = GenerationRequest.sample(2, prompt: 0..<20, output: 5)
        followUp.promptTokens += answer + [3, 4, 5]
        #expect(harness.run(followUp) == ScriptedModel.expectedOutput(followUp))
        // 20 + 30 tokens, of which the last was never computed: 49 computed, three full blocks.
        #expect(harness.summaries[RequestID(2)]!.cachedTokenCount == 48)
    }

    @Test func `shares nothing between namespaces`() {
        var harness = Harness()
        _ = harness.run(.sample(1, prompt: 0..<40))
        var other = GenerationRequest.sample(2, prompt: 0..<40)
        other.cacheNamespace = CacheNamespace(tenant: 7)
        #expect(harness.run(other) == ScriptedModel.expectedOutput(other))
        #expect(harness.summaries[RequestID(2)]!.cachedTokenCount == 0)
        var same = GenerationRequest.sample(3, prompt: 0..<40)
        same.cacheNamespace = CacheNamespace(tenant: 7)
        _ = harness.run(same)
        #expect(harness.summaries[RequestID(3)]!.cachedTokenCount == 32)
    }

    @Test func `does nothing when it is switched off`() {
        var harness = Harness { $0.sharesPrefixes = false }
        _ = harness.run(.sample(1, prompt: 0..<40))
        _ = harness.run(.sample(2, prompt: 0..<40))
        #expect(harness.summaries[RequestID(2)]!.cachedTokenCount == 0)
        #expect(harness.core.statistics.cachedBlockCount == 0)
    }

    @Test func `evicts the tail of a finished request before its prefix`() {
        var harness = Harness(blocks: 8, maxModelLength: 128)
        _ = harness.run(.sample(1, prompt: 0..<64, output: 1))  // leaves 4 cached blocks
        // Another request needs 6 of the 8 blocks: 4 anonymous ones and the last 2 of the 4.
        _ = harness.run(.sample(2, prompt: 100..<190, output: 1))
        _ = harness.run(.sample(3, prompt: 0..<64, output: 1))
        #expect(harness.summaries[RequestID(3)]!.cachedTokenCount == 32)
    }

    @Test func `counts queried and found tokens once per request, preempted or not`() {
        var harness = Harness()
        _ = harness.run(.sample(1, prompt: 0..<40))
        _ = harness.run(.sample(2, prompt: 0..<40))
        #expect(harness.core.statistics.prefixQueriedTokenCount == 80)
        #expect(harness.core.statistics.prefixHitTokenCount == 32)
    }
}

@Suite struct `Prefix cache` {
    private func tokens(_ range: Range<Int>) -> ArraySlice<TokenID> { range.map { TokenID($0) }[...] }

    @Test func `compares tokens and parent on a hit, so that equal names alone prove nothing`() {
        var cache = PrefixCache(blockCount: 4, tokensPerBlock: 4)
        let hasher = BlockHasher(key: SipHashKey(1, 2))
        let root = hasher.root(.shared)
        let name = hasher.child(of: root, tokens: tokens(0..<4))
        let isNew = cache.insert(BlockID(2), name: name, parent: root, tokens: tokens(0..<4))
        #expect(isNew)
        #expect(cache.block(name, parent: root, tokens: tokens(0..<4)) == BlockID(2))
        #expect(cache.block(name, parent: root, tokens: tokens(1..<5)) == nil)
        #expect(cache.block(name, parent: name, tokens: tokens(0..<4)) == nil)
    }

    @Test func `keeps the first block of a name and forgets it when removed`() {
        var cache = PrefixCache(blockCount: 4, tokensPerBlock: 4)
        let hasher = BlockHasher(key: SipHashKey(1, 2))
        let root = hasher.root(.shared)
        let name = hasher.child(of: root, tokens: tokens(0..<4))
        let isFirst = cache.insert(BlockID(0), name: name, parent: root, tokens: tokens(0..<4))
        #expect(isFirst)
        let isSecond = cache.insert(BlockID(1), name: name, parent: root, tokens: tokens(0..<4))
        #expect(!isSecond)
        cache.checkInvariants()
        cache.remove(BlockID(1))
        #expect(cache.block(name, parent: root, tokens: tokens(0..<4)) == BlockID(0))
        cache.remove(BlockID(0))
        #expect(cache.block(name, parent: root, tokens: tokens(0..<4)) == nil)
        cache.checkInvariants()
    }

    @Test func `names depend on key, namespace, parent and tokens`() {
        let hasher = BlockHasher(key: SipHashKey(1, 2))
        let names = [
            hasher.root(.shared), hasher.root(CacheNamespace(tenant: 1)),
            BlockHasher(key: SipHashKey(1, 3)).root(.shared),
            hasher.child(of: hasher.root(.shared), tokens: tokens(0..<4)),
            hasher.child(of: hasher.root(.shared), tokens: tokens(1..<5)),
            hasher.child(of: hasher.root(CacheNamespace(tenant: 1)), tokens: tokens(0..<4)),
        ]
        #expect(Set(names).count == names.count)
    }
}
