// TokenCounters.swift — whose turn it is: the tenant that has been served least.
// Engine › Scheduling.  Virtual token counters: Sheng et al., "Fairness in Serving Large Language Models", OSDI 2024.

/// What one tenant has been served. Never leaves the engine thread.
final class TenantRecord {
    let id: UInt32
    fileprivate(set) var weight: Int
    /// The virtual counter, in `TokenCounters.unitsPerToken` of a tenant of weight 1.
    fileprivate(set) var service = 0
    /// Some request of it could be admitted when the scheduler last looked.
    fileprivate(set) var isBacklogged = false
    /// When that was.
    fileprivate var lookCount: UInt64 = 0
    /// Its index among the owners of cached blocks.
    let cacheOwner: CacheOwner

    init(id: UInt32, weight: Int, cacheOwner: CacheOwner) {
        self.id = id
        self.weight = weight
        self.cacheOwner = cacheOwner
    }
}

/// Counts what every tenant is given, and says who is next.
///
/// A prompt token that has to be computed costs 1 when its request is first admitted, a generated token costs 2 when it
/// is there, each divided by the tenant's weight. Tokens found in the prefix cache cost nothing; nor does what is
/// computed again after a preemption, or guessed in vain: the tenant did not ask for that.
///
/// The tenant with the least counter is admitted first, so counters of tenants that both wait for admission stay within
/// `max(1 · longest prompt, 2 · tokens in flight)` of each other (the paper's Lemma 4.3), and what they get in any time
/// within twice that. Time without a backlog is not saved up: whoever comes back starts no lower than those who waited.
struct TokenCounters {
    static let inputPrice = 1
    static let outputPrice = 2
    /// Whole numbers stay exact for every weight up to 10, and near enough for others.
    static let unitsPerToken = 2_520

    private(set) var records: [TenantRecord] = []
    /// The last one that had nothing left to admit.
    private var lastToLeave: TenantRecord?
    private var lookCount: UInt64 = 0

    /// The tenant's record; its weight from now on is `tenant`'s. - Complexity: O(tenants).
    mutating func record(for tenant: EngineTenant, makeOwner: () -> CacheOwner) -> TenantRecord {
        if let record = records.first(where: { $0.id == tenant.id }) {
            record.weight = tenant.weight
            return record
        }
        let record = TenantRecord(id: tenant.id, weight: tenant.weight, cacheOwner: makeOwner())
        records.append(record)
        return record
    }

    // MARK: - Who waits

    /// Looks who has something to admit. Who had nothing before is lifted to the least counter among those who had, or,
    /// if nobody had, to that of the last one who did.
    /// - Complexity: O(waiting + tenants); allocates nothing.
    mutating func look(at waiting: [Request]) {
        lookCount += 1
        for request in waiting where request.isEligible { request.tenant.lookCount = lookCount }

        for record in records where record.isBacklogged && record.lookCount != lookCount {
            record.isBacklogged = false
            // Of several that leave at once, the one that was served most.
            if let last = lastToLeave, last.lookCount == record.lookCount, last.service >= record.service { continue }
            lastToLeave = record
        }
        var floor = Int.max
        for record in records where record.isBacklogged { floor = min(floor, record.service) }
        if floor == .max { floor = lastToLeave?.service ?? 0 }
        for record in records where record.lookCount == lookCount && !record.isBacklogged {
            record.service = max(record.service, floor)
            record.isBacklogged = true
        }
    }

    /// Of the waiting that could be admitted and have the first priority among them, the oldest of the tenant that was
    /// served least.
    /// - Parameter tied: whether the first of two that were served alike comes before the second.
    /// - Complexity: O(waiting).
    func next(in waiting: [Request], tied: (TenantRecord, TenantRecord) -> Bool) -> Request? {
        var best: Request?
        for request in waiting where request.isEligible {
            guard let found = best else {
                best = request
                continue
            }
            if request.priority != found.priority { break }
            let (own, other) = (request.tenant, found.tenant)
            if own.service < other.service || own.service == other.service && tied(own, other) { best = request }
        }
        return best
    }

    // MARK: - What was served

    static func chargeInput(_ count: Int, to record: TenantRecord) {
        record.service += count * inputPrice * unitsPerToken / record.weight
    }

    static func chargeOutput(_ count: Int, to record: TenantRecord) {
        record.service += count * outputPrice * unitsPerToken / record.weight
    }
}
