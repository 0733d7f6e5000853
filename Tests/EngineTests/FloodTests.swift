import Base
import Engine
import TestSupport
import Testing

/// A modest tenant beside one that floods. Time is what the rows of the steps cost, so every run is the same.
private struct FloodExperiment {
    enum Neighbour: Equatable {
        /// Always has a hundred and fifty requests open.
        case flood
        /// Sends one every so often, evenly.
        case polite(every: Double)
    }

    /// What each tenant asks for again and again, and how much an engine computes at once.
    struct Load {
        var prompt: Int
        var output: Int
        var slots: Int
        /// Time between two requests of the modest tenant, on average: far less than half of the engine's.
        var every: Double
    }

    /// The modest tenant's times to the first token, sorted.
    private(set) var waits: [Double] = []
    /// What the neighbour got in the end.
    private(set) var neighbourCount = 0
    private(set) var clock = 0.0

    /// As in the embedded model, a step takes as long as some ten rows of a prompt, and each of its rows adds one.
    static func cost(rows: Double) -> Double { 10 + rows }

    init(_ load: Load, isFair: Bool, neighbour: Neighbour, duration: Double = 600_000) {
        var harness = Harness(blocks: 1024, maxModelLength: 512) {
            $0.maxRunningCount = load.slots
            $0.maxBatchedTokens = 128
            $0.prefillTokensBesideDecode = 64
            $0.maxWaitingCount = 1_000
            $0.sharesPrefixes = false
            $0.isFair = isFair
        }
        var generator = SeededGenerator(seed: 9)
        var (modest, others): ([RequestID: Double], Set<RequestID>) = ([:], [])
        var nextID: UInt64 = 1
        func submit(tenant: UInt32) -> RequestID {
            let start = Int(nextID) * 7
            var request = GenerationRequest.sample(nextID, prompt: start..<start + load.prompt, output: load.output)
            request.tenant = EngineTenant(id: tenant)
            request.cacheNamespace = CacheNamespace(tenant: tenant)
            nextID += 1
            harness.core.submit(request)
            return request.id
        }
        // At moments that nobody can foresee, but the same ones beside every neighbour.
        func gap() -> Double { Double.random(in: 0..<2 * load.every, using: &generator) }
        var (nextModest, nextPolite) = (gap(), 0.0)
        while clock < duration {
            while nextModest <= clock {
                modest[submit(tenant: 1)] = nextModest
                nextModest += gap()
            }
            switch neighbour {
            case .flood: while others.count < 150 { others.insert(submit(tenant: 2)) }
            case .polite(let every):
                while nextPolite <= clock {
                    others.insert(submit(tenant: 2))
                    nextPolite += every
                }
            }
            let rowsBefore = harness.core.statistics.rowsPerStep.sum
            if harness.core.step() {
                clock += Self.cost(rows: harness.core.statistics.rowsPerStep.sum - rowsBefore)
            } else {
                clock = min(nextModest, nextPolite)
            }
            harness.collect()
            for (id, start) in modest where harness.outputs[id] != nil {
                waits.append(clock - start)
                modest[id] = nil
            }
            neighbourCount += others.count { harness.summaries[$0] != nil }
            others = others.filter { harness.summaries[$0] == nil }
        }
        // Who still waits has waited at least so long.
        waits += modest.values.map { clock - $0 }
        waits.sort()
    }

    var p99: Double { waits[min(waits.count - 1, waits.count * 99 / 100)] }
    var median: Double { waits[waits.count / 2] }
}

@Suite struct `A flood` {
    /// Once where steps are the bottleneck (long prompts), and once where places are (long answers).
    @Test(arguments: [
        FloodExperiment.Load(prompt: 160, output: 16, slots: 12, every: 1_800),
        FloodExperiment.Load(prompt: 40, output: 64, slots: 24, every: 1_200),
    ])
    fileprivate func `does its neighbour hardly more harm than a polite tenant that asks for a twentieth less`(
        load: FloodExperiment.Load
    ) {
        let flooded = FloodExperiment(load, isFair: true, neighbour: .flood)
        let every = flooded.clock / Double(flooded.neighbourCount)
        let polite = FloodExperiment(load, isFair: true, neighbour: .polite(every: every / 0.95))
        let unfair = FloodExperiment(load, isFair: false, neighbour: .flood, duration: 100_000)
        // The polite one got all that it asked for.
        #expect(Double(polite.neighbourCount) > 0.94 * Double(flooded.neighbourCount))
        #expect(flooded.waits.count > 300)
        #expect(flooded.p99 <= 1.3 * polite.p99)
        #expect(flooded.median <= 1.3 * polite.median)
        // First come, first served makes everybody wait behind a hundred and fifty others.
        #expect(unfair.p99 > 10 * flooded.p99)
        #expect(unfair.median > 10 * flooded.median)
        print(
            "rows' time to the first token, median and p99: polite \(Int(polite.median)) \(Int(polite.p99)),",
            "flood \(Int(flooded.median)) \(Int(flooded.p99)),",
            "first come first served \(Int(unfair.median)) \(Int(unfair.p99))")
    }
}
