// OrderFitTests.swift — the weights of the order of notes from questions whose right notes are known.

import Explainer
import TestSupport
import Testing

@Suite struct `Fit of the order` {
    /// The right note is high in the first part, no matter what the second says; the third lies.
    private static let lists: [OrderFit.List] = {
        var random = SeededGenerator(seed: 5)
        return (0..<60).map { _ in
            (0..<12).map { place in
                let isRight = place == 3
                let noise = Double.random(in: 0...1, using: &random)
                let signal = Double.random(in: 0...1, using: &random)
                return ([isRight ? 0.6 + 0.4 * signal : signal, noise, isRight ? 0 : signal], isRight)
            }
        }
    }()

    @Test func `what tells right notes apart counts, noise little, and what lies nothing`() {
        let weights = OrderFit.weights(Self.lists)
        #expect(abs(weights.reduce(0, +) - 1) < 1e-12)
        #expect(weights[0] > 0.7)
        #expect(weights[1] < 0.3)
        #expect(weights[2] == 0)
    }

    @Test func `the same lists give the same weights, those without a right note none`() {
        let weights = OrderFit.weights(Self.lists)
        let lost: OrderFit.List = [([0, 1, 1], false), ([1, 0, 0], false)]
        #expect(OrderFit.weights(Self.lists + [lost, []]) == weights)
        #expect(OrderFit.weights([lost]) == [])
    }

    @Test func `two right notes share one chance`() {
        // Which of the two is found does not matter: the part that only one has is worth as much as its own list.
        let lists: [OrderFit.List] = [
            [([1, 0], true), ([0, 1], true), ([0, 0], false)], [([1, 0], true), ([0, 1], false), ([0, 0], false)],
        ]
        let weights = OrderFit.weights(lists)
        #expect(weights[0] > weights[1])
    }
}
