// DraftLedgerTests.swift — guesses that cost something are made only where they have paid.
// Steps are made up: their tokens and seconds are what the test says.

import Engine
import TestSupport
import Testing

@Suite struct `The draft ledger` {
    /// So many steps; what a step with guesses and one without give. - Returns: the share of steps with guesses.
    private func run(
        _ ledger: inout DraftLedger, steps: Int, requests: Int = 4, guessed: (tokens: Int, seconds: Double),
        plain: (tokens: Int, seconds: Double), disturbance: (Int) -> Double = { _ in 1 }
    ) -> Double {
        var guessedCount = 0
        for step in 0..<steps {
            let guesses = ledger.allowsGuesses(requests: requests)
            if guesses { guessedCount += 1 }
            let (tokens, seconds) = guesses ? guessed : plain
            ledger.observe(
                requests: requests, tokens: tokens, seconds: seconds * disturbance(step), hadGuesses: guesses)
        }
        return Double(guessedCount) / Double(steps)
    }

    @Test func `guesses that pay are made nearly always`() {
        var ledger = DraftLedger()
        _ = run(&ledger, steps: 32, guessed: (7, 0.012), plain: (4, 0.010))
        #expect(run(&ledger, steps: 1000, guessed: (7, 0.012), plain: (4, 0.010)) > 0.97)
    }

    @Test func `guesses that lose are hardly made`() {
        var ledger = DraftLedger()
        _ = run(&ledger, steps: 32, guessed: (7, 0.020), plain: (4, 0.010))
        #expect(run(&ledger, steps: 2000, guessed: (7, 0.020), plain: (4, 0.010)) < 0.05)
    }

    @Test func `guesses that become good are found to be`() {
        var ledger = DraftLedger()
        _ = run(&ledger, steps: 500, guessed: (4, 0.020), plain: (4, 0.010))
        _ = run(&ledger, steps: 3000, guessed: (12, 0.020), plain: (4, 0.010))
        #expect(run(&ledger, steps: 500, guessed: (12, 0.020), plain: (4, 0.010)) > 0.95)
    }

    @Test func `steps that were interrupted do not decide`() {
        var ledger = DraftLedger()
        var generator = SeededGenerator(seed: 3)
        let share = run(&ledger, steps: 3000, guessed: (6, 0.010), plain: (4, 0.010)) { _ in
            Int.random(in: 0..<20, using: &generator) == 0 ? 50 : 1
        }
        #expect(share > 0.9)
    }

    @Test func `each number of requests has figures of its own`() {
        var ledger = DraftLedger()
        _ = run(&ledger, steps: 200, requests: 1, guessed: (2, 0.010), plain: (1, 0.008))
        _ = run(&ledger, steps: 200, requests: 16, guessed: (20, 0.080), plain: (16, 0.030))
        #expect(run(&ledger, steps: 500, requests: 1, guessed: (2, 0.010), plain: (1, 0.008)) > 0.95)
        #expect(run(&ledger, steps: 500, requests: 16, guessed: (20, 0.080), plain: (16, 0.030)) < 0.1)
    }
}
