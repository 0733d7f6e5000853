// PairedBootstrap.swift — how sure one may be that one search is better than another on the same questions.
// Retrieval › Evaluation.  Efron and Tibshirani 1993; for retrieval: Sakai 2006, doi:10.1145/1148170.1148261.

package enum PairedBootstrap {
    package struct Interval: Sendable, Equatable {
        package let mean: Double
        package let low: Double
        package let high: Double
    }

    /// The mean of the differences and the 95 % interval of it, from 10,000 draws of as many questions.
    ///
    /// The same differences give the same interval always.
    package static func interval(_ differences: [Double], draws: Int = 10_000) -> Interval {
        guard !differences.isEmpty else { return Interval(mean: 0, low: 0, high: 0) }
        var state: UInt64 = 0x5EED
        let count = UInt64(differences.count)
        var means: [Double] = []
        means.reserveCapacity(draws)
        for _ in 0..<draws {
            var sum = 0.0
            for _ in differences.indices {
                // A linear congruential step; its high bits choose: Knuth, TAOCP 2, 3.3.4, table 1, line 26.
                state = state &* 6_364_136_223_846_793_005 &+ 1
                sum += differences[Int(((state >> 32) * count) >> 32)]
            }
            means.append(sum / Double(differences.count))
        }
        means.sort()
        return Interval(
            mean: differences.reduce(0, +) / Double(differences.count), low: means[draws * 25 / 1000],
            high: means[draws * 975 / 1000])
    }
}
