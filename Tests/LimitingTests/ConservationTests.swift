import Limiting
import TestSupport
import Testing

/// Two tenants with two keys each, all limits tight, a clock that is moved by hand, and what is open.
private struct Traffic {
    let time = ManualTime()
    let limiter: RateLimiter
    let keys: [[AccountID]]
    var generator: SeededGenerator
    var open: [Reservation] = []
    var waiting: Set<Ticket> = []
    var grantedCount = 0
    var refusedCount = 0

    init(seed: UInt64) {
        generator = SeededGenerator(seed: seed)
        keys = (0..<4).map { key in
            [.key(KeyDigest(of: "key \(key)".utf8)), .tenant("tenant-\(key / 2)")]
        }
        limiter = RateLimiter(time: time, waitLimits: WaitLimits(count: 6, countPerTenant: 4, milliseconds: 700))
        setLimits()
    }

    mutating func number(_ range: ClosedRange<Int>) -> Int { Int.random(in: range, using: &generator) }

    mutating func setLimits() {
        var limits: [AccountID: RateLimits] = [:]
        for account in Set(keys.joined()) where number(0...9) > 0 {
            limits[account] = RateLimits(
                requestsPerMinute: number(60...600), inputTokensPerMinute: number(2_000...20_000),
                outputTokensPerMinute: number(2_000...20_000), concurrentRequests: number(1...8),
                cacheShare: Double(number(1...10)) / 10)
        }
        limiter.setLimits(limits, cacheTokenCount: 4_000)
    }

    /// One random event.
    mutating func step(mayOverspend: Bool) {
        switch number(0...99) {
        case 0..<35: arrive()
        case 35..<60:
            guard let reservation = open.randomElement(using: &generator) else { return }
            let resource: Resource = number(0...3) == 0 ? .inputTokens : .outputTokens
            let count = number(0...12)
            limiter.spend(mayOverspend ? count : min(count, reservation.held[resource]), of: resource, reservation)
        case 60..<65:
            guard let reservation = open.randomElement(using: &generator) else { return }
            limiter.giveBack(number(0...100), of: .inputTokens, reservation)
        case 65..<80:
            guard !open.isEmpty else { return }
            let reservation = open.remove(at: number(0...open.count - 1))
            limiter.close(reservation)
            limiter.close(reservation)
        case 80..<82:
            guard let ticket = waiting.min(by: { $0.number < $1.number }) else { return }
            limiter.withdraw(ticket)
            waiting.remove(ticket)
        case 82..<92: time.advance(nanoseconds: UInt64(number(0...400)) * 1_000_000)
        default: for (ticket, decision) in limiter.decideWaiting() { note(decision, ticket) }
        }
    }

    private mutating func arrive() {
        let amounts = Amounts(
            requests: 1, inputTokens: number(1...400), outputTokens: number(1...300), concurrentRequests: 1,
            cacheTokens: number(1...700))
        switch limiter.reserve(amounts, from: keys[number(0...3)]) {
        case .decided(let decision): note(decision, nil)
        case .waiting(let ticket): waiting.insert(ticket)
        }
    }

    private mutating func note(_ decision: RateLimiter.Decision, _ ticket: Ticket?) {
        if let ticket { precondition(waiting.remove(ticket) != nil, "a ticket was decided twice") }
        switch decision {
        case .granted(let reservation):
            open.append(reservation)
            grantedCount += 1
            limiter.spend(1, of: .requests, reservation)
        case .refused: refusedCount += 1
        }
    }

    var accounts: [AccountID: Account] { (limiter.store as? MemoryStore)?.accounts ?? [:] }

    /// What the open reservations hold of an account's resource.
    func held(_ resource: Resource, of account: AccountID) -> Int {
        open.reduce(0) { $1.accounts.contains(account) ? $0 + $1.held[resource] : $0 }
    }
}

@Suite struct `Conservation` {
    @Test(arguments: [false, true]) func `holds at every moment of a hundred thousand random events`(
        mayOverspend: Bool
    ) {
        var traffic = Traffic(seed: mayOverspend ? 2 : 3)
        var broken = 0
        for event in 0..<100_000 {
            traffic.step(mayOverspend: mayOverspend)
            if event % 997 == 0 { traffic.setLimits() }
            for (id, account) in traffic.accounts {
                if !account.obeysTheLaw { broken += 1 }
                for resource in Resource.allCases {
                    let bucket = account[resource]
                    if event % 16 == 0,
                        bucket.reservedParts != traffic.held(resource, of: id) * TokenBucket.partsPerToken
                    {
                        broken += 1
                    }
                    if bucket.remainingParts > bucket.capacity * TokenBucket.partsPerToken { broken += 1 }
                    // A debt comes only from spending more than was reserved, or from a stock that was made smaller.
                    if !mayOverspend, resource.refills, bucket.remainingParts < 0 { broken += 1 }
                }
            }
            #expect(broken == 0, "after event \(event)")
            if broken > 0 { return }
        }
        // The traffic is worth its name.
        #expect(traffic.grantedCount > 10_000)
        #expect(traffic.refusedCount > 1_000)
        #expect(traffic.limiter.waitingCount == traffic.waiting.count)
    }

    @Test func `gives everything back when everyone has left`() {
        var traffic = Traffic(seed: 4)
        for _ in 0..<5_000 { traffic.step(mayOverspend: false) }
        for ticket in traffic.waiting { traffic.limiter.withdraw(ticket) }
        for reservation in traffic.open { traffic.limiter.close(reservation) }
        traffic.time.advance(nanoseconds: 120_000_000_000)
        for account in traffic.keys.joined() {
            for resource in Resource.allCases {
                let balance = traffic.limiter.balance(of: resource, in: account)
                #expect(balance?.remaining == balance?.limit)
            }
        }
        #expect(traffic.limiter.waitingCount == 0)
    }
}
