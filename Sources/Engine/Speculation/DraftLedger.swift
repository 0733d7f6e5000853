// DraftLedger.swift — whether guesses that cost something have paid, by the clock.
// Engine › Speculation.  `StepCost` predicts; its line through the costs is straight, and a step's are not. What counts
// in the end is tokens per second, so this looks back at them.

/// Tokens per second of steps with and without guesses, by the number of requests that decode.
///
///     unknown   with and without in turn, until both are known
///     paying    with guesses; one step in 64 without, to know what that would give
///     losing    without; a trial of a few steps after a rest, twice as long each time that it fails
package struct DraftLedger {
    private var books = [Book](repeating: Book(), count: 65)

    package init() {}

    /// Whether the next step, with so many decoding requests, may guess. Asked once a step.
    package mutating func allowsGuesses(requests: Int) -> Bool { books[min(requests, 64)].allowsGuesses() }

    /// Notes a step that did nothing but decode. - Parameter seconds: guessing included.
    package mutating func observe(requests: Int, tokens: Int, seconds: Double, hadGuesses: Bool) {
        if hadGuesses {
            books[min(requests, 64)].guessed.note(tokens: tokens, seconds: seconds)
        } else {
            books[min(requests, 64)].plain.note(tokens: tokens, seconds: seconds)
        }
    }
}

/// What is known about one number of requests.
private struct Book {
    var plain = Rate()
    var guessed = Rate()
    private var turn = 0
    private var restCount = 0
    private var restLength = Self.shortestRest
    private var trialCount = 0

    private static let stepsToKnow = 8
    private static let stepsBetweenChecks = 64
    private static let shortestRest = 64
    private static let longestRest = 1024

    mutating func allowsGuesses() -> Bool {
        turn += 1
        guard plain.stepCount >= Self.stepsToKnow, guessed.stepCount >= Self.stepsToKnow else {
            return plain.stepCount >= Self.stepsToKnow || turn % 2 == 1
        }
        if trialCount > 0 {
            trialCount -= 1
            return true
        }
        if guessed.tokensPerSecond >= plain.tokensPerSecond {
            restLength = Self.shortestRest
            return turn % Self.stepsBetweenChecks != 0
        }
        restCount += 1
        guard restCount > restLength else { return false }
        restCount = 0
        restLength = min(2 * restLength, Self.longestRest)
        trialCount = Self.stepsToKnow - 1
        return true
    }
}

/// Decayed sums over steps of one kind.
private struct Rate {
    private(set) var stepCount = 0
    private var steps = 0.0
    private var tokens = 0.0
    private var seconds = 0.0

    private static let decay = 0.95
    /// A step that took longer than this many times the usual was interrupted by somebody else's work.
    private static let longestBelieved = 2.0

    var tokensPerSecond: Double { seconds > 0 ? tokens / seconds : 0 }

    mutating func note(tokens: Int, seconds: Double) {
        let believed = steps > 0 ? min(seconds, Self.longestBelieved * self.seconds / steps) : seconds
        stepCount += 1
        steps = steps * Self.decay + 1
        self.tokens = self.tokens * Self.decay + Double(tokens)
        self.seconds = self.seconds * Self.decay + (stepCount == 1 ? seconds : believed)
    }
}
