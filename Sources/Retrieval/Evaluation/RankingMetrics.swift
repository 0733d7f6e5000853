// RankingMetrics.swift — how good a ranking is, by the formulas of trec_eval.
// Retrieval › Evaluation.  Bench/peers/retrieval/metrics.py compares them with pytrec_eval.

internal import Glibc

/// The figures of one ranking, or their means.
package struct RankingMetrics: Sendable, Equatable {
    package var ndcg10 = 0.0
    package var mrr10 = 0.0
    package var recall10 = 0.0
    package var recall100 = 0.0

    package init() {}

    /// - Parameters:
    ///   - ranking: document ids, best first.
    ///   - grades: of the judged documents; above 0 is relevant. The gain is the grade itself, as in trec_eval.
    package init(ranking: [String], grades: [String: Int]) {
        let relevantCount = grades.values.count { $0 > 0 }
        guard relevantCount > 0 else { return }
        let gains = ranking.prefix(10).map { Double(max(grades[$0] ?? 0, 0)) }
        let ideal = grades.values.filter { $0 > 0 }.sorted(by: >).prefix(10).map { Double($0) }
        ndcg10 = Self.discounted(gains) / Self.discounted(ideal)
        mrr10 = gains.firstIndex { $0 > 0 }.map { 1 / Double($0 + 1) } ?? 0
        recall10 = Double(gains.count { $0 > 0 }) / Double(relevantCount)
        recall100 = Double(ranking.prefix(100).count { (grades[$0] ?? 0) > 0 }) / Double(relevantCount)
    }

    /// Σ gain / log2(rank + 1), ranks from 1.
    private static func discounted(_ gains: [Double]) -> Double {
        gains.enumerated().reduce(0) { $0 + $1.element / log2(Double($1.offset + 2)) }
    }

    package static func mean(_ all: [RankingMetrics]) -> RankingMetrics {
        var mean = RankingMetrics()
        guard !all.isEmpty else { return mean }
        for one in all {
            mean.ndcg10 += one.ndcg10
            mean.mrr10 += one.mrr10
            mean.recall10 += one.recall10
            mean.recall100 += one.recall100
        }
        let count = Double(all.count)
        mean.ndcg10 /= count
        mean.mrr10 /= count
        mean.recall10 /= count
        mean.recall100 /= count
        return mean
    }
}
