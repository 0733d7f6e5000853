// RejectionSampler.swift — keeps a drafted token or replaces it, so that what is emitted has the target's law.
// Engine › Speculation.  Leviathan et al. 2023, arXiv:2211.17192; Chen et al. 2023, arXiv:2302.01318. Why it is exact:
// REJECTION.md beside this file.
//
// Everything here is generic in its numbers and in where its randomness comes from. The engine runs it with Double and
// counter noise; RejectionEnumerationTests runs the same lines with fractions, down every path that chance can take.

package import Base
package import Sampling

/// A number that is equally likely to be anywhere in [0, 1). All that is ever asked is on which side of a bound it lies.
package protocol UniformNumber {
    associatedtype Number: ProbabilityNumber
    func isBelow(_ bound: Number) -> Bool
}

extension Double: UniformNumber {
    package func isBelow(_ bound: Double) -> Bool { self < bound }
}

/// Where uniform numbers come from: asked twice for one position and purpose, it is the same number.
package protocol ChanceSource {
    associatedtype Uniform: UniformNumber
    func uniform(position: Int, purpose: NoisePurpose) -> Uniform
}

extension CounterNoise: ChanceSource {
    package func uniform(position: Int, purpose: NoisePurpose) -> Double {
        uniform(position: position, token: 0, purpose: purpose)
    }
}

/// The two formulas of speculative sampling; a protocol, so that tests can put wrong ones in their place.
package protocol AcceptanceFormulas {
    /// How likely a drafted token is kept that the target draws with probability p and the drafter with q.
    static func acceptance<Number: ProbabilityNumber>(target p: Number, drafter q: Number) -> Number
    /// How much a token weighs when the drafted one was not kept.
    static func residual<Number: ProbabilityNumber>(target p: Number, drafter q: Number) -> Number
}

/// Leviathan's: keep with min(1, p/q), else draw from max(p − q, 0), normalised.
package enum LeviathanFormulas: AcceptanceFormulas {
    package static func acceptance<Number: ProbabilityNumber>(target p: Number, drafter q: Number) -> Number {
        // Drafters only propose what they can draw. If one did not, its guess is refused and the residual is p itself.
        guard q > .zero else { return .zero }
        return p < q ? p / q : .one
    }

    package static func residual<Number: ProbabilityNumber>(target p: Number, drafter q: Number) -> Number {
        p > q ? p - q : .zero
    }
}

/// The rule. Its draws at one position come from streams of their own (`NoisePurpose`): were one number to answer two
/// of its questions, the answers would hang together and the emitted law would not be the target's.
package enum RejectionSampler<Formulas: AcceptanceFormulas> {
    /// Draws a token; for a drafter, the one it proposes.
    package static func draw<Chance: ChanceSource>(
        from distribution: TokenDistribution<Chance.Uniform.Number>, position: Int, for purpose: NoisePurpose,
        _ chance: Chance
    ) -> TokenID {
        let uniform = chance.uniform(position: position, purpose: purpose)
        return distribution.tokens[share(of: uniform, in: distribution.probabilities, total: .one)]
    }

    /// The token emitted where `guess` was proposed: the guess if it is kept, and otherwise another.
    /// - Parameters:
    ///   - q: what the guess was drawn from, after every filter.
    ///   - p: what the target would draw from at this position, after every filter.
    /// - Complexity: O(n) for n tokens of p and q.
    package static func verify<Chance: ChanceSource>(
        _ guess: TokenID, drawnFrom q: TokenDistribution<Chance.Uniform.Number>,
        target p: TokenDistribution<Chance.Uniform.Number>, position: Int, _ chance: Chance
    ) -> TokenID {
        let acceptance = Formulas.acceptance(target: p[guess], drafter: q[guess])
        if chance.uniform(position: position, purpose: .accept).isBelow(acceptance) { return guess }
        var weights = residual(target: p, drafter: q)
        var total = weights.reduce(.zero, +)
        if !(total > .zero) {
            // p equals q but for rounding, and a guess was refused by a hair: p is what is left to draw from.
            (weights, total) = (p.probabilities, .one)
        }
        let uniform = chance.uniform(position: position, purpose: .recover)
        return p.tokens[share(of: uniform, in: weights, total: total)]
    }

    /// The residual's weights, beside the tokens of p: both lists ascend, one walk compares them.
    private static func residual<Number>(
        target p: TokenDistribution<Number>, drafter q: TokenDistribution<Number>
    ) -> [Number] {
        var next = 0
        return p.tokens.indices.map { index in
            while next < q.tokens.count, q.tokens[next] < p.tokens[index] { next += 1 }
            let isShared = next < q.tokens.count && q.tokens[next] == p.tokens[index]
            return Formulas.residual(
                target: p.probabilities[index], drafter: isShared ? q.probabilities[next] : .zero)
        }
    }

    /// The index whose share of [0, 1) the number lies in.
    private static func share<Uniform: UniformNumber>(
        of uniform: Uniform, in weights: [Uniform.Number], total: Uniform.Number
    ) -> Int {
        var below = Uniform.Number.zero
        var last = 0
        for index in weights.indices where weights[index] > .zero {
            below = below + weights[index]
            last = index
            if uniform.isBelow(below / total) { return index }
        }
        // Rounding can leave a sliver above the last share.
        return last
    }
}

/// Emits tokens along a draft: the one at each place, as long as it is the one that was guessed, and one more.
/// - Parameter emit: emits the token for a place of the draft, or for the place after it, and returns it; nil when the
///   sequence ends there.
/// - Returns: how many guesses came true.
package func follow(_ draft: some RandomAccessCollection<TokenID>, emit: (_ place: Int) -> TokenID?) -> Int {
    var acceptedCount = 0
    for guess in draft {
        guard emit(acceptedCount) == guess else { return acceptedCount }
        acceptedCount += 1
    }
    _ = emit(acceptedCount)
    return acceptedCount
}
