// Speculation.swift — one request's drafter, its present draft, and how often its guesses were right.
// Engine › Speculation.

import Base
import Sampling

/// What a request needs to be drafted for. Made when it begins to decode.
struct Speculation {
    /// Guesses for the step being planned or computed; its plan says how many of them are computed with it.
    private(set) var guesses: [TokenID] = []
    /// What each guess was drawn from; empty for drafters that do not draw but point.
    private(set) var distributions: [TokenDistribution<Double>] = []
    /// Nil where a `DraftSource` guesses for all requests together.
    private var drafter: (any Drafter)?
    private var notedCount = 0
    /// Whether a guess was ever compared with what was said.
    private(set) var hasLearned = false
    /// Decayed counts of guesses that were looked at and of those that were right, given that all before them were.
    private var triedCount: Double
    private var rightCount: Double
    /// Steps without a guess so far, and how many there may be before one is tried again.
    private var restCount = 0
    private var restLength = Self.shortestRest

    /// What the counts begin with, in guesses.
    private static let beliefWeight = 2.0
    /// Guesses that are not made teach nothing: now and then one is made to see whether it would be right, twice as
    /// seldom each time it was not.
    private static let shortestRest = 32
    private static let longestRest = 1024
    /// - Parameter acceptance: believed share of right guesses, until this request shows its own.
    init(_ drafter: (any Drafter)? = nil, believing acceptance: Double = 0.5) {
        self.drafter = drafter
        triedCount = Self.beliefWeight
        rightCount = Self.beliefWeight * acceptance
    }

    /// What the guess at a place was drawn from.
    func distribution(ofGuess place: Int) -> TokenDistribution<Double> {
        place < distributions.count ? distributions[place] : TokenDistribution(certain: guesses[place])
    }

    /// Share of guesses that turn out right when those before them did.
    var acceptance: Double { rightCount / triedCount }

    /// Guesses anew what follows `tokens`.
    mutating func propose(after tokens: borrowing [TokenID], atMost count: Int) {
        // Everything the first time, then what was emitted since.
        for index in notedCount..<tokens.count { drafter?.note(tokens, at: index) }
        notedCount = tokens.count
        clear()
        if count > 0 { drafter?.propose(after: tokens, atMost: count, into: &guesses) }
    }

    /// Adds a guess from elsewhere.
    mutating func add(_ guess: TokenID, drawnFrom distribution: TokenDistribution<Double>? = nil) {
        guesses.append(guess)
        if let distribution { distributions.append(distribution) }
    }

    mutating func clear() {
        guesses.removeAll(keepingCapacity: true)
        distributions.removeAll(keepingCapacity: true)
    }

    /// Learns from what was emitted instead of the guesses. Guesses that were not computed are learned from as well: a
    /// drafter that was switched off for bad guesses shows for free that it guesses well again.
    mutating func learn(from emitted: some Collection<TokenID>) {
        for (guess, token) in zip(guesses, emitted) {
            hasLearned = true
            triedCount = triedCount * 0.9 + 1
            rightCount = rightCount * 0.9 + (guess == token ? 1 : 0)
            if guess != token { break }
        }
        if let guess = guesses.first, let token = emitted.first {
            if guess == token {
                // If that was a trial, the next step makes another.
                restCount = restLength
                restLength = Self.shortestRest
            } else {
                restCount = 0
            }
        }
        clear()
    }

    /// Whether no guess was made for so long that one may be tried.
    var isRested: Bool { restCount >= restLength }

    /// Notes how many guesses the next step is to have. One after a rest is a trial; the next rest is twice as long.
    mutating func noteStep(guessCount: Int) {
        guard guessCount > 0 else { return restCount += 1 }
        if isRested { restLength = min(2 * restLength, Self.longestRest) }
        restCount = 0
    }
}

extension Request {
    /// Guesses of what follows its tokens.
    var guessCount: Int { speculation?.guesses.count ?? 0 }
}

/// When a guess is kept. The emitted law is the target's by either rule.
package enum DraftAcceptance: Sendable, Equatable {
    /// When it is the very token that the target draws, with the same noise: a seeded output is the same with and
    /// without guesses, whoever guesses.
    case invariant
    /// With the probability min(1, p/q) (`RejectionSampler`): never kept less often, but which tokens are emitted for a
    /// seed depends on what was guessed.
    case rejection
}

/// How an engine speculates.
package struct SpeculationOptions: Sendable, Equatable {
    /// Nil: one token a step.
    package var drafter: DrafterKind?
    package var acceptance = DraftAcceptance.invariant
    /// Drafted tokens of one request in one step, at most.
    package var maxDraftCount = 8
    /// Whether the number follows measured acceptance and cost, or is always `maxDraftCount`.
    package var isAdaptive = true
    /// Drafted tokens of all requests in one step, at most: their logits need room.
    package var maxDraftRows = 32

    package init() {}
}
