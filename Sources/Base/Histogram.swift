// Histogram.swift — counts observations in fixed buckets, as Prometheus exposes them.
// Base.  Filled by the engine and the server, printed by Server/Metrics.

/// Cumulative-on-print histogram with fixed upper bounds.
package struct Histogram: Sendable, Equatable {
    /// Upper bounds, ascending; an implicit last bucket takes everything above.
    package let upperBounds: [Double]
    /// Observations per bucket, not cumulative; one longer than `upperBounds`.
    package private(set) var counts: [UInt64]
    package private(set) var sum: Double = 0

    package init(upperBounds: [Double]) {
        self.upperBounds = upperBounds
        counts = [UInt64](repeating: 0, count: upperBounds.count + 1)
    }

    package var count: UInt64 { counts.reduce(0, +) }

    /// - Complexity: O(log buckets).
    package mutating func observe(_ value: Double) {
        var low = 0
        var high = upperBounds.count
        while low < high {
            let middle = (low + high) / 2
            if value <= upperBounds[middle] { high = middle } else { low = middle + 1 }
        }
        counts[low] += 1
        sum += value
    }
}
