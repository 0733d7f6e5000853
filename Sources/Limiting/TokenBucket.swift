// TokenBucket.swift — one limit: what is left of it, what is promised, what is spent.
// Limiting.  A token bucket with continuous refill, in whole numbers, so that "in 1,234 ms" is exact.

/// How long until an amount can be had, if nobody else takes any. Ordered by length.
package enum Wait: Equatable, Comparable, Sendable {
    case none
    case milliseconds(Int)
    /// Until somebody gives back what he holds; nobody knows when, but not before so many milliseconds.
    case untilReturned(notBefore: Int)
    /// It is more than the whole bucket.
    case never

    /// Until both can be had.
    package func and(_ other: Wait) -> Wait {
        switch (self, other) {
        case (.never, _), (_, .never): .never
        case (.untilReturned, _), (_, .untilReturned): .untilReturned(notBefore: max(known, other.known))
        default: max(self, other)
        }
    }

    /// Milliseconds that it lasts at least, as far as anybody can tell.
    package var known: Int {
        switch self {
        case .none, .never: 0
        case .milliseconds(let count), .untilReturned(let count): count
        }
    }
}

/// A bucket of `capacity` that refills by `perMinute`. Zero makes it a stock, from which things are only borrowed: what
/// is reserved comes back whole, and nothing is ever settled. Concurrent requests and cache space are counted that way.
///
///     reserve:  remaining ──► reserved          settle:    reserved ──► settled
///     refund:   reserved ──► remaining          overdraw:  remaining ──► settled
///
/// At every moment, in parts of a token and in wrapping arithmetic:
///
///     remaining + reserved + settled = capacity + refilled − overflow
///
/// Times are milliseconds of a monotonic clock.
package struct TokenBucket: Sendable {
    /// One token per minute brings one part per millisecond: no division, no rounding.
    package static let partsPerToken = 60_000
    /// RateLimits above this are refused where they are read, so that no sum here can overflow.
    package static let maximumLimit = 1_000_000_000_000

    package private(set) var capacity: Int
    package private(set) var perMinute: Int

    // All in parts.
    /// Below zero when more was spent than had been reserved: a debt that the refill pays first.
    package private(set) var remainingParts: Int
    package private(set) var reservedParts = 0
    package private(set) var settledParts = 0
    package private(set) var refilledParts = 0
    /// Refills and refunds that found the bucket full.
    package private(set) var overflowParts = 0
    /// What the bucket held at first; the law's constant, even when limits change later.
    package let initialParts: Int
    private var refillMilliseconds: Int

    /// A full bucket.
    package init(capacity: Int, perMinute: Int, at now: Int) {
        precondition((0...Self.maximumLimit).contains(capacity) && (0...Self.maximumLimit).contains(perMinute))
        self.capacity = capacity
        self.perMinute = perMinute
        initialParts = capacity * Self.partsPerToken
        remainingParts = initialParts
        refillMilliseconds = now
    }

    /// Whole tokens that could be reserved now.
    package var remaining: Int { max(0, remainingParts) / Self.partsPerToken }

    package var obeysTheLaw: Bool {
        remainingParts &+ reservedParts &+ settledParts == initialParts &+ refilledParts &- overflowParts
    }

    // MARK: - Time

    /// Adds what came in since the last call.
    package mutating func refill(to now: Int) {
        let elapsed = now - refillMilliseconds
        guard elapsed > 0 else { return }
        refillMilliseconds = now
        guard perMinute > 0 else { return }
        let gained = elapsed &* perMinute  // wraps after long idle times, as the totals may
        refilledParts &+= gained
        let missing = capacity * Self.partsPerToken - remainingParts
        let fillsUp = missing <= 0 || elapsed > missing / perMinute
        let added = fillsUp ? max(0, missing) : elapsed * perMinute
        remainingParts += added
        overflowParts &+= gained &- added
    }

    /// How long until `count` can be reserved. Exact: one millisecond earlier it cannot.
    /// - Precondition: refilled to now.
    package func wait(for count: Int) -> Wait {
        if count == 0 { return .none }  // even in debt
        guard count <= capacity else { return .never }
        let missing = count * Self.partsPerToken - remainingParts
        if missing <= 0 { return .none }
        return perMinute == 0 ? .untilReturned(notBefore: 0) : .milliseconds((missing + perMinute - 1) / perMinute)
    }

    /// How long until nothing more fits in; zero for a stock that is full.
    package var millisecondsUntilFull: Int {
        let missing = capacity * Self.partsPerToken - remainingParts
        guard missing > 0, perMinute > 0 else { return 0 }
        return (missing + perMinute - 1) / perMinute
    }

    // MARK: - Movements, in whole tokens

    /// - Precondition: `wait(for: count)` is none.
    package mutating func reserve(_ count: Int) {
        precondition(count >= 0 && count * Self.partsPerToken <= max(0, remainingParts))
        remainingParts -= count * Self.partsPerToken
        reservedParts += count * Self.partsPerToken
    }

    /// Spends some of what is reserved.
    package mutating func settle(_ count: Int) {
        precondition(count >= 0 && count * Self.partsPerToken <= reservedParts)
        reservedParts -= count * Self.partsPerToken
        settledParts &+= count * Self.partsPerToken
    }

    /// Gives some of what is reserved back. A full bucket takes no more than it holds.
    package mutating func refund(_ count: Int) {
        precondition(count >= 0 && count * Self.partsPerToken <= reservedParts)
        reservedParts -= count * Self.partsPerToken
        remainingParts += count * Self.partsPerToken
        spill()
    }

    /// Spends without a reservation, if need be into debt.
    package mutating func overdraw(_ count: Int) {
        precondition(count >= 0)
        remainingParts -= count * Self.partsPerToken
        settledParts &+= count * Self.partsPerToken
    }

    /// New limits from now on. What is in the bucket stays, as far as it fits; a larger bucket fills as time goes by,
    /// a larger stock is there at once.
    package mutating func change(capacity: Int, perMinute: Int) {
        precondition((0...Self.maximumLimit).contains(capacity) && (0...Self.maximumLimit).contains(perMinute))
        if perMinute == 0 {
            let added = (capacity - self.capacity) * Self.partsPerToken
            remainingParts += added
            refilledParts &+= added
        }
        self.capacity = capacity
        self.perMinute = perMinute
        spill()
    }

    private mutating func spill() {
        let excess = remainingParts - capacity * Self.partsPerToken
        guard excess > 0 else { return }
        remainingParts -= excess
        overflowParts &+= excess
    }
}
