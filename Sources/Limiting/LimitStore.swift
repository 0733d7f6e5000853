// LimitStore.swift — where the balances are kept.
// Limiting.  `MemoryStore` is the only one so far. Calls return at once: one that shares balances between replicas would
// lease amounts ahead of need and renew the lease in the background, as a request must not wait for another machine.

/// Whose balance it is.
package enum AccountID: Hashable, Sendable {
    case key(KeyDigest)
    case tenant(String)
}

/// Why a reservation was refused.
package struct Shortage: Equatable, Sendable {
    package let account: AccountID
    package let resource: Resource
    /// Until the whole reservation can be had, not only this resource.
    package let wait: Wait
    package let limit: Int
    package let requested: Int

    package init(account: AccountID, resource: Resource, wait: Wait, limit: Int, requested: Int) {
        self.account = account
        self.resource = resource
        self.wait = wait
        self.limit = limit
        self.requested = requested
    }

    /// The same with another wait.
    package func waiting(_ wait: Wait) -> Shortage {
        Shortage(account: account, resource: resource, wait: wait, limit: limit, requested: requested)
    }
}

/// One limit's state, for headers and metrics.
package struct Balance: Equatable, Sendable {
    package let limit: Int
    package let remaining: Int
    package let millisecondsUntilFull: Int

    package init(limit: Int, remaining: Int, millisecondsUntilFull: Int) {
        self.limit = limit
        self.remaining = remaining
        self.millisecondsUntilFull = millisecondsUntilFull
    }
}

/// Balances of any number of accounts; one that was never given limits has none. Times are monotonic milliseconds.
package protocol LimitStore {
    /// Takes the amounts from every one of the accounts, or nothing from any.
    mutating func reserve(_ amounts: Amounts, from accounts: [AccountID], at now: Int) -> Shortage?
    /// What `reserve` would say.
    mutating func shortage(of amounts: Amounts, in accounts: [AccountID], at now: Int) -> Shortage?
    /// Spends amounts that were reserved.
    mutating func settle(_ amounts: Amounts, from accounts: [AccountID], at now: Int)
    /// Gives amounts back that were reserved and not spent.
    mutating func refund(_ amounts: Amounts, to accounts: [AccountID], at now: Int)
    /// Spends amounts that nobody reserved, if need be into debt.
    mutating func overdraw(_ amounts: Amounts, from accounts: [AccountID], at now: Int)
    mutating func balance(of resource: Resource, in account: AccountID, at now: Int) -> Balance?
    /// Replaces all limits. An account that had limits before keeps its balances, as far as they fit the new ones; one
    /// that is not named any more has none.
    /// - Parameter cacheTokenCount: what the whole KV cache holds; shares are of it.
    mutating func setLimits(_ limits: [AccountID: RateLimits], cacheTokenCount: Int, at now: Int)
}
