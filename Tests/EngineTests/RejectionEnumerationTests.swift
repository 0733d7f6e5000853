import Base
import Engine
import Sampling
import TestSupport
import Testing

/// A toy language: a target and a drafter that know, after any few tokens, what each token's chance is.
private struct Toy: CustomTestStringConvertible {
    var vocabularySize: Int
    var draftCount: Int
    /// Tokens looked at; steps are made until so many are there.
    var length: Int
    var seed: UInt64
    var drafter = Drafter.random

    enum Drafter: String, CaseIterable {
        case random
        /// As the target itself: everything is kept.
        case equal
        /// One token for sure, as prompt lookup guesses.
        case pointMass
        /// Never what the target would say, if it can be helped.
        case contrary
    }

    var testDescription: String {
        "\(vocabularySize) tokens, \(draftCount) drafted, \(length) emitted, \(drafter), seed \(seed)"
    }

    /// Small whole weights, zeros among them: filters leave tokens without a chance.
    private func weights(_ history: [TokenID], salt: UInt64) -> [Int128] {
        var seed = self.seed &* 977 &+ salt
        for token in history { seed = seed &* 31 &+ UInt64(token.index) &+ 1 }
        var generator = SeededGenerator(seed: seed)
        var weights = (0..<vocabularySize).map { _ in Int128(Int.random(in: 0...4, using: &generator)) }
        if weights.allSatisfy({ $0 == 0 }) { weights[Int.random(in: 0..<vocabularySize, using: &generator)] = 1 }
        return weights
    }

    private func distribution(_ weights: [Int128]) -> TokenDistribution<Rational> {
        TokenDistribution(tokens: weights.indices.map { TokenID($0) }, weights: weights.map { Rational($0) })
    }

    func target(_ history: [TokenID]) -> TokenDistribution<Rational> { distribution(weights(history, salt: 0)) }

    func drafter(_ history: [TokenID]) -> TokenDistribution<Rational> {
        let p = weights(history, salt: 0)
        switch drafter {
        case .random: return distribution(weights(history, salt: 1))
        case .equal: return distribution(p)
        case .pointMass: return TokenDistribution(certain: TokenID(history.count % vocabularySize))
        case .contrary:
            let unlikely = p.map { 4 - $0 }
            return distribution(unlikely.contains { $0 > 0 } ? unlikely : p)
        }
    }

    /// What the target alone would say.
    var targetLaw: [[TokenID]: Rational] {
        var law: [[TokenID]: Rational] = [[]: .one]
        for _ in 0..<length {
            var longer: [[TokenID]: Rational] = [:]
            for (history, chance) in law {
                let next = target(history)
                for (token, probability) in zip(next.tokens, next.probabilities) where probability > .zero {
                    longer[history + [token]] = chance * probability
                }
            }
            law = longer
        }
        return law
    }

    /// What is emitted with guesses: the functions that the engine runs, in the order it runs them.
    func emittedLaw<Formulas: AcceptanceFormulas>(
        _ formulas: Formulas.Type, stream: @escaping (NoisePurpose) -> NoisePurpose = { $0 },
        statedDrafter: (TokenDistribution<Rational>) -> TokenDistribution<Rational> = { $0 }
    ) -> [[TokenID]: Rational] {
        Enumeration.law(stream: stream) { chance in
            var history: [TokenID] = []
            while history.count < length {
                var guesses: [TokenID] = []
                var drawnFrom: [TokenDistribution<Rational>] = []
                for _ in 0..<draftCount {
                    let q = drafter(history + guesses)
                    drawnFrom.append(statedDrafter(q))
                    guesses.append(
                        RejectionSampler<Formulas>.draw(
                            from: q, position: history.count + guesses.count, for: .propose, chance))
                }
                _ = follow(guesses) { place in
                    let p = target(history)
                    let token =
                        place < guesses.count
                        ? RejectionSampler<Formulas>.verify(
                            guesses[place], drawnFrom: drawnFrom[place], target: p, position: history.count, chance)
                        : RejectionSampler<Formulas>.draw(from: p, position: history.count, for: .choose, chance)
                    history.append(token)
                    return token
                }
            }
            return Array(history.prefix(length))
        }
    }
}

