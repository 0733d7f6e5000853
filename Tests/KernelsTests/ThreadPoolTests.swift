// ThreadPoolTests.swift — every slice once, whatever the threads do.

import Kernels
import Synchronization
import Testing

@Suite struct `Thread pool` {
    @Test(arguments: [1, 2, 3, 8])
    func `runs every slice exactly once`(threadCount: Int) {
        let pool = ThreadPool(threadCount: threadCount)
        for sliceCount in [0, 1, 2, 3, 7, 100, 5000] {
            var counts = [Int](repeating: 0, count: sliceCount)
            counts.withUnsafeMutableBufferPointer { counts in
                pool.run(sliceCount: sliceCount) { counts[$0] += 1 }
            }
            #expect(counts.allSatisfy { $0 == 1 })
        }
    }

    /// Four threads on two cores or fewer: workers are descheduled in the middle of anything.
    @Test func `survives 100,000 small jobs`() {
        let pool = ThreadPool(threadCount: 4)
        var sums = [0, 0, 0, 0, 0]
        sums.withUnsafeMutableBufferPointer { sums in
            for _ in 0..<100_000 { pool.run(sliceCount: 5) { sums[$0] += $0 + 1 } }
        }
        #expect(sums == [100_000, 200_000, 300_000, 400_000, 500_000])
    }

    @Test func `shows the caller what slices wrote, after sleeping too`() throws {
        let pool = ThreadPool(threadCount: 3)
        var data = [Int](repeating: 0, count: 64)
        for round in 1...200 {
            data.withUnsafeMutableBufferPointer { data in pool.run(sliceCount: 64) { data[$0] = round * 64 + $0 } }
            #expect(data == (0..<64).map { round * 64 + $0 })
            // Long enough for the workers to go to sleep now and then.
            if round % 10 == 0 { try pause(microseconds: 200) }
        }
    }

    @Test func `lets several callers take turns`() throws {
        let pool = ThreadPool(threadCount: 2)
        let total = Counter()
        let callers = try (0..<3).map { index in
            try OwnedThread(name: "caller-\(index)") {
                for _ in 0..<2000 { pool.run(sliceCount: 4) { total.value.wrappingAdd($0, ordering: .relaxed) } }
            }
        }
        for caller in callers { caller.join() }
        #expect(total.value.load(ordering: .sequentiallyConsistent) == 3 * 2000 * 6)
    }

    @Test func `starts and stops many times`() {
        for round in 0..<200 {
            let pool = ThreadPool(threadCount: 1 + round % 4)
            if round % 2 == 0 { pool.run(sliceCount: 3) { _ in } }
        }
    }

    @Test func `refuses a job inside a slice`() async {
        await #expect(processExitsWith: .failure) {
            let pool = ThreadPool(threadCount: 2)
            pool.run(sliceCount: 2) { _ in pool.run(sliceCount: 2) { _ in } }
        }
    }

    private func pause(microseconds: Int) throws {
        let thread = try OwnedThread(name: "pause") { sleepFor(microseconds: microseconds) }
        thread.join()
    }
}

@Suite struct `Owned thread` {
    @Test func `runs its closure under its name and can be joined twice`() throws {
        let seen = Counter()
        let thread = try OwnedThread(name: "a-rather-long-thread-name") {
            seen.value.store(currentThreadName() == "a-rather-long-t" ? 1 : 2, ordering: .sequentiallyConsistent)
        }
        thread.join()
        thread.join()
        #expect(seen.value.load(ordering: .sequentiallyConsistent) == 1)
    }

    @Test func `may be let go without joining`() throws {
        let seen = Counter()
        do { _ = try OwnedThread(name: "free") { seen.value.store(1, ordering: .sequentiallyConsistent) } }
        while seen.value.load(ordering: .sequentiallyConsistent) == 0 { sleepFor(microseconds: 100) }
    }
}

/// A number that threads share.
final class Counter: Sendable {
    let value = Atomic<Int>(0)
}
