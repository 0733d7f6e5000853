import Base
import Engine
import TestSupport
import Testing

/// A modest tenant beside one that floods. Time is counted in steps, so every run is the same.
private struct FloodExperiment {
    enum Neighbour: Equatable {
        /// Always has a hundred and fifty requests open.
        case flood
        /// Sends one every so many hundredths of a step, evenly.
        case polite(hundredths: Int)
    }

    /// The modest tenant's steps to the first token, sorted.
    var waits: [Int] = []
    /// What the neighbour got in the end.
    var neighbourCount = 0
    static let stepCount = 3_000

    init(isFair: Bool, neighbour: Neighbour, prompt: Int = 40, output: Int = 16, slots: Int = 12, every: Int = 12) {
        var harness = Harness(blocks: 1024, maxModelLength: 512) {
            $0.maxRunningCount = slots
            $0.maxBatchedTokens = 128
            $0.prefillTokensBesideDecode = 64
            $0.maxWaitingCount = 1_000
            $0.sharesPrefixes = false
            $0.isFair = isFair
        }
        var generator = SeededGenerator(seed: 9)
        var (modest, others): ([RequestID: Int], Set<RequestID>) = ([:], [])
        var nextID: UInt64 = 1
        var sent = 0
        func submit(tenant: UInt32) -> RequestID {
            var request = GenerationRequest.sample(
                nextID, prompt: Int(nextID) * 7..<Int(nextID) * 7 + prompt, output: output)
            request.tenant = EngineTenant(id: tenant)
            request.cacheNamespace = CacheNamespace(tenant: tenant)
            nextID += 1
            harness.core.submit(request)
            return request.id
        }
        for step in 0..<Self.stepCount {
            // Far below its half of the engine, at moments that nobody can foresee.
            if Int.random(in: 0..<every, using: &generator) == 0 { modest[submit(tenant: 1)] = step }
            switch neighbour {
            case .flood: while others.count < 150 { others.insert(submit(tenant: 2)) }
            case .polite(let hundredths):
                while sent * hundredths < step * 100 {
                    others.insert(submit(tenant: 2))
                    sent += 1
                }
            }
            _ = harness.core.step()
            harness.collect()
            for (id, start) in modest where harness.outputs[id] != nil {
                waits.append(step - start + 1)
                modest[id] = nil
            }
            neighbourCount += others.count { harness.summaries[$0] != nil }
            others = others.filter { harness.summaries[$0] == nil }
        }
        // Who still waits has waited at least so long.
        waits += modest.values.map { Self.stepCount - $0 }
        waits.sort()
    }

    var p99: Int { waits[min(waits.count - 1, waits.count * 99 / 100)] }
    var median: Int { waits[waits.count / 2] }
}

@Suite struct `A flood` {
    /// Once where steps are the bottleneck (long prompts), and once where places are (long answers).
    @Test(arguments: [(160, 16, 12, 20), (40, 64, 24, 12)])
    func `does its neighbour no more harm than a polite tenant with the same load`(
        prompt: Int, output: Int, slots: Int, every: Int
    ) {
        func run(isFair: Bool, _ neighbour: FloodExperiment.Neighbour) -> FloodExperiment {
            FloodExperiment(
                isFair: isFair, neighbour: neighbour, prompt: prompt, output: output, slots: slots, every: every)
        }
        let flooded = run(isFair: true, .flood)
        let polite = run(
            isFair: true, .polite(hundredths: FloodExperiment.stepCount * 100 / flooded.neighbourCount))
        let unfair = run(isFair: false, .flood)
        // The same load indeed.
        #expect(abs(flooded.neighbourCount - polite.neighbourCount) * 40 < flooded.neighbourCount)
        #expect(flooded.waits.count > 120)
        #expect(Double(flooded.p99) <= 1.3 * Double(polite.p99))
        // First come, first served makes everybody wait behind a hundred and fifty others.
        #expect(unfair.p99 > 10 * flooded.p99)
        #expect(unfair.median > 10 * flooded.median)
        print(
            "steps to the first token, median and p99: polite \(polite.median) \(polite.p99),",
            "flood \(flooded.median) \(flooded.p99), first come first served \(unfair.median) \(unfair.p99)")
    }
}
