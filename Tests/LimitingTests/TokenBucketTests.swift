import Limiting
import TestSupport
import Testing

@Suite struct `A token bucket` {
    @Test func `is full at first, empties by reservations and fills with time`() {
        var bucket = TokenBucket(capacity: 600, perMinute: 600, at: 0)
        #expect(bucket.remaining == 600)
        bucket.reserve(600)
        #expect(bucket.remaining == 0)
        #expect(bucket.millisecondsUntilFull == 60_000)
        bucket.refill(to: 30_000)
        #expect(bucket.remaining == 300)
        bucket.refill(to: 1_000_000)
        #expect(bucket.remaining == 600)
    }

    @Test func `says to the millisecond when an amount can be had`() {
        var generator = SeededGenerator(seed: 1)
        for _ in 0..<10_000 {
            let limit = Int.random(in: 1...100_000, using: &generator)
            var bucket = TokenBucket(capacity: limit, perMinute: limit, at: 0)
            bucket.reserve(Int.random(in: 0...limit, using: &generator))
            var now = Int.random(in: 0...40_000, using: &generator)
            bucket.refill(to: now)
            let count = Int.random(in: 1...limit, using: &generator)
            switch bucket.wait(for: count) {
            case .none: #expect(bucket.remaining >= count)
            case .milliseconds(let wait):
                now += wait - 1
                bucket.refill(to: now)
                #expect(bucket.wait(for: count) == .milliseconds(1))
                bucket.refill(to: now + 1)
                #expect(bucket.wait(for: count) == .none)
            case .untilReturned, .never: Issue.record("a full bucket holds \(count) of \(limit)")
            }
        }
    }

    @Test func `gives the same balance however often it is looked at`() {
        var (often, once) = (
            TokenBucket(capacity: 7, perMinute: 7, at: 0), TokenBucket(capacity: 7, perMinute: 7, at: 0)
        )
        often.reserve(7)
        once.reserve(7)
        for now in 1...20_000 { often.refill(to: now) }
        once.refill(to: 20_000)
        #expect(often.remainingParts == once.remainingParts)
    }

    @Test func `tells what can never be had from what comes back`() {
        var bucket = TokenBucket(capacity: 10, perMinute: 10, at: 0)
        #expect(bucket.wait(for: 11) == .never)
        bucket.overdraw(30)
        #expect(bucket.wait(for: 10) == .milliseconds(180_000))
        #expect(bucket.wait(for: 0) == .none)

        var stock = TokenBucket(capacity: 2, perMinute: 0, at: 0)
        stock.reserve(2)
        stock.refill(to: 1_000_000)
        #expect(stock.wait(for: 1) == .untilReturned(notBefore: 0))
        stock.refund(1)
        #expect(stock.wait(for: 1) == .none)
        #expect(stock.wait(for: 3) == .never)
    }

    @Test func `keeps no more than its capacity when something is refunded`() {
        var bucket = TokenBucket(capacity: 100, perMinute: 100, at: 0)
        bucket.reserve(80)
        bucket.refill(to: 60_000)
        bucket.refund(80)
        #expect(bucket.remaining == 100)
        #expect(bucket.overflowParts == 100 * TokenBucket.partsPerToken)
        #expect(bucket.obeysTheLaw)
    }

    @Test func `survives years of idleness and the largest limit`() {
        var bucket = TokenBucket(
            capacity: TokenBucket.maximumLimit, perMinute: TokenBucket.maximumLimit, at: 0)
        bucket.reserve(TokenBucket.maximumLimit)
        bucket.refill(to: 20 * 365 * 86_400_000)
        #expect(bucket.remaining == TokenBucket.maximumLimit)
        #expect(bucket.obeysTheLaw)
    }

    @Test func `takes new limits in mid-life`() {
        var bucket = TokenBucket(capacity: 100, perMinute: 100, at: 0)
        bucket.change(capacity: 40, perMinute: 40)
        #expect(bucket.remaining == 40)
        bucket.change(capacity: 200, perMinute: 200)
        #expect(bucket.remaining == 40)
        bucket.refill(to: 60_000)
        #expect(bucket.remaining == 200)
        #expect(bucket.obeysTheLaw)

        var stock = TokenBucket(capacity: 5, perMinute: 0, at: 0)
        stock.reserve(5)
        stock.change(capacity: 2, perMinute: 0)
        stock.refund(3)
        #expect(stock.wait(for: 1) == .untilReturned(notBefore: 0))
        stock.refund(1)
        #expect(stock.remaining == 1)
        #expect(stock.obeysTheLaw)
    }
}
