// WaitingRoom.swift — who waits for a reservation, in what order.
// Limiting.

/// Somebody's place among the waiting.
package struct Ticket: Hashable, Sendable {
    package let number: UInt64
}

/// One request that waits.
struct Claim {
    let ticket: Ticket
    let accounts: [AccountID]
    let amounts: Amounts
    /// What its request took before; coming again, it would need that once more.
    let spentBefore: Amounts
    let arrival: Int
    let deadline: Int
    /// Why it could not have its amounts when it was looked at last.
    var shortage: Shortage
    /// When looking again makes sense, unless somebody gives something back before.
    var nextLook: Int

    var tenant: AccountID? {
        accounts.first { if case .tenant = $0 { true } else { false } }
    }

    mutating func note(_ shortage: Shortage, at now: Int) {
        self.shortage = shortage
        if case .milliseconds(let count) = shortage.wait {
            nextLook = min(deadline, now + count)
        } else {
            nextLook = deadline
        }
    }
}

/// What the waiting are short of. Whoever comes later and wants some of the same goes behind them; everybody else passes.
struct Blockade {
    private struct Place: Hashable {
        let account: AccountID
        let resource: Resource
    }

    private var shortages: [Place: Shortage] = [:]

    mutating func add(_ shortage: Shortage) {
        shortages[Place(account: shortage.account, resource: shortage.resource)] = shortage
    }

    /// The shortage that stands in the way of such a claim.
    func shortage(for amounts: Amounts, _ accounts: [AccountID]) -> Shortage? {
        guard !shortages.isEmpty else { return nil }
        for account in accounts {
            for resource in Resource.allCases where amounts[resource] > 0 {
                if let shortage = shortages[Place(account: account, resource: resource)] { return shortage }
            }
        }
        return nil
    }
}
