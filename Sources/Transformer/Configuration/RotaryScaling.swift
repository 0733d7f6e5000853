// RotaryScaling.swift — how a model trained on short texts turns its positions more slowly for long ones.
// Transformer › Configuration.  Linear: Chen et al. 2023, arXiv:2306.15595; llama3: transformers' rope utilities.

import Glibc

/// What happens to the frequencies base^(−2i/K) before they are used.
package enum RotaryScaling: Sendable, Equatable {
    case none
    /// Every frequency is divided by the factor.
    case linear(factor: Double)
    /// Long waves are divided, short ones kept, those between interpolated.
    case llama3(Llama3Scaling)
    /// Each pair has its own divisor: GGUF's `rope_freqs.weight`.
    case divisors([Float])

    /// Whether every divisor is a positive number, and there is one for each pair.
    func isPossible(pairCount: Int) -> Bool {
        func isDivisor(_ number: Double) -> Bool { number > 0 && number.isFinite }
        return switch self {
        case .none: true
        case .linear(let factor): isDivisor(factor)
        case .llama3(let scaling):
            isDivisor(scaling.factor) && isDivisor(scaling.originalPositionCount) && scaling.lowFrequencyFactor > 0
                && scaling.lowFrequencyFactor < scaling.highFrequencyFactor && scaling.highFrequencyFactor.isFinite
        case .divisors(let divisors):
            divisors.count == pairCount && divisors.allSatisfy { isDivisor(Double($0)) }
        }
    }

    func apply(to frequencies: [Double]) -> [Double] {
        switch self {
        case .none: frequencies
        case .linear(let factor): frequencies.map { $0 / factor }
        case .llama3(let scaling): frequencies.map(scaling.scaled)
        case .divisors(let divisors): zip(frequencies, divisors).map { $0 / Double($1) }
        }
    }
}

/// The four numbers of `"rope_type": "llama3"`.
///
///     wavelength   0 ──── original/high ──── original/low ────►
///     frequency     kept │ interpolated     │ divided by factor
package struct Llama3Scaling: Sendable, Equatable {
    package var factor: Double
    package var lowFrequencyFactor: Double
    package var highFrequencyFactor: Double
    /// Positions that the model was first trained for.
    package var originalPositionCount: Double

    package init(
        factor: Double, lowFrequencyFactor: Double, highFrequencyFactor: Double, originalPositionCount: Double
    ) {
        self.factor = factor
        self.lowFrequencyFactor = lowFrequencyFactor
        self.highFrequencyFactor = highFrequencyFactor
        self.originalPositionCount = originalPositionCount
    }

    func scaled(_ frequency: Double) -> Double {
        // How often the pair turns within the original positions.
        let turns = originalPositionCount * frequency / (2 * Double.pi)
        if turns > highFrequencyFactor { return frequency }
        if turns < lowFrequencyFactor { return frequency / factor }
        let kept = (turns - lowFrequencyFactor) / (highFrequencyFactor - lowFrequencyFactor)
        return (1 - kept) * frequency / factor + kept * frequency
    }
}

extension ModelConfiguration {
    /// Radians per position of each pair of features: base^(−2i/K), scaled.
    package var rotaryFrequencies: [Float] { rotaryScaling.apply(to: unscaledFrequencies).map(Float.init) }

    var unscaledFrequencies: [Double] {
        (0..<headWidth / 2).map { pow(rotaryBase, -Double(2 * $0) / Double(headWidth)) }
    }
}
