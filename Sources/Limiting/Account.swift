// Account.swift — all balances of one key or one tenant.
// Limiting.

/// A bucket for every resource. One that is not limited has a bucket too, too large to run dry: so limits can come and
/// go while reservations are open, and what was reserved can always be settled or refunded.
package struct Account: Sendable {
    private var buckets: [TokenBucket]
    private var isLimited: [Bool]

    package init(_ limits: RateLimits, cacheTokenCount: Int, at now: Int) {
        buckets = Resource.allCases.map { resource in
            let limit = limits.limit(resource, cacheTokenCount: cacheTokenCount) ?? TokenBucket.maximumLimit
            return TokenBucket(capacity: limit, perMinute: resource.refills ? limit : 0, at: now)
        }
        isLimited = Self.isLimited(limits)
    }

    package mutating func change(_ limits: RateLimits, cacheTokenCount: Int, at now: Int) {
        for resource in Resource.allCases {
            let limit = limits.limit(resource, cacheTokenCount: cacheTokenCount) ?? TokenBucket.maximumLimit
            buckets[resource.rawValue].refill(to: now)
            buckets[resource.rawValue].change(capacity: limit, perMinute: resource.refills ? limit : 0)
        }
        isLimited = Self.isLimited(limits)
    }

    private static func isLimited(_ limits: RateLimits) -> [Bool] {
        Resource.allCases.map { limits.limit($0, cacheTokenCount: 0) != nil }
    }

    package subscript(resource: Resource) -> TokenBucket { buckets[resource.rawValue] }

    package func balance(of resource: Resource) -> Balance? {
        guard isLimited[resource.rawValue] else { return nil }
        let bucket = buckets[resource.rawValue]
        return Balance(
            limit: bucket.capacity, remaining: bucket.remaining, millisecondsUntilFull: bucket.millisecondsUntilFull)
    }

    package var obeysTheLaw: Bool { buckets.allSatisfy(\.obeysTheLaw) }

    // MARK: - Movements

    package mutating func refill(to now: Int) {
        for index in buckets.indices { buckets[index].refill(to: now) }
    }

    /// - Precondition: every wait for these amounts is none.
    package mutating func reserve(_ amounts: Amounts) { move(amounts) { $0.reserve($1) } }
    package mutating func settle(_ amounts: Amounts) { move(amounts) { $0.settle($1) } }
    package mutating func refund(_ amounts: Amounts) { move(amounts) { $0.refund($1) } }
    package mutating func overdraw(_ amounts: Amounts) { move(amounts) { $0.overdraw($1) } }

    private mutating func move(_ amounts: Amounts, _ movement: (inout TokenBucket, Int) -> Void) {
        for resource in Resource.allCases { movement(&buckets[resource.rawValue], amounts[resource]) }
    }
}
