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
        sigmoid(zip(weights, features).reduce(bias) { $0 + $1.0 * $1.1 })
    }

    /// What a model is fitted on.
    package typealias Example = (features: [Double], isPositive: Bool, weight: Double)

    /// The maximum of the likelihood with a ridge on standardized weights, by Newton's steps: no draw, no order of
    /// examples, so the same examples give the same weights.
    ///
    /// - Parameters:
    ///   - weight: of each example.
    ///   - ridge: penalty per example.
    /// - Complexity: O(examples · features²) a step; about ten steps.
    package static func fit(_ examples: [Example], ridge: Double = 0.002) -> LogisticModel {
        guard let width = examples.first?.features.count else { return LogisticModel(weights: [], bias: 0) }
        let total = examples.reduce(0) { $0 + $1.weight }
        let scale = Scale(examples, total: total)
        // The last number of a row is 1 and its weight the bias, which nothing holds back.
        let rows = examples.map { scale.standardized($0.features) + [1] }
        var weights = [Double](repeating: 0, count: width + 1)
        for _ in 0..<mostSteps {
            var slope = weights.map { $0 * ridge }
            slope[width] = 0
            var curvature = SymmetricMatrix(size: width + 1, diagonal: ridge)
            for (row, example) in zip(rows, examples) {
                let probability = sigmoid(zip(weights, row).reduce(0) { $0 + $1.0 * $1.1 })
                let share = example.weight / total
                let error = (probability - (example.isPositive ? 1 : 0)) * share
                for index in 0...width { slope[index] += error * row[index] }
                curvature.add(row, times: probability * (1 - probability) * share)
            }
            let step = curvature.solve(slope)
            // A step across the flat tails of the curve would overshoot.
            let longest = step.reduce(0) { max($0, abs($1)) }
            let shrink = min(1, longestStep / max(longest, longestStep))
            for index in 0...width { weights[index] -= shrink * step[index] }
            if longest < 1e-9 { break }
        }
        let raw = (0..<width).map { weights[$0] / scale.spread[$0] }
        return LogisticModel(
            weights: raw, bias: (0..<width).reduce(weights[width]) { $0 - raw[$1] * scale.mean[$1] })
    }

    private static let mostSteps = 100
    private static let longestStep = 2.0
}

private func sigmoid(_ x: Double) -> Double { 1 / (1 + exp(-x)) }

/// Mean and spread of each feature over weighted examples.
private struct Scale {
    private(set) var mean: [Double]
    private(set) var spread: [Double]

    init(_ examples: [LogisticModel.Example], total: Double) {
        let width = examples[0].features.count
        mean = [Double](repeating: 0, count: width)
        spread = mean
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
    }

    func standardized(_ features: [Double]) -> [Double] {
        features.indices.map { (features[$0] - mean[$0]) / spread[$0] }
    }
}
