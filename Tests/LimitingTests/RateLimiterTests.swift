import Limiting
import TestSupport
import Testing

private let key: [AccountID] = [.key(KeyDigest(of: "one".utf8)), .tenant("team")]
private let otherKey: [AccountID] = [.key(KeyDigest(of: "two".utf8)), .tenant("team")]
private let stranger: [AccountID] = [.key(KeyDigest(of: "three".utf8)), .tenant("others")]

private struct Bench {
    let time = ManualTime(nanoseconds: 5_000_000)
    let limiter: RateLimiter

    init(_ limits: [AccountID: RateLimits], wait: Int = 0, count: Int = 100, perTenant: Int = 100) {
        limiter = RateLimiter(
            time: time, waitLimits: WaitLimits(count: count, countPerTenant: perTenant, milliseconds: wait))
        limiter.setLimits(limits, cacheTokenCount: 1_000)
    }

    func pass(milliseconds: Int) { time.advance(nanoseconds: UInt64(milliseconds) * 1_000_000) }

    func grant(_ amounts: Amounts, _ accounts: [AccountID] = key) -> Reservation? {
        guard case .decided(.granted(let reservation)) = limiter.reserve(amounts, from: accounts) else { return nil }
        return reservation
    }

    func refusal(_ amounts: Amounts, _ accounts: [AccountID] = key) -> Refusal? {
        guard case .decided(.refused(let refusal)) = limiter.reserve(amounts, from: accounts) else { return nil }
        return refusal
    }

    func ticket(_ amounts: Amounts, _ accounts: [AccountID] = key) -> Ticket? {
        guard case .waiting(let ticket) = limiter.reserve(amounts, from: accounts) else { return nil }
        return ticket
    }

    /// Tickets granted and refused by the next decisions.
    func decide() -> (granted: [Ticket], refused: [Ticket]) {
        var result: (granted: [Ticket], refused: [Ticket]) = ([], [])
        for (ticket, decision) in limiter.decideWaiting() {
            if case .granted = decision { result.granted.append(ticket) } else { result.refused.append(ticket) }
        }
        return result
    }
}

@Suite struct `The rate limiter` {
    @Test func `tells exactly when to come back, over all limits of key and tenant`() throws {
        var generator = SeededGenerator(seed: 5)
        var refusedCount = 0
        for _ in 0..<2_000 {
            func limits() -> RateLimits {
                RateLimits(
                    requestsPerMinute: Int.random(in: 1...100, using: &generator),
                    inputTokensPerMinute: Int.random(in: 100...10_000, using: &generator),
                    outputTokensPerMinute: Int.random(in: 100...10_000, using: &generator))
            }
            let bench = Bench([key[0]: limits(), key[1]: limits()])
            func amounts() -> Amounts {
                Amounts(
                    requests: 1, inputTokens: Int.random(in: 1...100, using: &generator),
                    outputTokens: Int.random(in: 1...100, using: &generator))
            }
            while let reservation = bench.grant(amounts()) {
                bench.limiter.spend(1, of: .requests, reservation)
            }
            let wanted = amounts()
            guard let refusal = bench.refusal(wanted) else { continue }
            refusedCount += 1
            let wait = try #require(refusal.retryMilliseconds)
            bench.pass(milliseconds: wait - 1)
            #expect(bench.refusal(wanted)?.retryMilliseconds == 1)
            bench.pass(milliseconds: 1)
            #expect(bench.grant(wanted) != nil)
        }
        #expect(refusedCount > 500)
    }

