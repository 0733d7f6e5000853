// DraftBudget.swift — how much time guessing may lose.
// Engine › Speculation.  `VerifyCost` and `Speculation` foretell whether guesses pay; forecasts err. This counts by the clock
// what they really gave, and stops them when they have cost more than a small share of the time.

/// An account for each number of decoding requests, in plain steps: the time a step of theirs takes without guesses.
///
///     every step      pays in a hundredth of its length
///     with guesses    pays in the tokens that it gave, in the plain steps they would have taken, and pays out its length
///     balance         at most 4: what was won long ago is no licence to lose now
///
/// Guesses are made as long as the worst they can do, all being wrong, is covered. So over any stretch of steps they lose
/// at most a hundredth of the time, and what was in the account before.
package struct DraftBudget {
    private var accounts: [Int: Account] = [:]

    /// Share of the time that may be lost.
    static let share = 0.01
    /// Most that is ever in an account, and what each begins with.
    static let most = 4.0
    /// Steps over which it is written off that a draft model read a text: that pays later, or not at all.
    static let writeOffSteps = 32.0

    package init() {}

    private struct Account {
        var balance = DraftBudget.most
        var owed = 0.0
    }

    /// Plain steps that the next step with so many requests may lose.
    package func allowance(requests: Int) -> Double { accounts[requests]?.balance ?? Self.most }

    /// Notes a step that did nothing but decode.
    /// - Parameters:
    ///   - length: of the step in plain ones, guessing included.
    ///   - reading: besides, what it took a draft model to read what had been said without it.
    ///   - tokens: given to each request on average; nil where nothing was guessed.
    package mutating func observe(requests: Int, length: Double, reading: Double = 0, tokens: Double?) {
        var account = accounts[requests] ?? Account()
        account.owed += reading
        let due = account.owed / Self.writeOffSteps
        account.owed -= due
        account.balance += Self.share * (length + reading) - due
        if let tokens { account.balance += tokens - length }
        account.balance = min(account.balance, Self.most)
        accounts[requests] = account
    }
}
