// RetrievalEvaluation.swift — runs a collection's questions through a search and says how well it did.
// Retrieval › Evaluation.

package import Base

/// The figures of one collection.
package struct RetrievalEvaluation: Sendable {
    package let questionCount: Int
    package let mean: RankingMetrics
    /// Per question, in the collection's order: what intervals and paired comparisons need.
    package let each: [RankingMetrics]
    /// Document ids per question, best first, with their scores.
    package let rankings: [[(id: String, score: Double)]]
    private let sortedNanoseconds: [UInt64]

    /// Asks every question once, one after another.
    ///
    /// - Parameter search: the best documents for a text, best first, up to a count.
    package init(
        _ collection: JudgedCollection, time: any TimeSource = MonotonicTime(),
        search: (String, Int) throws -> [(id: String, score: Double)]
    ) throws {
        var each: [RankingMetrics] = []
        var rankings: [[(id: String, score: Double)]] = []
        var nanoseconds: [UInt64] = []
        for question in collection.questions {
            let start = time.nanoseconds()
            let ranking = try search(question.text, 100)
            nanoseconds.append(time.nanoseconds() - start)
            rankings.append(ranking)
            each.append(RankingMetrics(ranking: ranking.map(\.id), grades: question.grades))
        }
        self.each = each
        self.rankings = rankings
        questionCount = each.count
        mean = RankingMetrics.mean(each)
        sortedNanoseconds = nanoseconds.sorted()
    }

    /// The latency that a share of the questions stayed below or at.
    package func milliseconds(percentile: Double) -> Double {
        guard !sortedNanoseconds.isEmpty else { return 0 }
        let place = (Double(sortedNanoseconds.count) * percentile / 100).rounded(.up)
        return Double(sortedNanoseconds[max(0, min(Int(place) - 1, sortedNanoseconds.count - 1))]) / 1e6
    }
}