    /// A request of two steps, as the server makes it: one request first, the rest when its tokens are counted.
    @Test func `tells a request that was counted already when it can be counted again and have the rest`() throws {
        var generator = SeededGenerator(seed: 7)
        var (byTokens, byRequests) = (0, 0)
        for _ in 0..<2_000 {
            let bench = Bench([
                key[0]: RateLimits(
                    requestsPerMinute: Int.random(in: 1...10, using: &generator),
                    outputTokensPerMinute: Int.random(in: 50...200, using: &generator))
            ])
            func refusal(_ tokens: Int) -> Refusal? {
                guard let first = bench.grant(Amounts(requests: 1)) else { return bench.refusal(Amounts(requests: 1)) }
                bench.limiter.spend(1, of: .requests, first)
                let rest = Amounts(outputTokens: tokens)
                guard
                    case .decided(.refused(let refusal)) = bench.limiter.reserve(
                        rest, from: key, spentBefore: Amounts(requests: 1))
                else { return nil }
                return refusal
            }
            let wanted = Int.random(in: 10...50, using: &generator)
            var told: Refusal?
            while told == nil { told = refusal(wanted) }
            guard case .limited(let shortage) = try #require(told), shortage.resource == .outputTokens else { continue }
            let wait = try #require(told?.retryMilliseconds)
            guard wait < 120_000 else { continue }
            let tokens = bench.refusal(Amounts(outputTokens: wanted))?.retryMilliseconds
            if wait == tokens { byTokens += 1 } else { byRequests += 1 }
            bench.pass(milliseconds: wait - 1)
            #expect(bench.refusal(Amounts(requests: 1, outputTokens: wanted))?.retryMilliseconds == 1)
            bench.pass(milliseconds: 1)
            #expect(refusal(wanted) == nil)
        }
        #expect(byTokens > 50 && byRequests > 50)
    }

    @Test func `tells a known wait that is longer than the guess for what somebody holds`() throws {
        let bench = Bench([key[0]: RateLimits(outputTokensPerMinute: 60, concurrentRequests: 1)])
        let wanted = Amounts(outputTokens: 10, concurrentRequests: 1)
        let holder = try #require(bench.grant(Amounts(outputTokens: 55, concurrentRequests: 1)))
        // Five tokens are there, five come in five seconds, whenever the holder may end.
        #expect(bench.refusal(wanted)?.retryMilliseconds == 5_000)
        #expect(bench.refusal(Amounts(outputTokens: 5, concurrentRequests: 1))?.retryMilliseconds == 1_000)
        bench.limiter.spend(55, of: .outputTokens, holder)
        bench.limiter.close(holder)
        bench.pass(milliseconds: 4_999)
        #expect(bench.refusal(wanted)?.retryMilliseconds == 1)
        bench.pass(milliseconds: 1)
        #expect(bench.grant(wanted) != nil)
    }

    @Test func `lets nobody wait for what cannot come in time, whatever else is missing`() throws {
        let bench = Bench([key[0]: RateLimits(outputTokensPerMinute: 60, concurrentRequests: 1)], wait: 4_000)
        #expect(bench.grant(Amounts(outputTokens: 55, concurrentRequests: 1)) != nil)
        #expect(bench.refusal(Amounts(outputTokens: 10, concurrentRequests: 1)) != nil)
        #expect(bench.ticket(Amounts(outputTokens: 9, concurrentRequests: 1)) != nil)
    }

    @Test func `takes from key and tenant in one step, or from neither`() {
        let bench = Bench([
            key[0]: RateLimits(outputTokensPerMinute: 1_000), key[1]: RateLimits(outputTokensPerMinute: 100),
        ])
        #expect(bench.refusal(Amounts(outputTokens: 101)) != nil)
        #expect(bench.limiter.balance(of: .outputTokens, in: key[0])?.remaining == 1_000)
        #expect(bench.grant(Amounts(outputTokens: 100)) != nil)
        #expect(bench.limiter.balance(of: .outputTokens, in: key[0])?.remaining == 900)
        #expect(bench.limiter.balance(of: .outputTokens, in: key[1])?.remaining == 0)
    }

    @Test func `says that what is more than the limit can never be had`() {
        let bench = Bench([key[0]: RateLimits(inputTokensPerMinute: 50)], wait: 10_000)
        let refusal = bench.refusal(Amounts(inputTokens: 51))
        #expect(refusal?.mayRetry == false)
        #expect(refusal?.retryMilliseconds == nil)
        #expect(refusal.map(RateLimitHeaders.retry)?.map(\.name) == ["x-should-retry"])
    }

