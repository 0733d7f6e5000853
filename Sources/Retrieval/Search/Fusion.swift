// Fusion.swift — one order from two scores that cannot be compared.
// Retrieval › Search.

/// How BM25 and cosine become one score.
package enum Fusion: Sendable, Equatable {
    /// Both scores are stretched to 0…1 between the worst and the best of all chunks; alpha is BM25's share. Bruch et
    /// al. 2023, arXiv:2210.11934.
    case convex(alpha: Double)
    /// Σ 1 / (k + rank), ranks from 1. Cormack et al. 2009, doi:10.1145/1571941.1572114.
    case reciprocalRank(k: Double)

    /// What measures best on nine collections, flat from .45 to .65.
    package static let standard = Fusion.convex(alpha: 0.5)

    /// - Parameters:
    ///   - lexical: of each candidate.
    ///   - dense: of each candidate, in the same order.
    ///   - lowestCosine: of any chunk, candidate or not. The worst candidate is no measure: a chunk that has the words
    ///     and means something else would squeeze all others together, more so the deeper the lists are. BM25's
    ///     worst is known: 0, of a chunk that has none of the words.
    ///   - lexicalRanks: from 1; nil for a candidate that this list did not return. For reciprocal ranks only.
    package func scores(
        lexical: [Double], dense: [Double], lowestCosine: Double, lexicalRanks: [Int?], denseRanks: [Int?]
    ) -> [Double] {
        switch self {
        case .convex(let alpha):
            zip(Self.stretched(lexical, from: 0), Self.stretched(dense, from: lowestCosine))
                .map { alpha * $0 + (1 - alpha) * $1 }
        case .reciprocalRank(let k):
            zip(lexicalRanks, denseRanks).map { ranks in
                [ranks.0, ranks.1].reduce(0) { $0 + ($1.map { 1 / (k + Double($0)) } ?? 0) }
            }
        }
    }

    /// The least becomes 0 and the largest 1; where both are equal, scores say nothing and become 0.
    ///
    /// - Parameter least: nil takes the least of the scores.
    package static func stretched(_ scores: [Double], from least: Double? = nil) -> [Double] {
        guard let least = least ?? scores.min(), let largest = scores.max(), largest > least else {
            return [Double](repeating: 0, count: scores.count)
        }
        return scores.map { ($0 - least) / (largest - least) }
    }
}
