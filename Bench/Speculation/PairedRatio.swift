// PairedRatio.swift — a ratio that was measured in pairs, and how well it is known.
// Bench › Speculation.  The interval is the sign test's: it asks nothing of how the errors are distributed, only that a
// pair is as likely to come out above the true median as below.

struct PairedRatio: CustomStringConvertible {
    let median: Double
    /// Holds the true median in at least 95 of 100 cases; with fewer than six pairs everything that was seen, which says
    /// less.
    let interval: ClosedRange<Double>

    /// - Precondition: at least one ratio.
    init(_ ratios: [Double]) {
        let sorted = ratios.sorted()
        median = quantile(sorted, 0.5)
        let outside = Self.countOutside(of: sorted.count)
        interval = sorted[outside]...sorted[sorted.count - 1 - outside]
    }

    /// How many values are left out at either end. The median lies below all but the smallest k when at most k values
    /// came out below it: the largest k for which that happens in 2.5 of 100 cases at most.
    static func countOutside(of count: Int) -> Int {
        var probability = 1.0
        for _ in 0..<count { probability /= 2 }
        var sum = 0.0
        for below in 0..<count / 2 {
            sum += probability
            if sum > 0.025 { return max(below - 1, 0) }
            probability *= Double(count - below) / Double(below + 1)
        }
        return 0
    }

    var description: String {
        func thousandths(_ value: Double) -> String { "\((value * 1000).rounded() / 1000)" }
        return "\(thousandths(median)) × (\(thousandths(interval.lowerBound)) … \(thousandths(interval.upperBound)))"
    }
}
