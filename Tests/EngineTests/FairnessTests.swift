import Base
import Engine
import TestSupport
import Testing

/// Two prompt tokens never agree between requests, so that the cache plays no part.
private func request(
    _ id: Int, tenant: Int, weight: Int = 1, prompt: Int = 20, output: Int = 8
) -> GenerationRequest {
    var request = GenerationRequest.sample(UInt64(id), prompt: id * 37..<id * 37 + prompt, output: output)
    request.tenant = EngineTenant(id: UInt32(tenant), weight: weight)
    request.cacheNamespace = CacheNamespace(tenant: UInt32(tenant))
    return request
}

/// The paper's U for tenants of these weights: what a counter can run ahead by, in tokens of weight 1.
private func bound(longestPrompt: Int, tokensInFlight: Int, leastWeight: Int = 1) -> Double {
    Double(max(1 * longestPrompt, 2 * tokensInFlight)) / Double(leastWeight)
}

@Suite struct `Fair scheduling` {
    /// Tenants of different habits, all with more to do than they are given; submits until each has ten waiting.
    /// - Parameter isFirstBlocked: the first one gets nothing through to the engine.
    /// - Returns: the first one's new requests.
    @discardableResult private static func overload(
        _ harness: inout Harness, weights: [Int], isFirstBlocked: Bool = false, generator: inout SeededGenerator,
        nextID: inout Int
    ) -> [RequestID] {
        var own: [RequestID] = []
        for (index, weight) in weights.enumerated() where index > 0 || !isFirstBlocked {
            let waiting = harness.core.statistics.tenants.first { $0.tenant == index + 1 }?.waitingCount ?? 0
            for _ in waiting..<max(waiting, 10) {
                // The second writes novels, the third asks long questions.
                let output = Int.random(in: 1...(index == 1 ? 60 : 12), using: &generator)
                let prompt = Int.random(in: 1...(index == 2 ? 90 : 30), using: &generator)
                harness.core.submit(
                    request(nextID, tenant: index + 1, weight: weight, prompt: prompt, output: output))
                if index == 0 { own.append(RequestID(UInt64(nextID))) }
                nextID += 1
            }
        }
        return own
    }

    @Test(arguments: [[1, 1, 1], [1, 2, 5], [3, 1, 1, 7]]) func `keeps the counters of backlogged tenants together`(
        weights: [Int]
    ) {
        // Room for everything that can run at once: prompts to 90, outputs to 60.
        var harness = Harness(blocks: 96, maxModelLength: 256) {
            $0.maxRunningCount = 8
            $0.maxBatchedTokens = 96
            $0.sharesPrefixes = false
        }
        let limit = bound(longestPrompt: 90, tokensInFlight: 96 * 16, leastWeight: weights.min()!)
        var generator = SeededGenerator(seed: 1)
        var nextID = 1
        var history: [[Double]] = []
        for _ in 0..<1_500 {
            Self.overload(&harness, weights: weights, generator: &generator, nextID: &nextID)
            harness.step()
            let tenants = harness.core.statistics.tenants
            #expect(tenants.allSatisfy { $0.isBacklogged })
            let services = tenants.map(\.service)
            #expect(services.max()! - services.min()! <= limit)
            history.append(services)
        }
        // What any two got between any two moments: Theorem 4.4. And in the long run, shares are weights.
        for start in stride(from: 0, to: history.count, by: 97) {
            for end in stride(from: start + 1, to: history.count, by: 89) {
                let gains = zip(history[start], history[end]).map { $1 - $0 }
                #expect(gains.max()! - gains.min()! <= 2 * limit)
            }
        }
        #expect(history.last!.min()! > limit)
    }

    @Test func `a flood gives back the blocks that it took, not whoever came later`() {
        var harness = Harness(blocks: 24, maxModelLength: 128) { $0.sharesPrefixes = false }
        for id in 1...4 { harness.core.submit(request(id, tenant: 1, output: 90)) }
        harness.step()
        harness.core.submit(request(5, tenant: 2, output: 60))
        while harness.summaries[RequestID(5)] == nil, harness.step() {}
        #expect(harness.core.statistics.preemptionCount > 0)
        #expect(harness.summaries[RequestID(5)]!.timings.preemptionCount == 0)
        harness.runUntilIdle()
        #expect(harness.summaries.count == 5)
    }

    @Test func `nobody gives up a place for a newcomer that does not fit even then`() {
        var harness = Harness(blocks: 20, maxModelLength: 320) {
            $0.sharesPrefixes = false
            $0.maxRunningCount = 3
        }
        for id in 1...3 { harness.core.submit(request(id, tenant: 1, prompt: 60, output: 20)) }
        harness.step()
        harness.core.submit(request(4, tenant: 2, prompt: 200))
        harness.runUntilIdle()
        #expect(harness.summaries.count == 4)
        #expect(harness.core.statistics.preemptionCount == 0)
    }

