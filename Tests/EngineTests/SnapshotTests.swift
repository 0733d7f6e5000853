// SnapshotTests.swift — what an onlooker sees belongs together, adds up, and is nobody else's.

import Base
import Dispatch
import Engine
import Synchronization
import TestSupport
import Testing

private func request(_ id: Int, tenant: UInt32, prompt: Range<Int>, output: Int = 8) -> GenerationRequest {
    var request = GenerationRequest.sample(UInt64(id), prompt: prompt, output: output)
    request.tenant = EngineTenant(id: tenant)
    request.cacheNamespace = CacheNamespace(tenant: tenant)
    return request
}

extension EngineSnapshot {
    fileprivate func count(_ state: BlockState) -> Int { blocks.count { $0 == state } }
}

@Suite struct `A look at the engine` {
    @Test(arguments: 0..<10) func `adds up after every step`(seed: Int) {
        var generator = SeededGenerator(seed: UInt64(seed + 100))
        var harness = Harness(blocks: 40, maxModelLength: 200) {
            $0.speculation.drafter = seed % 2 == 0 ? .lookup : nil
            $0.maxBatchedTokens = 32
        }
        var steps: [StepRecord] = []
        for id in 0..<60 {
            if id < 12 {
                let start = Int.random(in: 0..<3, using: &generator) * 40
                harness.core.submit(
                    request(
                        id, tenant: .random(in: 0..<3, using: &generator),
                        prompt: start..<start + Int.random(in: 1...70, using: &generator),
                        output: .random(in: 1...40, using: &generator)))
            }
            harness.step()
            let snapshot = harness.core.snapshot(EngineQuery(tenant: 1))
            let statistics = harness.core.statistics
            #expect(snapshot.blocks.count == 40)
            #expect(snapshot.count(.used) + snapshot.count(.shared) == statistics.usedBlockCount)
            #expect(snapshot.count(.cached) == statistics.cachedBlockCount)
            #expect(snapshot.count(.shared) == snapshot.sharedBlockCount)
            #expect(snapshot.statistics.stepCount == statistics.stepCount)
            if let newest = snapshot.steps.last, newest.number > steps.last?.number ?? 0 { steps.append(newest) }
            #expect(snapshot.steps == steps)
            #expect(snapshot.steps.last?.usedBlockCount ?? 0 == statistics.usedBlockCount)
            for block in snapshot.requests.flatMap(\.blocks) {
                #expect([.used, .shared].contains(snapshot.blocks[block.index]))
            }
        }
        harness.runUntilIdle()
        let snapshot = harness.core.snapshot(EngineQuery(tenant: 1))
        let statistics = snapshot.statistics
        #expect(snapshot.requests.isEmpty && statistics.usedBlockCount == 0)
        #expect(snapshot.steps.reduce(0) { $0 + $1.generatedCount } == Int(statistics.generatedTokenCount))
        #expect(snapshot.steps.reduce(0) { $0 + $1.draftRowCount } == Int(statistics.draftedTokenCount))
        #expect(snapshot.steps.reduce(0) { $0 + $1.acceptedCount } == Int(statistics.acceptedTokenCount))
        let rows = snapshot.steps.reduce(0) { $0 + $1.prefillRowCount + $1.decodeRowCount + $1.draftRowCount }
        #expect(Double(rows) == statistics.rowsPerStep.sum)
    }

    @Test func `remembers the last 256 steps, the oldest first`() {
        var harness = Harness(maxModelLength: 512)
        _ = harness.run(.sample(1, prompt: 0..<10, output: 300))
        let steps = harness.core.snapshot(EngineQuery()).steps
        #expect(steps.map(\.number) == Array(45...300))
        #expect(steps.allSatisfy { $0.decodeRowCount == 1 && $0.prefillRowCount == 0 && $0.generatedCount == 1 })
    }

    @Test func `shows a tenant its own requests and words, and of others only that blocks are taken`() throws {
        var harness = Harness()
        harness.core.submit(request(1, tenant: 1, prompt: 0..<40))
        harness.core.submit(request(2, tenant: 2, prompt: 100..<130))
        harness.step()
        let own = harness.core.snapshot(EngineQuery(tenant: 1))
        #expect(own.requests.map(\.id) == [RequestID(1)])
        #expect(own.statistics.runningCount == 2)
        let ownBlocks = own.requests[0].blocks
        let otherBlocks = harness.core.snapshot(EngineQuery(tenant: 2)).requests[0].blocks
        #expect(ownBlocks.count == 3 && otherBlocks.count == 2)

        func view(_ block: BlockID, _ tenant: UInt32) throws -> EngineSnapshot.BlockView {
            try #require(harness.core.snapshot(EngineQuery(tenant: tenant, block: block.index)).block)
        }
        let prompt = request(1, tenant: 1, prompt: 0..<40).promptTokens
        #expect(try view(ownBlocks[1], 1).tokens == Array(prompt[16..<32]))
        #expect(try view(ownBlocks[2], 1).tokens == Array(prompt[32..<40]))
        #expect(try view(ownBlocks[1], 1).requests == [RequestID(1)])
        for (block, tenant) in [(ownBlocks[1], 2), (otherBlocks[0], 1), (otherBlocks[0], 0), (otherBlocks[0], 7)] {
            let seen = try view(block, UInt32(tenant))
            #expect(seen.tokens == nil && seen.requests.isEmpty && seen.state == .used)
        }

        // What stays in the cache afterwards is told to nobody else either.
        harness.runUntilIdle()
        #expect(try view(ownBlocks[1], 1).state == .cached)
        #expect(try view(ownBlocks[1], 1).tokens == Array(prompt[16..<32]))
        for tenant in [0, 2, 7] { #expect(try view(ownBlocks[1], UInt32(tenant)).tokens == nil) }
        #expect(harness.core.snapshot(EngineQuery(block: 64)).block == nil)
        #expect(harness.core.snapshot(EngineQuery(block: -1)).block == nil)
    }

    @Test func `is given while the engine rests, while it works, and refused after its end`() throws {
        var configuration = EngineConfiguration(maxModelLength: 512, blockCount: 64)
        configuration.maxRunningCount = 4
        let core = EngineCore(model: ScriptedModel(blockCount: 64), configuration: configuration)
        let client = try EngineClient(core: core, kvCacheBytes: 1) { _ in }

        func look() -> EngineSnapshot? {
            let seen = Mutex<EngineSnapshot?>(nil)
            let arrived = DispatchSemaphore(value: 0)
            client.look(EngineQuery()) { snapshot in
                seen.withLock { $0 = snapshot }
                arrived.signal()
            }
            arrived.wait()
            return seen.withLock { $0 }
        }
        #expect(look()?.statistics.stepCount == 0)
        for id in 1...8 { try client.submit(.sample(UInt64(id), prompt: 0..<id, output: 200)) }
        for _ in 0..<50 {
            let snapshot = try #require(look())
            let statistics = snapshot.statistics
            #expect(snapshot.requests.count == statistics.runningCount + statistics.waitingCount)
            #expect(snapshot.count(.used) + snapshot.count(.shared) == statistics.usedBlockCount)
        }
        client.shutDown()
        #expect(look() == nil)
    }
}