    @Test func `never names more than two minutes`() {
        let bench = Bench([key[0]: RateLimits(outputTokensPerMinute: 10)])
        let reservation = bench.grant(Amounts(outputTokens: 10))!
        bench.limiter.spend(60, of: .outputTokens, reservation)
        #expect(bench.refusal(Amounts(outputTokens: 1))?.retryMilliseconds == 120_000)
    }

    @Test func `lets those wait whose turn comes soon enough, in order`() {
        let bench = Bench([key[1]: RateLimits(outputTokensPerMinute: 600)], wait: 3_000)
        #expect(bench.grant(Amounts(outputTokens: 600)) != nil)
        let first = bench.ticket(Amounts(outputTokens: 20))
        let second = bench.ticket(Amounts(outputTokens: 5), otherKey)
        #expect(first != nil && second != nil)
        #expect(bench.refusal(Amounts(outputTokens: 31)) == nil, "it waits behind the others")
        #expect(bench.grant(Amounts(outputTokens: 5), stranger) != nil)
        // Enough for the second, but the first was there before.
        bench.pass(milliseconds: 600)
        #expect(bench.decide().granted.isEmpty)
        #expect(bench.limiter.millisecondsToNextDecision == 1_400)
        bench.pass(milliseconds: 1_400)
        #expect(bench.decide().granted == [first])
        bench.pass(milliseconds: 500)
        #expect(bench.decide().granted == [second])
    }

    @Test func `refuses at once what could only wait in vain`() {
        let bench = Bench([key[0]: RateLimits(outputTokensPerMinute: 600)], wait: 1_000)
        #expect(bench.grant(Amounts(outputTokens: 600)) != nil)
        #expect(bench.refusal(Amounts(outputTokens: 11))?.retryMilliseconds == 1_100)
        #expect(bench.ticket(Amounts(outputTokens: 10)) != nil)
    }

    @Test func `grants a place as soon as one is given back, and refuses at the deadline`() throws {
        let bench = Bench([key[0]: RateLimits(concurrentRequests: 1)], wait: 1_000)
        let holder = try #require(bench.grant(Amounts(concurrentRequests: 1)))
        let first = bench.ticket(Amounts(concurrentRequests: 1))
        let second = bench.ticket(Amounts(concurrentRequests: 1))
        #expect(bench.decide().granted.isEmpty)
        bench.limiter.close(holder)
        #expect(bench.decide().granted == [first])
        #expect(bench.limiter.millisecondsToNextDecision == 1_000)
        bench.pass(milliseconds: 1_000)
        #expect(bench.decide().refused == [second])
        #expect(bench.limiter.waitingCount == 0)
    }

    @Test func `lets the next one go ahead when somebody who waits leaves`() {
        let bench = Bench([key[0]: RateLimits(outputTokensPerMinute: 60)], wait: 60_000)
        let holder = bench.grant(Amounts(outputTokens: 58))
        let large = bench.ticket(Amounts(outputTokens: 50))!
        let small = bench.ticket(Amounts(outputTokens: 2))
        #expect(bench.decide().granted.isEmpty)
        bench.limiter.withdraw(large)
        #expect(bench.decide().granted == [small])
        #expect(holder != nil)
    }

