// ArrivalProcess.swift — when requests are sent, decided before the first one is.
// LoadGeneration › Arrivals.  Open loop: a slow server does not slow the arrivals down, so its queue shows in the
// latencies (Tene's "coordinated omission" is the error of letting it).

import Glibc

/// Gaps of mean one, stretched by the rate.
package struct ArrivalProcess: Sendable, Equatable {
    /// Requests per second at the beginning and at the end; equal for a constant rate, linear in time between.
    package var startRate: Double
    package var endRate: Double
    /// Shape of the gaps' gamma distribution: 1 is a Poisson process, less comes in bursts, infinity is a metronome.
    package var burstiness: Double

    package init(startRate: Double, endRate: Double, burstiness: Double = 1) {
        self.startRate = startRate
        self.endRate = endRate
        self.burstiness = burstiness
    }

    package init(rate: Double, burstiness: Double = 1) {
        self.init(startRate: rate, endRate: rate, burstiness: burstiness)
    }

    /// Seconds from the start of `count` arrivals, ascending; the first is at 0.
    ///
    /// A ramp from a to b lasts 2·count / (a + b) seconds, over which it expects `count` arrivals. Its instants are those
    /// of a process of rate 1, moved through the inverse of Λ(t) = a·t + (b − a)·t² / (2·duration).
    package func times(count: Int, random: inout SeededRandom) -> [Double] {
        guard count > 0 else { return [] }
        let duration = 2 * Double(count) / (startRate + endRate)
        let growth = (endRate - startRate) / duration
        var times: [Double] = []
        times.reserveCapacity(count)
        var expected = 0.0
        for index in 0..<count {
            if index > 0 { expected += gap(&random) }
            times.append(instant(expected, growth: growth, duration: duration))
        }
        return times
    }

    private func gap(_ random: inout SeededRandom) -> Double {
        if burstiness == .infinity { return 1 }
        if burstiness == 1 { return random.exponential() }
        return random.gamma(shape: burstiness) / burstiness
    }

    /// The time by which `expected` arrivals are expected; past the ramp's end its last rate holds.
    private func instant(_ expected: Double, growth: Double, duration: Double) -> Double {
        let total = (startRate + endRate) / 2 * duration
        if expected > total { return duration + (expected - total) / endRate }
        // The root of growth/2·t² + a·t − expected, in the form that survives growth = 0.
        return 2 * expected / (startRate + sqrt(max(0, startRate * startRate + 2 * growth * expected)))
    }
}
