// NoteOrder.swift — one order of notes from several scores of each.
// Explainer › Evidence.

/// What each score counts in the one order; together 1.
package struct NoteWeights {
    var wordingBM25: Double
    var wordingNearness: Double
    var sectionCosine: Double
    var wholeBM25: Double

    /// Near what `swiftlet evaluate evidence --fit-order` finds on the tuning questions: 0.23, 0.36, 0.10, 0.31, and by
    /// words alone 0.53, 0.47. Differences of this size decide nothing.
    static let hybrid = NoteWeights(
        wordingBM25: 0.20, wordingNearness: 0.41, sectionCosine: 0.10, wholeBM25: 0.29)
    static let words = NoteWeights(wordingBM25: 0.52, wordingNearness: 0, sectionCosine: 0, wholeBM25: 0.48)

    /// In the order of `NoteCandidate.parts`.
    package static let names = ["wordingBM25", "wordingNearness", "sectionCosine", "wholeBM25"]
    var all: [Double] { [wordingBM25, wordingNearness, sectionCosine, wholeBM25] }
}

enum NoteOrder {
    /// Brings every kind of score to 0…1 over the candidates, adds them by their weights and sorts.
    ///
    /// - Parameter sectionFloor: the lowest cosine that the list of sections reached; what lies beyond counts as that.
    static func order(_ candidates: inout [NoteCandidate], sectionFloor: Double, _ weights: NoteWeights) {
        let kinds: [[Double]] = [
            candidates.map { $0.wordingBM25s.mean(floor: 0) },
            candidates.map(\.wordingNearness),
            candidates.map { max($0.sectionCosine, sectionFloor) },
            candidates.map(\.wholeBM25),
        ].map(stretched)
        for index in candidates.indices {
            candidates[index].parts = kinds.map { $0[index] }
            candidates[index].score = zip(weights.all, candidates[index].parts).reduce(0) { $0 + $1.0 * $1.1 }
        }
        candidates.sort(by: NoteCandidate.precedes)
    }

    /// The least becomes 0, the largest 1; all 0 where they are equal.
    private static func stretched(_ scores: [Double]) -> [Double] {
        guard let least = scores.min(), let largest = scores.max(), largest > least else {
            return scores.map { _ in 0 }
        }
        return scores.map { ($0 - least) / (largest - least) }
    }
}

extension NoteCandidate {
    static func precedes(_ left: NoteCandidate, _ right: NoteCandidate) -> Bool {
        left.score != right.score ? left.score > right.score : left.id < right.id
    }
}
