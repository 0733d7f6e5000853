// LogitsTests.swift — argmax, sums of exponentials and softmax over one row.

import Kernels
import Testing

@Suite struct `Logits` {
    @Test(arguments: KernelSet.available)
    func `argmax takes the lowest index among equals`(kernels: KernelSet) {
        for count in 1...70 {
            var row = [Float](repeating: -3, count: count)
            #expect(argmax(row, count: count, kernels: kernels) == 0)
            for first in 0..<count {
                row[first...] = ArraySlice(repeating: 5, count: count - first)
                #expect(argmax(row, count: count, kernels: kernels) == first)
                row[first...] = ArraySlice(repeating: -3, count: count - first)
                row[first] = 1
                row[(first * 7) % count] = 1
                #expect(argmax(row, count: count, kernels: kernels) == min(first, (first * 7) % count))
                row[first] = -3
                row[(first * 7) % count] = -3
            }
        }
    }

    @Test(arguments: KernelSet.available)
    func `a NaN never wins and weighs nothing`(kernels: KernelSet) {
        let row: [Float] = [.nan, 1, .nan, 3, .nan, 3, -.infinity]
        #expect(argmax(row, count: 7, kernels: kernels) == 3)
        #expect(maximum(row, count: 7, kernels: kernels) == 3)
        let sum = sumOfExponentials(row, count: 7, subtracting: 3, kernels: kernels)
        #expect(abs(sum - (2 + exponential(-2))) < 1e-6)
        let nothing: [Float] = [.nan, .nan]
        #expect(argmax(nothing, count: 2, kernels: kernels) == 0)
        #expect(maximum(nothing, count: 2, kernels: kernels) == -.infinity)
        #expect(argmax([-.infinity, -.infinity, -1e38], count: 3, kernels: kernels) == 2)
    }

    @Test(arguments: KernelSet.available, [1, 7, 16, 33, 5000])
    func `softmax agrees with f64`(kernels: KernelSet, count: Int) {
        var random = SplitMix(22)
        let row = random.floats(count).map { 20 * $0 }
        for temperature: Float in [0.3, 1, 2.5] {
            let exact = row.map { exponential(Double($0) / Double(temperature)) }
            let total = exact.reduce(0, +)
            var found = row
            found.withUnsafeMutableBufferPointer {
                softmax(
                    $0.baseAddress!, count: count, inverseTemperature: 1 / temperature, into: $0.baseAddress!,
                    kernels: kernels)
            }
            // The argument, up to 40 / temperature, is rounded three times before e^x magnifies its error.
            let bound = 3 * 40 / Double(temperature) * 0x1p-24 + 1e-6
            let worst = zip(found, exact).map { abs(Double($0) - $1 / total) / ($1 / total + 1e-30) }.max() ?? 0
            #expect(worst < bound)
            let largest = maximum(row, count: count, kernels: kernels)
            let sum = sumOfExponentials(
                row, count: count, subtracting: largest, inverseTemperature: 1 / temperature, kernels: kernels)
            #expect(abs(sum - total / exponential(Double(largest) / Double(temperature))) < 1e-5 * sum)
            var kept = [Float](repeating: 0, count: count)
            let keptSum = kept.withUnsafeMutableBufferPointer {
                exponentials(
                    row, count: count, subtracting: largest, inverseTemperature: 1 / temperature,
                    into: $0.baseAddress!, kernels: kernels)
            }
            #expect(keptSum == sum)
        }
    }
}
