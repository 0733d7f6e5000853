// DraftBudgetTests.swift — guesses never lose more than a small share of the time, and are made where they pay.
// Steps are made up: how long they take and what comes true is what the test says.

import Engine
import TestSupport
import Testing

/// An engine whose steps take as long as a table says.
private struct MadeUpEngine {
    var policy = DraftPolicy()
    var generator: SeededGenerator
    /// What so many requests with so many guesses take, in milliseconds.
    var milliseconds: (_ requests: Int, _ guesses: Int) -> Double
    /// Milliseconds in which a draft model guesses one token for everybody.
    var passMilliseconds = 0.0
    /// The measured time is that of the table times something between 1 − noise and 1 + noise.
    var noise = 0.0
    var guessedStepCount = 0

    /// Plain decoding's time for the same tokens, by the real time. - Parameter acceptance: real, and believed.
    mutating func speedup(steps: Int, requests: Int, acceptance: Double, believed: Double? = nil) -> Double {
        var (time, plainTime) = (0.0, 0.0)
        for _ in 0..<steps {
            let candidate = DraftPolicy.Candidate(limit: 8, acceptance: believed ?? acceptance)
            let pass = passMilliseconds
            let counts = policy.counts(
                for: .init(repeating: candidate, count: requests), rowLimit: 32, pass: { _ in pass / 1000 })
            let passes = Double(counts.max() ?? 0) * passMilliseconds
            let guesses = counts.reduce(0, +)
            if guesses > 0 { guessedStepCount += 1 }
            var accepted = 0
            for count in counts {
                accepted += (0..<count).prefix { _ in Double.random(in: 0..<1, using: &generator) < acceptance }.count
            }
            let real = milliseconds(requests, guesses)
            time += real + passes
            plainTime += milliseconds(requests, 0) * (1 + Double(accepted) / Double(requests))
            let measured = real * Double.random(in: 1 - noise...1 + noise, using: &generator)
            policy.observe(
                requests: requests, guesses: guesses, accepted: accepted, seconds: measured / 1000,
                draftingSeconds: passes / 1000)
        }
        return plainTime / time
    }
}

@Suite struct `The draft policy` {
    private func engine(
        seed: UInt64 = 1, perRow: Double = 0.1, _ milliseconds: ((Int, Int) -> Double)? = nil
    ) -> MadeUpEngine {
        MadeUpEngine(
            generator: SeededGenerator(seed: seed),
            milliseconds: milliseconds ?? { requests, guesses in 1 + perRow * Double(requests + guesses - 1) })
    }

    @Test(arguments: 1...40) func `never loses more than two per cent, whatever steps cost and guesses are worth`(
        seed: UInt64
    ) {
        var generator = SeededGenerator(seed: seed)
        // Costs that rise by jumps, as those of kernels with tiles do.
        var costs = [1.0]
        for _ in 0..<64 { costs.append(costs.last! + [0, 0.02, 0.1, 0.5].randomElement(using: &generator)!) }
        var engine = engine(seed: seed) { requests, guesses in costs[requests + guesses] }
        engine.noise = [0, 0.1].randomElement(using: &generator)!
        engine.passMilliseconds = [0, 0.05, 0.3].randomElement(using: &generator)!
        for _ in 0..<4 {
            let requests = Int.random(in: 1...16, using: &generator)
            let acceptance = Double.random(in: 0...1, using: &generator)
            // What is believed may be anything: texts change.
            let believed = Double.random(in: 0...1, using: &generator)
            let speedup = engine.speedup(steps: 3000, requests: requests, acceptance: acceptance, believed: believed)
            #expect(speedup > 0.98, "\(requests) requests, \(acceptance) right, \(believed) believed")
        }
    }

    @Test func `guesses that pay are made nearly always`() {
        var engine = engine()
        #expect(engine.speedup(steps: 2000, requests: 1, acceptance: 0.8) > 2)
        #expect(engine.guessedStepCount > 1940)
    }

    @Test func `guesses of a draft model that pay are made nearly always`() {
        var engine = engine()
        engine.passMilliseconds = 0.2
        #expect(engine.speedup(steps: 2000, requests: 1, acceptance: 0.8) > 1.4)
        #expect(engine.guessedStepCount > 1800)
    }

    @Test func `guesses that are never right are not made`() {
        var engine = engine()
        #expect(engine.speedup(steps: 2000, requests: 4, acceptance: 0) == 1)
        #expect(engine.guessedStepCount == 0)
    }

    @Test func `guesses that become right are found to pay`() {
        var engine = engine()
        _ = engine.speedup(steps: 1000, requests: 2, acceptance: 0, believed: 0.9)
        #expect(engine.speedup(steps: 3000, requests: 2, acceptance: 0.9) > 1.7)
    }

    @Test func `each number of requests has figures of its own`() {
        // Two rows cost what one does, from eight on each is dear.
        var engine = engine { requests, guesses in
            requests + guesses <= 8 ? 1 + 0.01 * Double(requests + guesses) : Double(requests + guesses) / 8
        }
        _ = engine.speedup(steps: 500, requests: 16, acceptance: 0.7)
        let guessedBefore = engine.guessedStepCount
        #expect(engine.speedup(steps: 500, requests: 1, acceptance: 0.7) > 2)
        #expect(guessedBefore < 50)
    }

    @Test func `steps that were interrupted do not decide`() {
        var engine = engine()
        var count = 0
        let usual = engine.milliseconds
        // One step in twenty takes fifty times as long, by the clock of whoever measures it.
        engine.milliseconds = { requests, guesses in
            count += 1
            return usual(requests, guesses) * (count % 40 == 0 ? 50 : 1)
        }
        _ = engine.speedup(steps: 3000, requests: 4, acceptance: 0.8)
        #expect(engine.guessedStepCount > 2600)
    }

    @Test func `the guesses most likely to be right come first`() {
        var policy = DraftPolicy()
        for step in 0..<200 {
            let guesses = step % 2 * (step % 7)
            policy.observe(
                requests: 3, guesses: guesses, accepted: guesses, seconds: 0.001 + 0.0001 * Double(guesses))
        }
        let counts = policy.counts(
            for: [0.1, 0.9, 0.6].map { DraftPolicy.Candidate(limit: 8, acceptance: $0) }, rowLimit: 32)
        #expect(counts[0] == 0 && counts[1] > counts[2] && counts[2] > 0, "\(counts)")
        let few = policy.counts(
            for: [0.1, 0.9, 0.6].map { DraftPolicy.Candidate(limit: 8, acceptance: $0) }, rowLimit: 2)
        #expect(few == [0, 2, 0])
    }

    @Test func `a draft model's reading is an investment, and a lost one is paid back`() {
        var budget = DraftBudget()
        budget.observe(requests: 1, length: 1, reading: 20, tokens: 1)
        #expect(budget.allowance(requests: 1) > 3)
        for _ in 0..<200 { budget.observe(requests: 1, length: 1, tokens: nil) }
        #expect(budget.allowance(requests: 1) < -9)
        for _ in 0..<3000 { budget.observe(requests: 1, length: 1, tokens: nil) }
        #expect(budget.allowance(requests: 1) == 4)
    }
}
