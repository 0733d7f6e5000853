// RotaryScaling.swift — how a model trained on short texts turns its positions more slowly for long ones.
// Transformer › Configuration.  Linear: Chen et al. 2023, arXiv:2306.15595; llama3: transformers' rope utilities;
// longrope: Ding et al. 2024, arXiv:2402.13753.

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
    /// Each pair has two divisors: one for texts of the length first trained for, one for longer texts.
    case longrope(LongRope)

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
        case .longrope(let scaling):
            [scaling.short, scaling.long].allSatisfy { $0.count == pairCount && $0.allSatisfy(isDivisor) }
                && scaling.originalPositionCount >= 2 && scaling.magnitude > 0 && scaling.magnitude.isFinite
        }
    }

    /// - Parameter length: the longest sequence that will be computed.
    func apply(to frequencies: [Double], length: Int) -> [Double] {
        switch self {
        case .none: frequencies
        case .linear(let factor): frequencies.map { $0 / factor }
        case .llama3(let scaling): frequencies.map(scaling.scaled)
        case .divisors(let divisors): zip(frequencies, divisors).map { $0 / Double($1) }
        case .longrope(let scaling): zip(frequencies, scaling.divisors(length: length)).map { $0 / $1 }
        }
    }

    /// What cosines and sines are multiplied with.
    var magnitude: Float {
        if case .longrope(let scaling) = self { Float(scaling.magnitude) } else { 1 }
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

/// The numbers of `"rope_type": "longrope"`.
///
/// transformers changes from short to long divisors when a text passes the original length, which would need all its
/// keys again; as in llama.cpp, it is the longest sequence that a server is set up for that decides, once.
package struct LongRope: Sendable, Equatable {
    package var short: [Double]
    package var long: [Double]
    /// Positions that the model was first trained for.
    package var originalPositionCount: Int
    /// Of all rotated vectors: longer contexts dilute attention, larger products sharpen it.
    package var magnitude: Double

    package init(short: [Double], long: [Double], originalPositionCount: Int, magnitude: Double) {
        self.short = short
        self.long = long
        self.originalPositionCount = originalPositionCount
        self.magnitude = magnitude
    }

    /// √(1 + ln s / ln original), where s is how many times longer the context has become.
    static func magnitude(maxPositionCount: Int, originalPositionCount: Int) -> Double {
        guard maxPositionCount > originalPositionCount, originalPositionCount > 1 else { return 1 }
        let original = Double(originalPositionCount)
        return (1 + log(Double(maxPositionCount) / original) / log(original)).squareRoot()
    }

    func divisors(length: Int) -> [Double] { length > originalPositionCount ? long : short }
}

extension ModelConfiguration {
    /// Radians per position of each pair of features: base^(−2i/rotated features), scaled.
    ///
    /// - Parameter length: the longest sequence that will be computed.
    package func rotaryFrequencies(length: Int) -> [Float] {
        rotaryScaling.apply(to: unscaledFrequencies, length: length).map(Float.init)
    }

    /// Those of layers with a window, where they have their own.
    var windowRotaryFrequencies: [Float]? { windowRotaryBase.map { frequencies(base: $0).map(Float.init) } }

    var unscaledFrequencies: [Double] { frequencies(base: rotaryBase) }

    private func frequencies(base: Double) -> [Double] {
        (0..<rotaryWidth / 2).map { pow(base, -Double(2 * $0) / Double(rotaryWidth)) }
    }
}
