// TokenDistribution.swift — how likely each token is, as something to compute with.
// Sampling.  Generic in its numbers: the engine computes with Double, the proof of the rejection rule with fractions.

package import Base

/// What a probability must be able to do.
package protocol ProbabilityNumber: Comparable, Sendable {
    static var zero: Self { get }
    static var one: Self { get }
    static func + (left: Self, right: Self) -> Self
    static func - (left: Self, right: Self) -> Self
    static func / (left: Self, right: Self) -> Self
}

extension Double: ProbabilityNumber {
    package static var one: Double { 1 }
}

/// Probabilities of the tokens that can be drawn; every other token has none.
package struct TokenDistribution<Number: ProbabilityNumber>: Sendable {
    /// Ascending, so that two distributions are compared in one walk.
    package private(set) var tokens: [TokenID] = []
    /// Beside `tokens`; they add up to 1.
    package private(set) var probabilities: [Number] = []

    /// One token for sure: what a drafter without probabilities guesses from.
    package init(certain token: TokenID) {
        tokens = [token]
        probabilities = [.one]
    }

    /// - Parameters:
    ///   - tokens: ascending, each once.
    ///   - weights: beside them, none negative, not all zero.
    package init(tokens: [TokenID], weights: [Number]) {
        precondition(tokens.count == weights.count && zip(tokens, tokens.dropFirst()).allSatisfy { $0 < $1 })
        let total = weights.reduce(.zero, +)
        precondition(total > .zero, "a distribution needs some weight")
        self.tokens = tokens
        probabilities = weights.map { $0 / total }
    }

    /// - Complexity: O(log n).
    package subscript(_ token: TokenID) -> Number {
        var low = 0
        var high = tokens.count
        while low < high {
            let middle = (low + high) / 2
            if tokens[middle] < token { low = middle + 1 } else { high = middle }
        }
        return low < tokens.count && tokens[low] == token ? probabilities[low] : .zero
    }
}

extension CandidateSet {
    /// The candidates as a distribution; nil when there is none.
    /// - Complexity: O(n), and a sort where truncation has changed their order.
    package func distribution() -> TokenDistribution<Double>? {
        guard !candidates.isEmpty else { return nil }
        let isInOrder = zip(candidates, candidates.dropFirst()).allSatisfy { $0.token < $1.token }
        let ordered = isInOrder ? candidates : candidates.sorted { $0.token < $1.token }
        return TokenDistribution(tokens: ordered.map(\.token), weights: ordered.map(weight))
    }
}
