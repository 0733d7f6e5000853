// Sample.swift — one measure over all requests: mean, deviation, quantiles, and how sure they are.
// LoadGeneration › Measurement.  Bootstrap: Efron and Tibshirani, "An Introduction to the Bootstrap", 1993, chapter 13;
// by cluster, because the gaps within one stream depend on each other.

import Glibc

/// Values, each belonging to one request.
package struct Sample: Sendable {
    /// Ascending.
    package let values: [Double]
    /// The request of each value, in the order of `values`.
    private let owners: [Int32]
    private let ownerCount: Int

    /// - Parameter groups: the values of each request; requests without values are left out.
    package init(groups: [[Double]]) {
        var pairs: [(value: Double, owner: Int32)] = []
        pairs.reserveCapacity(groups.reduce(0) { $0 + $1.count })
        var owner: Int32 = 0
        for group in groups where !group.isEmpty {
            for value in group { pairs.append((value, owner)) }
            owner += 1
        }
        pairs.sort { $0.value < $1.value }
        values = pairs.map(\.value)
        owners = pairs.map(\.owner)
        ownerCount = Int(owner)
    }

    package init(_ values: [Double]) { self.init(groups: values.map { [$0] }) }

    package var isEmpty: Bool { values.isEmpty }

    /// Zero without values, as the figures of an empty run.
    package var mean: Double { values.isEmpty ? 0 : values.reduce(0, +) / Double(values.count) }

    /// Of the values themselves, not an estimate for a population: numpy's default, and so vLLM's.
    package var deviation: Double {
        guard !values.isEmpty else { return 0 }
        let mean = mean
        return sqrt(values.reduce(0) { $0 + ($1 - mean) * ($1 - mean) } / Double(values.count))
    }

    /// Linear between the two nearest values, as numpy's percentile.
    package func quantile(_ share: Double) -> Double {
        guard let last = values.last else { return 0 }
        let position = share * Double(values.count - 1)
        let below = Int(position)
        guard below + 1 < values.count else { return last }
        return values[below] + (position - Double(below)) * (values[below + 1] - values[below])
    }

    // MARK: - Confidence

    /// A statistic's 95 % interval.
    package struct Interval: Sendable, Equatable {
        package let low: Double
        package let high: Double
    }

    /// Intervals of the mean and of each of `shares`, by drawing requests with replacement.
    ///
    /// No resample is sorted: each draws how often every request counts, and walks the sorted values once.
    /// - Complexity: O(resamples · values).
    package func intervals(
        shares: [Double], resamples: Int = 1000, seed: UInt64 = 1
    ) -> (mean: Interval, quantiles: [Interval]) {
        guard ownerCount > 1 else {
            return (Interval(low: mean, high: mean), shares.map { Interval(low: quantile($0), high: quantile($0)) })
        }
        var random = SeededRandom(seed: seed)
        var means: [Double] = []
        var quantiles = [[Double]](repeating: [], count: shares.count)
        var weights = [Int](repeating: 0, count: ownerCount)
        for _ in 0..<resamples {
            for index in weights.indices { weights[index] = 0 }
            for _ in 0..<ownerCount { weights[random.integer(in: 0...(ownerCount - 1))] += 1 }
            let found = statistics(weights, shares)
            means.append(found.mean)
            for index in shares.indices { quantiles[index].append(found.quantiles[index]) }
        }
        return (Self.middle(means), quantiles.map(Self.middle))
    }

    private func statistics(_ weights: [Int], _ shares: [Double]) -> (mean: Double, quantiles: [Double]) {
        var total = 0
        var sum = 0.0
        for index in values.indices {
            let weight = weights[Int(owners[index])]
            total += weight
            sum += Double(weight) * values[index]
        }
        guard total > 0 else { return (0, shares.map { _ in 0 }) }
        // The smallest value that at least `share` of the weight does not exceed.
        let order = shares.indices.sorted { shares[$0] < shares[$1] }
        var found = [Double](repeating: values[values.count - 1], count: shares.count)
        var next = 0
        var seen = 0
        for index in values.indices {
            seen += weights[Int(owners[index])]
            while next < order.count, Double(seen) >= shares[order[next]] * Double(total), seen > 0 {
                found[order[next]] = values[index]
                next += 1
            }
            if next == order.count { break }
        }
        return (sum / Double(total), found)
    }

    /// The middle 95 % of the resamples.
    private static func middle(_ resampled: [Double]) -> Interval {
        let sorted = Sample(resampled)
        return Interval(low: sorted.quantile(0.025), high: sorted.quantile(0.975))
    }
}
