// Refusal.swift — what a request hears that may not go ahead.
// Limiting.

/// How long a request may wait for its turn before it is told to come back, and how many may.
package struct WaitLimits: Equatable, Sendable {
    /// Requests that wait at one time, of everybody.
    package var count: Int
    /// And of one tenant, so that none can fill the room.
    package var countPerTenant: Int
    package var milliseconds: Int

    package init(count: Int = 256, countPerTenant: Int = 64, milliseconds: Int = 2_000) {
        self.count = count
        self.countPerTenant = countPerTenant
        self.milliseconds = milliseconds
    }
}

package enum Refusal: Equatable, Sendable {
    /// One of its own limits: 429.
    case limited(Shortage)
    /// Too many wait already, whoever they are: 503.
    case roomFull(waiting: Int)

    /// False for what could never be granted, however long one waits.
    package var mayRetry: Bool {
        if case .limited(let shortage) = self { return shortage.wait != .never }
        return true
    }

    /// When to ask again; nil for never. At most two minutes: clients give up rather than wait longer. Exact for what
    /// refills, as long as nobody else takes any: one millisecond earlier it is refused again. For what somebody holds
    /// nobody can know, and a second is a polite guess, unless something else is known to take longer.
    package var retryMilliseconds: Int? {
        guard case .limited(let shortage) = self else { return 1_000 }
        return switch shortage.wait {
        case .none: 0
        case .milliseconds(let count): min(count, 120_000)
        case .untilReturned(let notBefore): min(max(1_000, notBefore), 120_000)
        case .never: nil
        }
    }
}