    @Test func `keeps its room bounded, for each tenant and for all`() {
        let bench = Bench(
            [key[1]: RateLimits(concurrentRequests: 0), stranger[1]: RateLimits(concurrentRequests: 1)], wait: 1_000,
            count: 3,
            perTenant: 2)
        #expect(bench.refusal(Amounts(concurrentRequests: 1))?.mayRetry == false)
        bench.limiter.setLimits(
            [key[1]: RateLimits(concurrentRequests: 1), stranger[1]: RateLimits(concurrentRequests: 1)],
            cacheTokenCount: 0)
        let holders = [
            bench.grant(Amounts(concurrentRequests: 1)), bench.grant(Amounts(concurrentRequests: 1), stranger),
        ]
        #expect(!holders.contains { $0 == nil })
        for _ in 0..<2 { #expect(bench.ticket(Amounts(concurrentRequests: 1)) != nil) }
        guard case .limited? = bench.refusal(Amounts(concurrentRequests: 1)) else {
            Issue.record("its tenant's part of the room was full")
            return
        }
        #expect(bench.ticket(Amounts(concurrentRequests: 1), stranger) != nil)
        #expect(bench.refusal(Amounts(concurrentRequests: 1), stranger) == .roomFull(waiting: 3))
    }

    @Test func `charges work beyond the reservation as a debt`() {
        let bench = Bench([key[0]: RateLimits(outputTokensPerMinute: 60)])
        let reservation = bench.grant(Amounts(outputTokens: 60))!
        bench.limiter.spend(70, of: .outputTokens, reservation)
        bench.limiter.close(reservation)
        #expect(bench.limiter.balance(of: .outputTokens, in: key[0])?.remaining == 0)
        #expect(bench.refusal(Amounts(outputTokens: 1))?.retryMilliseconds == 11_000)
    }

    @Test func `keeps balances and open reservations when limits change`() {
        let bench = Bench([key[0]: RateLimits(outputTokensPerMinute: 100)])
        let reservation = bench.grant(Amounts(outputTokens: 60))!
        bench.limiter.setLimits([key[1]: RateLimits(outputTokensPerMinute: 10)], cacheTokenCount: 0)
        #expect(bench.limiter.balance(of: .outputTokens, in: key[0]) == nil)
        bench.limiter.spend(20, of: .outputTokens, reservation)
        bench.limiter.setLimits([key[0]: RateLimits(outputTokensPerMinute: 100)], cacheTokenCount: 0)
        bench.limiter.close(reservation)
        #expect(bench.limiter.balance(of: .outputTokens, in: key[0])?.remaining == 80)
    }
}

@Suite struct `Rate limit headers` {
    @Test func `have OpenAI's names and formats, and show the scarcest limit`() {
        let bench = Bench([
            key[0]: RateLimits(requestsPerMinute: 60, inputTokensPerMinute: 150_000, outputTokensPerMinute: 200_000),
            key[1]: RateLimits(requestsPerMinute: 500, inputTokensPerMinute: 900_000),
        ])
        #expect(bench.grant(Amounts(requests: 1, inputTokens: 16)) != nil)
        let headers = RateLimitHeaders.balances(of: key, bench.limiter)
        #expect(
            headers.map { "\($0.name): \($0.value)" } == [
                "x-ratelimit-limit-requests: 60", "x-ratelimit-remaining-requests: 59",
                "x-ratelimit-reset-requests: 1s", "x-ratelimit-limit-tokens: 150000",
                "x-ratelimit-remaining-tokens: 149984", "x-ratelimit-reset-tokens: 7ms",
            ])
    }

    @Test func `round seconds up, and milliseconds not at all`() {
        let shortage = Shortage(
            account: key[0], resource: .inputTokens, wait: .milliseconds(2_750), limit: 10, requested: 5)
        #expect(
            RateLimitHeaders.retry(.limited(shortage)).map { "\($0.name): \($0.value)" } == [
                "retry-after: 3", "retry-after-ms: 2750",
            ])
    }

    @Test(arguments: [
        (0, "0s"), (20, "20ms"), (999, "999ms"), (1_000, "1s"), (1_500, "1.5s"), (8_640, "8.64s"), (60_000, "1m0s"),
        (360_000, "6m0s"), (3_600_000, "1h0m0s"), (3_661_007, "1h1m1.007s"),
    ]) func `spell durations as Go does`(milliseconds: Int, text: String) {
        #expect(GoDuration.text(milliseconds: milliseconds) == text)
    }
}
