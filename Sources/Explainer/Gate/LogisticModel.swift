// LogisticModel.swift — a probability from a handful of numbers, and how it is fitted.
// Explainer › Gate.

internal import Glibc

/// p = σ(bias + Σ weight · feature).
package struct LogisticModel: Sendable, Equatable {
    package var weights: [Double]
    package var bias: Double

    package init(weights: [Double], bias: Double) {
        self.weights = weights
        self.bias = bias
    }

    package func probability(_ features: [Double]) -> Double {
        let sum = zip(weights, features).reduce(bias) { $0 + $1.0 * $1.1 }
        return 1 / (1 + exp(-sum))
    }

    /// The maximum of the likelihood with a ridge on standardized weights, by plain gradient steps: no draw, no order
    /// of examples, so the same examples give the same weights.
    ///
    /// - Parameters:
    ///   - weight: of each example.
    ///   - ridge: penalty per example.
    package static func fit(
        _ examples: [(features: [Double], isPositive: Bool, weight: Double)], ridge: Double = 0.002
    ) -> LogisticModel {
        guard let width = examples.first?.features.count else { return LogisticModel(weights: [], bias: 0) }
        let total = examples.reduce(0) { $0 + $1.weight }
        var mean = [Double](repeating: 0, count: width)
        var spread = mean
        for example in examples {
            for index in 0..<width { mean[index] += example.weight / total * example.features[index] }
        }
        for example in examples {
            for index in 0..<width {
                let difference = example.features[index] - mean[index]
                spread[index] += example.weight / total * difference * difference
            }
        }
        spread = spread.map { $0 > 1e-12 ? $0.squareRoot() : 1 }
        let rows = examples.map { example in
            (0..<width).map { (example.features[$0] - mean[$0]) / spread[$0] }
        }
        var model = LogisticModel(weights: [Double](repeating: 0, count: width), bias: 0)
        for _ in 0..<steps {
            var slope = model.weights.map { $0 * ridge }
            var biasSlope = 0.0
            for (row, example) in zip(rows, examples) {
                let error = (model.probability(row) - (example.isPositive ? 1 : 0)) * example.weight / total
                for index in 0..<width { slope[index] += error * row[index] }
                biasSlope += error
            }
            for index in 0..<width { model.weights[index] -= rate * slope[index] }
            model.bias -= rate * biasSlope
        }
        let weights = (0..<width).map { model.weights[$0] / spread[$0] }
        return LogisticModel(
            weights: weights, bias: (0..<width).reduce(model.bias) { $0 - weights[$1] * mean[$1] })
    }

    private static let steps = 4000
    private static let rate = 0.5
}
