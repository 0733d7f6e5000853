import Base
import Engine
import TestSupport
import Testing

private func request(
    _ id: Int, tenant: UInt32, salt: String = "", quota: Int = 0, prompt: Range<Int>, shared: Int = 0, output: Int = 1
) -> GenerationRequest {
    var request = GenerationRequest.sample(UInt64(id), prompt: prompt, output: output)
    request.tenant = EngineTenant(id: tenant, cacheQuota: quota)
    request.cacheNamespace = CacheNamespace(tenant: tenant, salt: Array(salt.utf8))
    request.sharedPrefixCount = shared
    return request
}

extension Harness {
    /// Prompt tokens that the cache gave.
    fileprivate mutating func hits(_ request: GenerationRequest) -> Int {
        let output = run(request)
        precondition(output == ScriptedModel.expectedOutput(request), "the cache gave somebody else's keys and values")
        return summaries[request.id]!.cachedTokenCount
    }
}

@Suite struct `Prefix caching between tenants` {
    @Test func `shares nothing between tenants, nor between salts of one`() {
        var harness = Harness()
        #expect(harness.hits(request(1, tenant: 1, prompt: 0..<50)) == 0)
        #expect(harness.hits(request(2, tenant: 2, prompt: 0..<50)) == 0)
        #expect(harness.hits(request(3, tenant: 1, salt: "a", prompt: 0..<50)) == 0)
        #expect(harness.hits(request(4, tenant: 1, salt: "b", prompt: 0..<50)) == 0)
        #expect(harness.hits(request(5, tenant: 2, salt: "a", prompt: 0..<50)) == 0)
        for (index, (tenant, salt)) in [(1, ""), (2, ""), (1, "a"), (1, "b"), (2, "a")].enumerated() {
            #expect(harness.hits(request(10 + index, tenant: UInt32(tenant), salt: salt, prompt: 0..<50)) == 48)
        }
    }

    @Test func `shares whole blocks of the server's own words, and not one token behind them`() {
        var harness = Harness(blocks: 128)
        // 40 tokens of the server's: two blocks of 16, and 8 tokens in a block that ends with the tenant's.
        #expect(harness.hits(request(1, tenant: 1, prompt: 0..<80, shared: 40)) == 0)
        #expect(harness.hits(request(2, tenant: 2, prompt: 0..<80, shared: 40)) == 32)
        #expect(harness.hits(request(3, tenant: 1, prompt: 0..<81, shared: 40)) == 80)
        #expect(harness.hits(request(4, tenant: 2, prompt: 0..<81, shared: 40)) == 80)
        // Nobody gets at them by sending the server's words as his own.
        #expect(harness.hits(request(5, tenant: 3, prompt: 0..<80)) == 0)
        // A shared span without anything behind it.
        #expect(harness.hits(request(6, tenant: 4, prompt: 0..<33, shared: 33)) == 32)
        #expect(harness.hits(request(7, tenant: 4, prompt: 0..<10, shared: 10)) == 0)
    }

    /// An attacker who asks for what a victim may have asked, and looks how much the cache knew and how many steps the
    /// first token took. His stopwatch counts steps, not milliseconds: a real one could only add noise to that.
    private static func attack(sharesNamespace: Bool, trials: Int) -> (hits: RankTest, steps: RankTest) {
        var harness = Harness(blocks: 48, maxModelLength: 256) { $0.maxBatchedTokens = 16 }
        var generator = SeededGenerator(seed: 11)
        var (hits, steps) = (RankTest(), RankTest())
        for trial in 0..<trials {
            let start = trial * 5 % 50 + trial / 10 * 50
            let secret = start..<start + Int.random(in: 30...100, using: &generator)
            let wasAsked = Bool.random(using: &generator)
            let asked = wasAsked ? secret : secret.lowerBound + 1..<secret.upperBound + 1
            _ = harness.run(request(3 * trial, tenant: 1, prompt: asked))
            // Somebody else is there too.
            _ = harness.run(request(3 * trial + 1, tenant: 3, prompt: 0..<Int.random(in: 1...60, using: &generator)))
            let probe = request(3 * trial + 2, tenant: sharesNamespace ? 1 : 2, prompt: secret)
            harness.core.submit(probe)
            var stepCount = 0
            while harness.outputs[probe.id] == nil, harness.step() { stepCount += 1 }
            harness.runUntilIdle()
            hits.add(Double(harness.summaries[probe.id]!.cachedTokenCount), isPositive: wasAsked)
            // Per prompt token, since the attacker knows what he sent.
            steps.add(-Double(stepCount) / Double(secret.count), isPositive: wasAsked)
        }
        return (hits, steps)
    }

    @Test func `leaves an attacker with a stopwatch at chance`() {
        let isolated = Self.attack(sharesNamespace: false, trials: 400)
        #expect(isolated.hits.area == 0.5)
        #expect(isolated.steps.interval.contains(0.5))
        // The same attack on a namespace that both share: the test would notice a leak.
        let leaking = Self.attack(sharesNamespace: true, trials: 400)
        #expect(leaking.hits.area > 0.95)
        #expect(leaking.steps.interval.lowerBound > 0.8)
    }

