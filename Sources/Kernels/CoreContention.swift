// CoreContention.swift — notices that another process has taken a core, and keeps workers off the caller's.
// Kernels.  The system wakes a thread beside the one that woke it. While each core has something to do, that puts a
// worker on its caller's core, where it only takes turns with it: two threads are then no faster than one. A worker
// that avoids that core shares the other one with whoever is there, and is of some use. Nothing is pinned for good.

/// Watches how often the caller of jobs is taken off its core. In nanoseconds of one clock.
package struct CoreContention: Sendable {
    package enum Advice { case goOn, keepWorkersAway, move, letWorkersCome }

    private static let window: UInt64 = 20_000_000
    /// So many preemptions in a window mean that somebody else runs on the caller's core: as a rule, a worker.
    private static let preemptionsNeeded = 8
    /// So many while the workers are elsewhere mean that the other process does.
    private static let preemptionsToMove = 3
    /// After this long the other process may have gone; each time it has not, twice as long.
    private static let firstLength: UInt64 = 100_000_000
    private static let longestLength: UInt64 = 1_600_000_000

    private var windowBegin: UInt64 = 0
    private var preemptionsBefore = 0
    private var length = firstLength
    /// Until when workers stay away; 0: they may come.
    private var end: UInt64 = 0
    private var lastEnd: UInt64 = 0
    private var lastMove: UInt64 = 0

    package init() {}

    /// - Parameter preemptions: of all callers, ever.
    package mutating func advise(preemptions: Int, at now: UInt64) -> Advice {
        if end > 0, now >= end {
            (lastEnd, end) = (end, 0)
            startWindow(preemptions, now)
            return .letWorkersCome
        }
        guard now - windowBegin < Self.window else {
            startWindow(preemptions, now)
            return .goOn
        }
        let count = preemptions - preemptionsBefore
        guard count >= (end > 0 ? Self.preemptionsToMove : Self.preemptionsNeeded) else { return .goOn }
        startWindow(preemptions, now)
        if end > 0 {
            guard now - lastMove > Self.firstLength else { return .goOn }
            lastMove = now
            return .move
        }
        length = lastEnd > 0 && now - lastEnd < 4 * Self.window ? min(2 * length, Self.longestLength) : Self.firstLength
        end = now + length
        return .keepWorkersAway
    }

    private mutating func startWindow(_ preemptions: Int, _ now: UInt64) {
        (windowBegin, preemptionsBefore) = (now, preemptions)
    }
}