// MARK: - Wrong formulas

private enum InvertedRatio: AcceptanceFormulas {
    static func acceptance<Number: ProbabilityNumber>(target p: Number, drafter q: Number) -> Number {
        LeviathanFormulas.acceptance(target: q, drafter: p)
    }
    static func residual<Number: ProbabilityNumber>(target p: Number, drafter q: Number) -> Number {
        LeviathanFormulas.residual(target: p, drafter: q)
    }
}

/// Keeps with p, as if every drafter pointed.
private enum NoRatio: AcceptanceFormulas {
    static func acceptance<Number: ProbabilityNumber>(target p: Number, drafter q: Number) -> Number { p }
    static func residual<Number: ProbabilityNumber>(target p: Number, drafter q: Number) -> Number {
        LeviathanFormulas.residual(target: p, drafter: q)
    }
}

private enum AlwaysKept: AcceptanceFormulas {
    static func acceptance<Number: ProbabilityNumber>(target p: Number, drafter q: Number) -> Number { .one }
    static func residual<Number: ProbabilityNumber>(target p: Number, drafter q: Number) -> Number { p }
}

private enum NoResidual: AcceptanceFormulas {
    static func acceptance<Number: ProbabilityNumber>(target p: Number, drafter q: Number) -> Number {
        LeviathanFormulas.acceptance(target: p, drafter: q)
    }
    static func residual<Number: ProbabilityNumber>(target p: Number, drafter q: Number) -> Number { p }
}

private enum AbsoluteResidual: AcceptanceFormulas {
    static func acceptance<Number: ProbabilityNumber>(target p: Number, drafter q: Number) -> Number {
        LeviathanFormulas.acceptance(target: p, drafter: q)
    }
    static func residual<Number: ProbabilityNumber>(target p: Number, drafter q: Number) -> Number {
        p > q ? p - q : q - p
    }
}

// MARK: -

/// The rule itself, on fractions, down every path: the emitted law is the target's, and nothing is "close to".
@Suite struct `Rejection sampling by enumeration` {
    private static let toys: [Toy] = Toy.Drafter.allCases.flatMap { drafter in
        [(2, 1, 2), (3, 1, 2), (4, 1, 2), (2, 2, 3), (3, 2, 3), (2, 3, 4)].flatMap { size, draftCount, length in
            (0..<3).map { seed in
                Toy(
                    vocabularySize: size, draftCount: draftCount, length: length, seed: UInt64(seed * 7 + size),
                    drafter: drafter)
            }
        }
    }

    @Test func `emits exactly the target's law, whatever is drafted`() {
        for toy in Self.toys {
            #expect(toy.emittedLaw(LeviathanFormulas.self) == toy.targetLaw, "\(toy.testDescription)")
        }
    }

    @Test func `keeps a guess exactly as often as the two laws overlap`() {
        for toy in Self.toys {
            let (p, q) = (toy.target([]), toy.drafter([]))
            let kept = Enumeration.law { chance in
                let guess = RejectionSampler<LeviathanFormulas>.draw(from: q, position: 0, for: .propose, chance)
                return guess
                    == RejectionSampler<LeviathanFormulas>.verify(
                        guess, drawnFrom: q, target: p, position: 0, chance)
            }
            let overlap = p.tokens.map { min(p[$0], q[$0]) }.reduce(.zero, +)
            #expect((kept[true] ?? .zero) == overlap, "\(toy.testDescription)")
        }
    }

    /// Each must be caught by some toy, or the first test proves nothing.
    private func expectCaught(_ fault: String, _ emittedLaw: (Toy) -> [[TokenID]: Rational]) {
        #expect(Self.toys.contains { emittedLaw($0) != $0.targetLaw }, "\(fault) was not noticed")
    }

