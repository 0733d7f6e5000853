// CounterNoise.swift — randomness without state: a draw is a function of (seed, choice, position, token id).
// Sampling.  Philox4x32-10: Salmon, Moraes, Dror, Shaw, "Parallel random numbers: as easy as 1, 2, 3", SC 2011.
//
// A generator with state would tie a token to everything drawn before it. Here nothing is drawn "before": the noise of
// token 17 at position 40 is the same number in a batch, after a preemption, or when a drafter asks for it early.

package import Base

/// Which question the noise answers. Streams never share a number, so a rejected draft cannot bias its replacement.
package enum NoisePurpose: UInt32, Sendable {
    /// The target's own draw.
    case choose = 0
    /// What a drafter proposes, whether that is kept, and what replaces it (`RejectionSampler`).
    case propose = 1
    case accept = 2
    case recover = 3
}

/// Noise of one request's one answer.
package struct CounterNoise: Sendable {
    private let key: UInt64
    private let choice: UInt32

    package init(seed: UInt64, choice: UInt32) {
        key = seed
        self.choice = choice
    }

    /// Uniform in (0, 1), never 0 or 1: 52 random bits, centred in their interval.
    package func uniform(position: Int, token: TokenID, purpose: NoisePurpose = .choose) -> Double {
        // Each of the four has a counter word of its own.
        let words = Self.philox(
            counter: (
                UInt32(truncatingIfNeeded: position), UInt32(bitPattern: token.rawValue), choice,
                purpose.rawValue
            ), key: key)
        let bits = UInt64(words.0) << 32 | UInt64(words.1)
        return (Double(bits >> 12) + 0.5) * 0x1p-52
    }

    /// Standard Gumbel noise: adding it to every logit and taking the largest draws from the softmax of the logits.
    package func gumbel(position: Int, token: TokenID, purpose: NoisePurpose = .choose) -> Double {
        -naturalLogarithm(-naturalLogarithm(uniform(position: position, token: token, purpose: purpose)))
    }

    /// No value of `gumbel` is larger: −ln(−ln(1 − 2⁻⁵³)).
    package static let largestGumbel = 36.7368005696771

    /// Ten rounds of Philox on four 32-bit words.
    package static func philox(
        counter: (UInt32, UInt32, UInt32, UInt32), key: UInt64
    ) -> (UInt32, UInt32, UInt32, UInt32) {
        var (a, b, c, d) = counter
        var keyLow = UInt32(truncatingIfNeeded: key)
        var keyHigh = UInt32(truncatingIfNeeded: key >> 32)
        for _ in 0..<10 {
            let first = UInt64(0xD251_1F53) &* UInt64(a)
            let second = UInt64(0xCD9E_8D57) &* UInt64(c)
            let nextA = UInt32(truncatingIfNeeded: second >> 32) ^ b ^ keyLow
            let nextC = UInt32(truncatingIfNeeded: first >> 32) ^ d ^ keyHigh
            b = UInt32(truncatingIfNeeded: second)
            d = UInt32(truncatingIfNeeded: first)
            a = nextA
            c = nextC
            keyLow &+= 0x9E37_79B9
            keyHigh &+= 0xBB67_AE85
        }
        return (a, b, c, d)
    }
}
