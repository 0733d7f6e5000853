// SeededRandom.swift — random numbers that depend on the seed only, and the distributions that arrivals need.
// LoadGeneration › Arrivals.  SplitMix64: Steele, Lea and Flood 2014. Gamma: Marsaglia and Tsang, "A simple method for
// generating gamma variables", 2000.

import Glibc

package struct SeededRandom: RandomNumberGenerator, Sendable {
    private var state: UInt64

    package init(seed: UInt64) { state = seed }

    package mutating func next() -> UInt64 {
        state &+= 0x9e37_79b9_7f4a_7c15
        var mixed = state
        mixed = (mixed ^ mixed >> 30) &* 0xbf58_476d_1ce4_e5b9
        mixed = (mixed ^ mixed >> 27) &* 0x94d0_49bb_1331_11eb
        return mixed ^ mixed >> 31
    }

    /// Uniform in [0, 1), all 53 bits.
    package mutating func unit() -> Double { Double(next() >> 11) * 0x1p-53 }

    /// Uniform in the range.
    package mutating func integer(in range: ClosedRange<Int>) -> Int {
        range.lowerBound + Int(unit() * Double(range.upperBound - range.lowerBound + 1))
    }

    /// Mean 1.
    package mutating func exponential() -> Double { -log(1 - unit()) }

    /// Mean 0, deviation 1: Box and Muller's, one of the pair.
    package mutating func normal() -> Double {
        sqrt(2 * exponential()) * cos(2 * Double.pi * unit())
    }

    /// Mean `shape`, variance `shape`.
    package mutating func gamma(shape: Double) -> Double {
        // Below one: a draw one higher, scaled down by u^(1/shape) (the paper's closing note).
        if shape < 1 { return gamma(shape: shape + 1) * pow(1 - unit(), 1 / shape) }
        let d = shape - 1.0 / 3
        let c = 1 / sqrt(9 * d)
        while true {
            let x = normal()
            let v = (1 + c * x) * (1 + c * x) * (1 + c * x)
            guard v > 0 else { continue }
            if log(1 - unit()) < 0.5 * x * x + d - d * v + d * log(v) { return d * v }
        }
    }
}
