// VerifyCost.swift — what computing guesses adds to a step, learned while serving.
// Engine › Speculation.  Everything is counted in plain steps, those of the same requests without a guess: how long one
// takes changes with the machine's mood and with the length of the texts, the ratio hardly does.

/// What a step of some requests takes without guesses, and how much longer it takes with so many.
///
///     requests   plain step     added by 1, 2, 3 … guesses
///     1          0.6 ms         0.05   0.16   0.30         a kernel that computes several rows at once makes
///     8          1.2 ms         0.04   0.09   0.15         some rows nearly free and others dear
struct VerifyCost {
    private var books: [Int: Book] = [:]
    /// Over steps of all sizes: what a row may cost where no guess was measured yet.
    private var line = StepCost()
    private var stepCount = 0

    /// Steps that show what a plain step takes, before guesses are weighed against it.
    private static let stepsToKnow = 4
    /// Steps after which that is looked at again.
    private static let stepsToTrust = 64
    /// A step that took longer than this many times what it should have was interrupted by somebody else's work.
    static let longestBelieved = 2.0

    /// Notes a step that did nothing but decode.
    mutating func observe(requests: Int, guesses: Int, seconds: Double) {
        stepCount += 1
        guard seconds > 0 else { return }
        line.observe(rows: requests + guesses, seconds: seconds)
        let lineSlope = line.share(ofRowBeside: requests)
        var book = books[requests] ?? Book()
        if guesses == 0 {
            book.plain.note(book.plain.weight == 0 ? seconds : min(seconds, Self.longestBelieved * book.plain.mean))
            book.plainCount += 1
            book.lastPlainStep = stepCount
        } else if book.plain.mean > 0 {
            let expected = 1 + book.added(guesses, slope: lineSlope)
            book.note(min(seconds / book.plain.mean, Self.longestBelieved * expected) - 1, guesses: guesses)
        }
        books[requests] = book
    }

    /// What a step of so many requests takes without guesses; nil until that was measured.
    func plainSeconds(requests: Int) -> Double? {
        guard let book = books[requests], book.plainCount >= Self.stepsToKnow else { return nil }
        return book.plain.mean
    }

    /// Whether the next step should go without guesses, to see what it takes.
    func needsPlainStep(requests: Int) -> Bool {
        guard let book = books[requests], book.plainCount >= Self.stepsToKnow else { return stepCount > 0 && isTimed }
        return stepCount - book.lastPlainStep >= Self.stepsToTrust
    }

    /// By how many plain steps so many guesses lengthen a step.
    func added(byGuesses count: Int, requests: Int) -> Double {
        let slope = line.share(ofRowBeside: requests)
        return max(0, books[requests]?.added(count, slope: slope) ?? slope * Double(count))
    }

    /// Clocks of tests stand still: then nothing is learned, and nothing waits for it.
    private var isTimed: Bool { line.isMeasured }
}

/// What is known about one number of requests.
private struct Book {
    var plain = Mean()
    var plainCount = 0
    var lastPlainStep = 0
    /// By number of guesses, from 1.
    private var lengthenings: [Mean] = []

    /// Weight of the straight line through them, in steps.
    private static let beliefWeight = 2.0
    /// What was measured long ago counts less than the line: a number of guesses that once looked dear is tried again.
    private static let fading = 0.998

    mutating func note(_ lengthening: Double, guesses count: Int) {
        while lengthenings.count < count { lengthenings.append(Mean()) }
        for index in lengthenings.indices { lengthenings[index].fade(Self.fading) }
        lengthenings[count - 1].note(lengthening)
    }

    /// - Parameter slope: believed of a guess before any was measured.
    func added(_ count: Int, slope: Double) -> Double {
        // The line through nothing for nothing that fits what was measured best.
        var (products, squares) = (Self.beliefWeight * slope, Self.beliefWeight)
        for (index, lengthening) in lengthenings.enumerated() {
            let guesses = Double(index + 1)
            products += lengthening.weight * lengthening.mean * guesses
            squares += lengthening.weight * guesses * guesses
        }
        let expected = Double(count) * products / squares
        guard count > 0, count <= lengthenings.count else { return expected }
        let measured = lengthenings[count - 1]
        return (Self.beliefWeight * expected + measured.weight * measured.mean)
            / (Self.beliefWeight + measured.weight)
    }
}

/// A mean in which each value counts this much of the one after it.
private struct Mean {
    private(set) var weight = 0.0
    private(set) var mean = 0.0

    private static let decay = 0.9

    mutating func note(_ value: Double) {
        weight = weight * Self.decay + 1
        mean += (value - mean) / weight
    }

    mutating func fade(_ share: Double) { weight *= share }
}
