// Fusion.swift — one order from two scores that cannot be compared.
// Retrieval › Search.

/// How BM25 and cosine become one score.
package enum Fusion: Sendable, Equatable {
    /// Both scores are stretched to 0…1 over the candidates; alpha is BM25's share. Bruch et al. 2023,
    /// arXiv:2210.11934.
    case convex(alpha: Double)
    /// Σ 1 / (k + rank), ranks from 1. Cormack et al. 2009, doi:10.1145/1571941.1572114.
    case reciprocalRank(k: Double)

    /// What measures best on nine collections, flat from .45 to .65.
    package static let standard = Fusion.convex(alpha: 0.5)

    /// - Parameters:
    ///   - lexical: of each candidate.
    ///   - dense: of each candidate, in the same order.
    ///   - lexicalRanks: from 1; nil for a candidate that this list did not return. For reciprocal ranks only.
    package func scores(
        lexical: [Double], dense: [Double], lexicalRanks: [Int?], denseRanks: [Int?]
    ) -> [Double] {
        switch self {
        case .convex(let alpha):
            zip(Self.stretched(lexical), Self.stretched(dense)).map { alpha * $0 + (1 - alpha) * $1 }
        case .reciprocalRank(let k):
            zip(lexicalRanks, denseRanks).map { ranks in
                [ranks.0, ranks.1].reduce(0) { $0 + ($1.map { 1 / (k + Double($0)) } ?? 0) }
            }
        }
    }

    /// The least becomes 0 and the largest 1; equal scores say nothing and become 0.
    package static func stretched(_ scores: [Double]) -> [Double] {
        guard let least = scores.min(), let largest = scores.max(), largest > least else {
            return [Double](repeating: 0, count: scores.count)
        }
        return scores.map { ($0 - least) / (largest - least) }
    }
}