    @Test func `lets no flood push a tenant below its quota`() {
        for (quota, expected) in [(12, 160), (6, 96), (0, 0)] {
            var harness = Harness(blocks: 40, maxModelLength: 256)
            _ = harness.hits(request(1, tenant: 1, quota: quota, prompt: 0..<161))
            for id in 2..<60 { _ = harness.hits(request(id, tenant: 2, prompt: id * 61..<id * 61 + 150)) }
            #expect(harness.hits(request(60, tenant: 1, quota: quota, prompt: 0..<161)) == expected)
        }
    }

    @Test func `lets its owner replace what is in the quota`() {
        var harness = Harness(blocks: 40, maxModelLength: 256)
        _ = harness.hits(request(1, tenant: 1, quota: 10, prompt: 0..<161))
        for id in 2..<30 { _ = harness.hits(request(id, tenant: 1, quota: 10, prompt: id * 61..<id * 61 + 150)) }
        #expect(harness.hits(request(30, tenant: 1, quota: 10, prompt: 0..<161)) == 0)
        #expect(harness.hits(request(31, tenant: 1, quota: 10, prompt: 29 * 61..<29 * 61 + 150)) == 144)
    }

    @Test func `gives a quota to others that its tenant lost without another request`() {
        var harness = Harness(blocks: 40, maxModelLength: 400)
        for tenant in 1...2 {
            _ = harness.hits(
                request(tenant, tenant: UInt32(tenant), quota: 30, prompt: tenant * 61..<tenant * 61 + 150))
        }
        #expect(harness.core.statistics.tenants.map(\.cacheQuota) == [15, 0])
        harness.core.use([EngineTenant(id: 2, weight: 3, cacheQuota: 9), EngineTenant(id: 1), EngineTenant(id: 7)])
        #expect(harness.core.statistics.tenants.map(\.cacheQuota) == [0, 9])
        #expect(harness.core.statistics.tenants.map(\.weight) == [1, 3])
    }

    @Test func `leaves room for one request of full length, whatever the quotas`() {
        var harness = Harness(blocks: 40, maxModelLength: 400)
        for tenant in 1...4 {
            _ = harness.hits(
                request(tenant, tenant: UInt32(tenant), quota: 30, prompt: tenant * 61..<tenant * 61 + 150))
        }
        let quotas = harness.core.statistics.tenants.map(\.cacheQuota)
        #expect(quotas == [15, 0, 0, 0])
        let output = harness.run(request(9, tenant: 9, prompt: 500..<800, output: 200))
        #expect(output.count == 100)
        #expect(harness.hits(request(10, tenant: 1, quota: 30, prompt: 61..<211)) == 144)
    }
}

@Suite struct `Quotas in the block pool` {
    @Test func `hold under random use`() {
        var generator = SeededGenerator(seed: 12)
        for _ in 0..<20 {
            var pool = BlockPool(blockCount: 40)
            let owners = [CacheOwner.everyone] + (0..<3).map { _ in pool.addOwner() }
            for owner in owners { pool.setQuota(Int.random(in: 0...8, using: &generator), of: owner) }
            var held: [BlockID] = []
            for _ in 0..<1_500 {
                let owner = owners.randomElement(using: &generator)!
                let before = owners.map { pool.accounts.cachedCount(of: $0) }
                switch Int.random(in: 0..<10, using: &generator) {
                case 0..<5:
                    let available = pool.availableCount(for: owner)
                    guard let (block, _) = pool.allocate(for: owner) else {
                        #expect(available == 0)
                        break
                    }
                    #expect(available > 0)
                    if Bool.random(using: &generator) { pool.markCached(block, owner: owner) }
                    held.append(block)
                case 5:
                    if let block = held.randomElement(using: &generator) {
                        pool.retain(block)
                        held.append(block)
                    }
                default:
                    guard !held.isEmpty else { break }
                    pool.release(held.remove(at: Int.random(in: 0..<held.count, using: &generator)))
                }
                pool.checkInvariants()
                for (index, other) in owners.enumerated() where other != owner {
                    let after = pool.accounts.cachedCount(of: other)
                    #expect(after >= min(before[index], pool.accounts.quota(of: other)))
                }
            }
        }
    }
}

/// How well one number tells two classes apart: the area under the ROC curve, as the share of pairs in the right order.
/// Mann and Whitney, 1947; its spread: Hanley and McNeil, "The meaning and use of the area under a ROC curve", 1982.
private struct RankTest {
    private var (positives, negatives): ([Double], [Double]) = ([], [])

    mutating func add(_ value: Double, isPositive: Bool) {
        if isPositive { positives.append(value) } else { negatives.append(value) }
    }

    /// A tie counts half.
    var area: Double {
        var sum = 0.0
        for positive in positives {
            for negative in negatives { sum += positive > negative ? 1 : positive == negative ? 0.5 : 0 }
        }
        return sum / Double(positives.count * negatives.count)
    }

    /// 95 of 100 such intervals hold the true value.
    var interval: ClosedRange<Double> {
        let (area, m, n) = (area, Double(positives.count), Double(negatives.count))
        let (q1, q2) = (area / (2 - area), 2 * area * area / (1 + area))
        let variance =
            (area * (1 - area) + (m - 1) * (q1 - area * area) + (n - 1) * (q2 - area * area)) / (m * n)
        let reach = 1.96 * max(0, variance).squareRoot()
        return area - reach...area + reach
    }
}