    @Test func `notices wrong formulas`() {
        expectCaught("q/p for p/q") { $0.emittedLaw(InvertedRatio.self) }
        expectCaught("p for p/q") { $0.emittedLaw(NoRatio.self) }
        expectCaught("keeping every guess") { $0.emittedLaw(AlwaysKept.self) }
        expectCaught("drawing again from p") { $0.emittedLaw(NoResidual.self) }
        expectCaught("|p - q| for the residual") { $0.emittedLaw(AbsoluteResidual.self) }
    }

    @Test(arguments: [(NoisePurpose.propose, NoisePurpose.accept), (.propose, .recover), (.accept, .recover)])
    func `notices two draws that share their noise`(first: NoisePurpose, second: NoisePurpose) {
        expectCaught("\(first) and \(second) from one stream") { toy in
            toy.emittedLaw(LeviathanFormulas.self, stream: { purpose in purpose == second ? first : purpose })
        }
    }

    @Test func `notices a drafter that states another law than it drew from`() {
        // As if the filters had been applied to the draw, and not to the probabilities handed on.
        expectCaught("q before its filters") { toy in
            toy.emittedLaw(
                LeviathanFormulas.self,
                statedDrafter: { q in
                    let tokens = (0..<toy.vocabularySize).map { TokenID($0) }
                    return TokenDistribution(tokens: tokens, weights: tokens.map { q[$0] + Rational(1, 7) })
                })
        }
    }

    // MARK: - The tables of REJECTION.md

    private static let target = TokenDistribution(
        tokens: [0, 1, 2], weights: [Rational(1, 2), Rational(1, 3), Rational(1, 6)])
    private static let drafter = TokenDistribution(
        tokens: [0, 1, 2], weights: [Rational(1, 6), Rational(1, 2), Rational(1, 3)])

    /// One guess, drawn from `proposal`, or else from the example's drafter: the emitted law of the three tokens.
    private static func example<Formulas: AcceptanceFormulas>(
        _ formulas: Formulas.Type, proposal: TokenDistribution<Rational>? = nil,
        stream: @escaping (NoisePurpose) -> NoisePurpose = { $0 }
    ) -> [Rational] {
        let law = Enumeration.law(stream: stream) { chance in
            let guess = RejectionSampler<Formulas>.draw(
                from: proposal ?? drafter, position: 0, for: .propose, chance)
            return RejectionSampler<Formulas>.verify(
                guess, drawnFrom: drafter, target: target, position: 0, chance)
        }
        return [0, 1, 2].map { law[$0] ?? .zero }
    }

    @Test func `the explanation's example comes out as it says`() {
        let (a, b, c) = (Rational(1, 2), Rational(1, 3), Rational(1, 6))
        #expect(Self.example(LeviathanFormulas.self) == [a, b, c])
        #expect(Self.example(NoResidual.self) == [Rational(1, 3), Rational(4, 9), Rational(2, 9)])
        #expect(Self.example(AbsoluteResidual.self) == [Rational(1, 3), Rational(5, 12), Rational(1, 4)])
        #expect(Self.example(AlwaysKept.self) == [c, a, b])
        #expect(Self.example(LeviathanFormulas.self, stream: { $0 == .accept ? .propose : $0 }) == [a, a, .zero])
        #expect(
            Self.example(LeviathanFormulas.self, proposal: TokenDistribution(certain: 1))
                == [Rational(1, 3), Rational(2, 3), .zero])
    }

    @Test func `counts with fractions as on paper`() {
        #expect(Rational(1, 6) + Rational(1, 10) == Rational(4, 15))
        #expect(Rational(1, 6) - Rational(1, 10) == Rational(1, 15))
        #expect(Rational(-2, 3) * Rational(9, -4) == Rational(3, 2))
        #expect(Rational(2, 3) / Rational(-4, 9) == Rational(-3, 2))
        #expect(Rational(1, 3) < Rational(34, 100) && Rational(-1, 2) < .zero)
    }
}
