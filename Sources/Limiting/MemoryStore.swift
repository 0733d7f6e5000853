// MemoryStore.swift — balances in this process.
// Limiting.  Whoever owns it calls from one thread, so every call is one atomic step.

package struct MemoryStore: LimitStore {
    package private(set) var accounts: [AccountID: Account] = [:]
    private var cacheTokenCount = 0

    package init() {}

    package mutating func setLimits(_ limits: [AccountID: RateLimits], cacheTokenCount: Int, at now: Int) {
        self.cacheTokenCount = cacheTokenCount
        for (id, limits) in limits {
            accounts[id, default: Account(limits, cacheTokenCount: cacheTokenCount, at: now)]
                .change(limits, cacheTokenCount: cacheTokenCount, at: now)
        }
        // Some of them may still have open reservations: they go on, without limits.
        for id in accounts.keys where limits[id] == nil {
            accounts[id]?.change(RateLimits(), cacheTokenCount: cacheTokenCount, at: now)
        }
    }

    // MARK: - Movements

    package mutating func reserve(_ amounts: Amounts, from accounts: [AccountID], at now: Int) -> Shortage? {
        if let shortage = shortage(of: amounts, in: accounts, at: now) { return shortage }
        // An account without limits is kept too: it may get some before this reservation is closed.
        for id in accounts where self.accounts[id] == nil {
            self.accounts[id] = Account(RateLimits(), cacheTokenCount: cacheTokenCount, at: now)
        }
        move(accounts, at: now) { $0.reserve(amounts) }
        return nil
    }

    package mutating func settle(_ amounts: Amounts, from accounts: [AccountID], at now: Int) {
        move(accounts, at: now) { $0.settle(amounts) }
    }

    package mutating func refund(_ amounts: Amounts, to accounts: [AccountID], at now: Int) {
        move(accounts, at: now) { $0.refund(amounts) }
    }

    package mutating func overdraw(_ amounts: Amounts, from accounts: [AccountID], at now: Int) {
        move(accounts, at: now) { $0.overdraw(amounts) }
    }

    package mutating func balance(of resource: Resource, in account: AccountID, at now: Int) -> Balance? {
        accounts[account]?.refill(to: now)
        return accounts[account]?.balance(of: resource)
    }

    private mutating func move(_ ids: [AccountID], at now: Int, _ movement: (inout Account) -> Void) {
        for id in ids {
            accounts[id]?.refill(to: now)
            if accounts[id] != nil { movement(&accounts[id]!) }
        }
    }

    /// The amount that has to wait longest, in one of the accounts, with the wait for all of them; nil when none must.
    package mutating func shortage(of amounts: Amounts, in ids: [AccountID], at now: Int) -> Shortage? {
        var longest: Shortage?
        var all = Wait.none
        for id in ids {
            accounts[id]?.refill(to: now)
            guard let account = accounts[id] else { continue }
            for resource in Resource.allCases {
                let bucket = account[resource]
                let wait = bucket.wait(for: amounts[resource])
                all = all.and(wait)
                guard wait > longest?.wait ?? .none else { continue }
                longest = Shortage(
                    account: id, resource: resource, wait: wait, limit: bucket.capacity, requested: amounts[resource])
            }
        }
        return longest?.waiting(all)
    }
}
