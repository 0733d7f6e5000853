// ArrivalTests.swift — the schedule's arithmetic.

import LoadGeneration
import Testing

@Suite struct `Arrivals` {
    private func gaps(_ process: ArrivalProcess, count: Int = 50_000, seed: UInt64 = 7) -> [Double] {
        var random = SeededRandom(seed: seed)
        let times = process.times(count: count, random: &random)
        return zip(times, times.dropFirst()).map { $1 - $0 }
    }

    private func mean(_ values: [Double]) -> Double { values.reduce(0, +) / Double(values.count) }

    private func variance(_ values: [Double]) -> Double {
        let mean = mean(values)
        return values.reduce(0) { $0 + ($1 - mean) * ($1 - mean) } / Double(values.count)
    }

    @Test func `of a Poisson process have gaps whose mean is the rate's inverse and whose deviation equals it`() {
        let gaps = gaps(ArrivalProcess(rate: 20))
        #expect(abs(mean(gaps) * 20 - 1) < 0.02)
        #expect(abs(variance(gaps) * 400 - 1) < 0.04)
        // Exponential: the median is ln 2 of the mean, which no other shape of gamma has.
        #expect(abs(gaps.sorted()[gaps.count / 2] * 20 - 0.693) < 0.02)
    }

    @Test(arguments: [0.25, 0.5, 2, 10])
    func `of any burstiness keep the rate, and the variance is its inverse`(burstiness: Double) {
        let gaps = gaps(ArrivalProcess(rate: 5, burstiness: burstiness), seed: 11)
        #expect(abs(mean(gaps) * 5 - 1) < 0.04)
        #expect(abs(variance(gaps) * 25 * burstiness - 1) < 0.1)
    }

    @Test func `without burstiness come like a metronome`() {
        let gaps = gaps(ArrivalProcess(rate: 4, burstiness: .infinity), count: 100)
        #expect(gaps.allSatisfy { abs($0 - 0.25) < 1e-9 })
    }

    @Test func `begin at zero, never go back, and are the same for the same seed`() {
        var first = SeededRandom(seed: 3)
        var again = SeededRandom(seed: 3)
        var other = SeededRandom(seed: 4)
        let process = ArrivalProcess(rate: 9, burstiness: 0.3)
        let times = process.times(count: 1000, random: &first)
        #expect(times.first == 0)
        #expect(zip(times, times.dropFirst()).allSatisfy { $0 <= $1 })
        #expect(times == process.times(count: 1000, random: &again))
        #expect(times != process.times(count: 1000, random: &other))
    }

    @Test func `of a ramp take twice their number over the sum of its rates, and speed up evenly`() {
        var random = SeededRandom(seed: 1)
        let ramp = ArrivalProcess(startRate: 2, endRate: 18, burstiness: .infinity)
        let times = ramp.times(count: 1001, random: &random)
        // Λ(T) = 10·T: the thousandth gap ends just before T = 2·1001/20.
        #expect(abs(times[1000] - 100.1) < 0.2)
        // Half-way in time, (2 + 10)/2 of the mean rate of 10 has passed.
        let half = times.count { $0 < 50.05 }
        #expect(abs(half - 300) <= 2)
        // Falling ramps are ramps.
        let falling = ArrivalProcess(startRate: 18, endRate: 2, burstiness: .infinity).times(
            count: 1001, random: &random)
        #expect(abs(falling.count { $0 < 50.05 } - 700) <= 2)
    }

    @Test func `past a ramp's end keep its last rate`() {
        var random = SeededRandom(seed: 2)
        let times = ArrivalProcess(startRate: 1, endRate: 100).times(count: 2000, random: &random)
        #expect(times.allSatisfy { $0.isFinite })
        #expect(zip(times, times.dropFirst()).allSatisfy { $0 <= $1 })
    }

    @Test func `of none are none`() {
        var random = SeededRandom(seed: 2)
        #expect(ArrivalProcess(rate: 1).times(count: 0, random: &random).isEmpty)
    }
}
