// DraftPolicy.swift — whether and how much is guessed, learned from every step.
// Engine › Speculation.  Three parts that can each be wrong alone: `DraftPlanner` chooses by what `VerifyCost` foretells, and
// `DraftBudget` bounds what the two may lose.

/// Decides before every step that decodes how many guesses each of its requests gets.
package struct DraftPolicy {
    /// A request that decodes in this step.
    package struct Candidate {
        /// Guesses it may have.
        package var limit: Int
        /// Chance that a guess is right if those before it are.
        package var acceptance: Double
        /// What it takes a draft model to read what was said so far.
        package var secondsToBegin = 0.0
        /// Whether it had no guess for so long that one may be tried.
        package var isRested = false

        package init(limit: Int, acceptance: Double) {
            self.limit = limit
            self.acceptance = acceptance
        }
    }

    private var cost = VerifyCost()
    private var budget = DraftBudget()
    /// Whether the last answer was to guess, and by how many plain steps that was expected to lengthen the step.
    private var guesses = false
    private var expectedToAdd = 0.0

    package init() {}

    /// - Parameters:
    ///   - rowLimit: guesses that the step has room for.
    ///   - pass: seconds that it takes to guess one token for so many requests at once; 0 where guesses are free.
    package mutating func counts(
        for candidates: [Candidate], rowLimit: Int, pass: (_ requests: Int) -> Double = { _ in 0 }
    ) -> [Int] {
        let requests = candidates.count
        var counts = [Int](repeating: 0, count: requests)
        guesses = false
        guard !cost.needsPlainStep(requests: requests) else { return counts }
        let stepsPerSecond = cost.plainSeconds(requests: requests).map { 1 / $0 } ?? 0
        let allowance = budget.allowance(requests: requests)
        withoutActuallyEscaping(pass) { pass in
            let planner = DraftPlanner(
                cost: cost, rowLimit: rowLimit, allowance: allowance,
                pass: { stepsPerSecond * pass($0) }, stepsPerSecond: stepsPerSecond)
            counts = planner.counts(for: candidates)
            if !counts.contains(where: { $0 > 0 }), let index = Self.trial(candidates, planner) { counts[index] = 1 }
            expectedToAdd = planner.added(by: counts)
        }
        guesses = counts.contains { $0 > 0 }
        return counts
    }

    /// Guesses that are not made teach nothing: whether a draft model has become better is tried now and then.
    private static func trial(_ candidates: [Candidate], _ planner: DraftPlanner) -> Int? {
        guard let index = candidates.firstIndex(where: { $0.isRested && $0.limit > 0 }) else { return nil }
        let begin = planner.stepsPerSecond * candidates[index].secondsToBegin
        guard planner.allowance >= min(begin, DraftBudget.most) else { return nil }
        // Where not even good guesses would pay, because rows are dear, there is nothing to find out.
        var hopeful = candidates
        for other in hopeful.indices { hopeful[other].limit = 0 }
        hopeful[index].limit = 1
        hopeful[index].acceptance = 0.9
        return planner.counts(for: hopeful)[index] > 0 ? index : nil
    }

    /// Learns from a step that did nothing but decode.
    /// - Parameters:
    ///   - guesses: rows of the step that were guesses.
    ///   - seconds: of computing the step.
    ///   - draftingSeconds: of making guesses before it, where they are not free.
    ///   - readingSeconds: the part of those in which a draft model read what had been said without it.
    package mutating func observe(
        requests: Int, guesses guessCount: Int, accepted: Int, seconds: Double, draftingSeconds: Double = 0,
        readingSeconds: Double = 0
    ) {
        cost.observe(requests: requests, guesses: guessCount, seconds: seconds)
        guard let plainSeconds = cost.plainSeconds(requests: requests) else { return }
        guard guesses else { return budget.observe(requests: requests, length: 1, tokens: nil) }
        let length = (seconds + draftingSeconds - readingSeconds) / plainSeconds
        budget.observe(
            requests: requests, length: min(length, VerifyCost.longestBelieved * (1 + expectedToAdd)),
            reading: readingSeconds / plainSeconds, tokens: 1 + Double(accepted) / Double(requests))
    }
}
