import Kernels
import Testing

@Suite struct `A contended core` {
    /// Asks every millisecond; `rate` preemptions in each.
    private struct Caller {
        var contention = CoreContention()
        var milliseconds: UInt64 = 1000
        var preemptions = 0

        mutating func run(for duration: Int, rate: Int, every: Int = 1) -> [(UInt64, CoreContention.Advice)] {
            var advices: [(UInt64, CoreContention.Advice)] = []
            for step in 0..<duration {
                milliseconds += 1
                if step % every == 0 { preemptions += rate }
                let advice = contention.advise(preemptions: preemptions, at: milliseconds * 1_000_000)
                if advice != .goOn { advices.append((milliseconds, advice)) }
            }
            return advices
        }

        /// When that advice comes, if it comes within three seconds.
        mutating func first(of advice: CoreContention.Advice, rate: Int) -> UInt64? {
            for _ in 0..<3000 {
                if run(for: 1, rate: rate).first?.1 == advice { return milliseconds }
            }
            return nil
        }
    }

    @Test func `is not seen in what a quiet machine does`() {
        var caller = Caller()
        #expect(caller.run(for: 10_000, rate: 1, every: 4).isEmpty)
    }

    @Test func `is left to the workers as long as it lasts, and asked about again ever less often`() throws {
        var caller = Caller()
        var lengths: [UInt64] = []
        // Preempted by its worker until that stays away, and not at all meanwhile.
        for round in 0..<8 {
            if round == 7 { _ = caller.run(for: 1000, rate: 0) }
            let away = caller.first(of: .keepWorkersAway, rate: 4)
            let back = caller.first(of: .letWorkersCome, rate: 0)
            lengths.append(try #require(back) - #require(away))
        }
        #expect(lengths == [100, 200, 400, 800, 1600, 1600, 1600, 100])
    }

    @Test func `is left by the caller when the other process is on its own`() {
        var caller = Caller()
        let first = caller.run(for: 3, rate: 4)
        #expect(first.map(\.1) == [.keepWorkersAway])
        let moves = caller.run(for: 80, rate: 1).filter { $0.1 == .move }
        // Once, and then not again for a while.
        #expect(moves.count == 1)
    }
}