    /// How a tenant comes to have nothing that could be admitted.
    enum Absence: CaseIterable {
        /// Its clients do not read: all its requests are paused, those that run and those that wait.
        case paused
        /// Its limits let nothing through: no new request comes.
        case blocked
    }

    @Test(arguments: Absence.allCases, [[1, 1, 1], [2, 1, 3]])
    func `keeps the counters of the rest together while one is away, and of all when it is back`(
        absence: Absence, weights: [Int]
    ) {
        var harness = Harness(blocks: 96, maxModelLength: 256) {
            $0.maxRunningCount = 8
            $0.maxBatchedTokens = 96
            $0.sharesPrefixes = false
        }
        let limit = bound(longestPrompt: 90, tokensInFlight: 96 * 16, leastWeight: weights.min()!)
        var generator = SeededGenerator(seed: 6)
        var nextID = 1
        var own: [RequestID] = []
        for step in 0..<2_000 {
            let isAway = step % 1_000 >= 200
            own += Self.overload(
                &harness, weights: weights, isFirstBlocked: isAway && absence == .blocked, generator: &generator,
                nextID: &nextID)
            if absence == .paused {
                for id in own where harness.summaries[id] == nil { harness.core.setPaused(isAway, id) }
            }
            harness.step()
            let tenants = harness.core.statistics.tenants
            #expect(tenants.dropFirst().allSatisfy { $0.isBacklogged } && (isAway || tenants[0].isBacklogged))
            let services = tenants.filter { $0.isBacklogged }.map(\.service)
            #expect(services.max()! - services.min()! <= limit)
            guard step % 1_000 == 999 else { continue }
            // Whoever was away so long would be beyond the bound, if he were not lifted when he comes back.
            #expect(!tenants[0].isBacklogged && services.min()! - tenants[0].service > limit)
        }
    }

    @Test func `loses the bound when it is switched off`() {
        var harness = Harness(blocks: 96, maxModelLength: 256) {
            $0.maxRunningCount = 8
            $0.sharesPrefixes = false
            $0.isFair = false
        }
        // The second has ten requests waiting for each of the first's, so first come, first served gives it ten times
        // as much.
        var nextID = 1
        for _ in 0..<300 {
            harness.core.submit(request(nextID, tenant: 1, output: 60))
            for other in 1...10 { harness.core.submit(request(nextID + other, tenant: 2, output: 60)) }
            nextID += 11
        }
        for _ in 0..<2_500 { _ = harness.step() }
        let services = harness.core.statistics.tenants.map(\.service)
        #expect(abs(services[0] - services[1]) > 2 * bound(longestPrompt: 20, tokensInFlight: 96 * 16))
    }

    @Test func `counts every computed prompt token once and every generated token twice, and nothing else`() {
        var harness = Harness(blocks: 20, maxModelLength: 256)
        harness.core.submit(request(1, tenant: 1, prompt: 40, output: 10))
        harness.core.submit(request(2, tenant: 2, weight: 4, prompt: 40, output: 10))
        for step in 0..<8 {
            harness.step()
            // Computed again, and not charged again.
            if step == 4 { harness.core.preempt(RequestID(1)) }
        }
        harness.runUntilIdle()
        let services = harness.core.statistics.tenants.map(\.service)
        #expect(services == [60.0, 15.0])
        #expect(harness.core.statistics.preemptionCount == 1)
        // The cache gives 32 of its 40 prompt tokens now.
        var again = request(1, tenant: 1, prompt: 40, output: 10)
        again.id = RequestID(3)
        _ = harness.run(again)
        #expect(harness.summaries[RequestID(3)]?.cachedTokenCount == 32)
        #expect(harness.core.statistics.tenants[0].service == 88.0)
    }

    @Test func `does not charge for guesses that did not come true`() {
        var harness = Harness(draftModel: ScriptedModel(blockCount: 64)) {
            $0.speculation = SpeculationOptions()
            $0.speculation.drafter = .model
        }
        _ = harness.run(request(1, tenant: 1, prompt: 30, output: 40))
        #expect(harness.core.statistics.tenants[0].service == 110.0)
    }

