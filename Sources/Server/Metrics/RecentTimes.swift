// RecentTimes.swift — the last durations one by one, for a chart; histograms have forgotten when.
// Server › Metrics.

/// At most `capacity` durations, the oldest first.
package struct RecentTimes: Sendable, Equatable {
    package struct Entry: Sendable, Equatable {
        /// When it ended, of the monotonic clock.
        package let nanoseconds: UInt64
        package let duration: UInt64
    }

    package static let capacity = 256
    package private(set) var entries: [Entry] = []

    package init() {}

    /// What never began or ended is not noted.
    package mutating func add(from start: UInt64, to end: UInt64) {
        guard start > 0, end >= start else { return }
        if entries.count == Self.capacity { entries.removeFirst() }
        entries.append(Entry(nanoseconds: end, duration: end - start))
    }
}
