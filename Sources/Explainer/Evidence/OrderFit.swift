// OrderFit.swift — what each score counts in the order of notes, from questions whose right notes are known.
// Explainer › Evidence.  Listwise, as ListNet: Cao et al. 2007, doi:10.1145/1273496.1273513.

internal import Glibc

package enum OrderFit {
    /// A question's candidates: the parts of each, and whether it is a right one.
    package typealias List = [(parts: [Double], isRight: Bool)]

    /// The weights that make it likeliest that a right note is drawn where notes are drawn with probabilities
    /// proportional to exp(Σ weight · part), with a ridge; none below 0, together 1. The likelihood is concave and
    /// nothing is drawn: the same lists give the same weights.
    ///
    /// - Parameter lists: those without a right note say nothing and are left out.
    /// - Complexity: O(steps × candidates × parts).
    package static func weights(_ lists: [List], ridge: Double = 0.006) -> [Double] {
        let lists = lists.filter { list in list.contains { $0.isRight } }
        guard let width = lists.first?.first?.parts.count else { return [] }
        var weights = [Double](repeating: 1, count: width)
        for _ in 0..<steps {
            var slope = weights.map { -ridge * $0 }
            for list in lists {
                let expected = mean(list, weights) { _ in true }
                let right = mean(list, weights) { $0 }
                for index in 0..<width { slope[index] += (right[index] - expected[index]) / Double(lists.count) }
            }
            for index in 0..<width { weights[index] = max(0, weights[index] + rate * slope[index]) }
        }
        let total = weights.reduce(0, +)
        return total > 0 ? weights.map { $0 / total } : weights
    }

    /// The parts to be expected of the notes that `counts` lets in, drawn as the weights have it.
    private static func mean(_ list: List, _ weights: [Double], _ counts: (Bool) -> Bool) -> [Double] {
        var sums = weights.map { _ in 0.0 }
        var total = 0.0
        for candidate in list where counts(candidate.isRight) {
            let chance = exp(zip(weights, candidate.parts).reduce(0) { $0 + $1.0 * $1.1 })
            total += chance
            for index in sums.indices { sums[index] += chance * candidate.parts[index] }
        }
        return sums.map { $0 / total }
    }

    private static let steps = 500
    private static let rate = 10.0
}

extension EvidenceFinder {
    /// What the order of notes is made of for a question, for `OrderFit`.
    package func orderParts(
        for question: String, conversation: [ConversationTurn]
    ) throws -> [(note: NoteID, parts: [Double])] {
        try candidates(for: question, conversation: conversation).map { ($0.id, $0.parts) }
    }
}