    @Test func `saves nothing up for those who were away`() {
        var harness = Harness(blocks: 96) {
            $0.maxRunningCount = 4
            $0.sharesPrefixes = false
        }
        var nextID = 1
        harness.core.submit(request(nextID, tenant: 1))
        harness.runUntilIdle()
        // The second works alone for a long time.
        for _ in 0..<200 {
            nextID += 1
            harness.core.submit(request(nextID, tenant: 2))
        }
        for _ in 0..<150 { harness.step() }
        let before = harness.core.statistics.tenants.map(\.service)
        #expect(before[1] > before[0] + 1_000)
        for _ in 0..<200 {
            nextID += 1
            harness.core.submit(request(nextID, tenant: 1))
        }
        harness.step()
        let lifted = harness.core.statistics.tenants.map(\.service)
        #expect(lifted[0] >= before[1])
        // From here on they share: the one who was away does not catch up.
        for _ in 0..<150 { harness.step() }
        let gains = zip(lifted, harness.core.statistics.tenants.map(\.service)).map { $1 - $0 }
        #expect(abs(gains[0] - gains[1]) <= 2 * bound(longestPrompt: 20, tokensInFlight: 4 * 28))
    }

    @Test func `saves nothing up in an idle engine either`() {
        var harness = Harness(blocks: 96) { $0.sharesPrefixes = false }
        _ = harness.run(request(1, tenant: 1))
        for id in 2..<40 { _ = harness.run(request(id, tenant: 2)) }
        // Nobody waits now: who comes is compared with the last one who was served.
        harness.core.submit(request(40, tenant: 1))
        harness.step()
        let services = harness.core.statistics.tenants.map(\.service)
        #expect(services[0] > services[1] - 100)
    }

    @Test func `never leaves a place empty while somebody waits`() {
        var harness = Harness(blocks: 128, maxModelLength: 256) {
            $0.maxRunningCount = 6
            $0.maxBatchedTokens = 48
        }
        var generator = SeededGenerator(seed: 2)
        var nextID = 1
        for _ in 0..<800 {
            for tenant in 1...3 where Int.random(in: 0..<8, using: &generator) == 0 {
                harness.core.submit(
                    request(
                        nextID, tenant: tenant, prompt: Int.random(in: 1...60, using: &generator),
                        output: Int.random(in: 1...20, using: &generator)))
                nextID += 1
            }
            // Who runs gives up his place at the end of a step; so count at its beginning.
            let running = harness.core.statistics.runningCount
            let waiting = harness.core.statistics.waitingCount
            guard harness.step() else { continue }
            guard waiting > 0, running < 6 else { continue }
            let admitted = waiting > harness.core.statistics.waitingCount
            #expect(admitted || harness.model.rowsOfLastStep == 48)
        }
    }

    /// Behind a tenant that has sixty requests a newcomer waits for none of them: level with the other, it comes first; and
    /// once its prompt has begun, nothing but its own rows is computed until it is done.
    @Test func `lets a newcomer's prompt through at once, and without a pause`() {
        var harness = Harness(blocks: 256) {
            $0.maxRunningCount = 4
            $0.maxBatchedTokens = 36
            $0.prefillTokensBesideDecode = 32
            $0.sharesPrefixes = false
        }
        for id in 1...60 { harness.core.submit(request(id, tenant: 1, prompt: 80, output: 40)) }
        // Far below its share, at every stage of the others' prompts.
        for round in 0..<12 {
            for _ in 0..<12 + round { harness.step() }
            let newcomer = request(100 + round, tenant: 2, prompt: 80, output: 1)
            harness.core.submit(newcomer)
            for _ in 0..<3 { harness.step() }
            #expect(harness.outputs[newcomer.id]?.count == 1, "\(round)")
        }
    }

    @Test func `lets nobody less urgent overtake a prompt, however little his tenant was given`() {
        var harness = Harness {
            $0.maxBatchedTokens = 16
            $0.sharesPrefixes = false
        }
        var urgent = request(1, tenant: 1, prompt: 64, output: 2)
        urgent.priority = -1
        harness.core.submit(urgent)
        harness.step()
        harness.core.submit(request(2, tenant: 2, prompt: 64, output: 2))
        for _ in 0..<3 { harness.step() }
        #expect(harness.outputs[RequestID(1)]?.count == 1 && harness.admissions[RequestID(2)] == nil)
    }

    @Test func `keeps priorities above fairness`() {
        var harness = Harness { $0.maxRunningCount = 1 }
        for id in 1...20 { harness.core.submit(request(id, tenant: 1)) }
        harness.step()
        var urgent = request(21, tenant: 1)
        urgent.priority = -1
        harness.core.submit(request(22, tenant: 2))
        harness.core.submit(urgent)
        var order: [RequestID] = []
        while harness.step() { order += harness.summaries.keys.filter { !order.contains($0) } }
        #expect(order[1...2] == [RequestID(21), RequestID(22)])
    }
}
