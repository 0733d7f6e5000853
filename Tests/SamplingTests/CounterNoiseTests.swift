import Base
import Glibc
import Sampling
import TestSupport
import Testing

@Suite struct `Counter noise` {
    /// Known answers published with Random123 (kat_vectors, philox4x32 with 10 rounds).
    @Test func `matches the known answers of Philox`() {
        let zero = CounterNoise.philox(counter: (0, 0, 0, 0), key: 0)
        #expect(zero == (0x6627_E8D5, 0xE169_C58D, 0xBC57_AC4C, 0x9B00_DBD8))
        let ones = CounterNoise.philox(counter: (.max, .max, .max, .max), key: .max)
        #expect(ones == (0x408F_276D, 0x41C8_3B0E, 0xA20B_C7C6, 0x6D54_51FD))
        let pi = CounterNoise.philox(
            counter: (0x243F_6A88, 0x85A3_08D3, 0x1319_8A2E, 0x0370_7344), key: 0x299F_31D0_A409_3822)
        #expect(pi == (0xD16C_FE09, 0x94FD_CCEB, 0x5001_E420, 0x2412_6EA1))
    }

    @Test func `is the same however often and in whatever order it is asked`() {
        let noise = CounterNoise(seed: 42, choice: 1)
        let forward = (0..<100).map { noise.gumbel(position: 7, token: TokenID($0)) }
        let backward = (0..<100).reversed().map { noise.gumbel(position: 7, token: TokenID($0)) }
        #expect(forward == backward.reversed())
    }

    @Test func `differs by seed, choice, position and token`() {
        let base = CounterNoise(seed: 1, choice: 0).uniform(position: 5, token: 9)
        #expect(base != CounterNoise(seed: 2, choice: 0).uniform(position: 5, token: 9))
        #expect(base != CounterNoise(seed: 1, choice: 1).uniform(position: 5, token: 9))
        #expect(base != CounterNoise(seed: 1, choice: 0).uniform(position: 6, token: 9))
        #expect(base != CounterNoise(seed: 1, choice: 0).uniform(position: 5, token: 10))
    }

    @Test func `is uniform over tokens, positions and seeds`() {
        for axis in 0..<3 {
            var counts = [Int](repeating: 0, count: 64)
            for index in 0..<64_000 {
                let value =
                    switch axis {
                    case 0: CounterNoise(seed: 3, choice: 0).uniform(position: 0, token: TokenID(index))
                    case 1: CounterNoise(seed: 3, choice: 0).uniform(position: index, token: 0)
                    default: CounterNoise(seed: UInt64(index), choice: 0).uniform(position: 0, token: 0)
                    }
                #expect(value > 0 && value < 1)
                counts[Int(value * 64)] += 1
            }
            let result = chiSquare(counts, [Double](repeating: 1.0 / 64, count: 64))
            #expect(result.statistic < chiSquareLimit(result.degreesOfFreedom))
        }
    }

    @Test func `stays below its stated bound`() {
        let noise = CounterNoise(seed: 11, choice: 0)
        let largest = (0..<200_000).map { noise.gumbel(position: 0, token: TokenID($0)) }.max()!
        #expect(largest > 8 && largest <= CounterNoise.largestGumbel)
        #expect(abs(CounterNoise.largestGumbel - -log(-log(1 - 0x1p-53))) < 1e-9)
    }
}
