// ExponentialTests.swift — e^x in f32 against f64.

import Kernels
import Testing

@Suite struct `Exponential` {
    private func exponentials(_ input: [Float], _ kernels: KernelSet) -> [Float] {
        var output = [Float](repeating: .nan, count: input.count)
        output.withUnsafeMutableBufferPointer {
            exp(input, count: input.count, into: $0.baseAddress!, kernels: kernels)
        }
        return output
    }

    @Test(arguments: KernelSet.available)
    func `stays within the stated distance of f64`(kernels: KernelSet) {
        // Steps through all magnitudes up to overflow, both signs, by a stride prime to the powers of two.
        var input: [Float] = []
        for bits in stride(from: UInt32(0), to: Float(104).bitPattern, by: 4099) {
            let x = Float(bitPattern: bits)
            input += [x, -x].filter { $0 < 88.72 }
        }
        var worst = 0.0
        for (x, found) in zip(input, exponentials(input, kernels)) {
            worst = max(worst, unitsInTheLastPlace(found, exponential(Double(x))))
        }
        #expect(worst < (kernels == .portable ? 2 : 1), "\(kernels): \(worst)")
    }

    @Test(arguments: KernelSet.available)
    func `handles the ends of the range`(kernels: KernelSet) {
        let input: [Float] = [-.infinity, -1e30, -104, -0.0, 0, 88.8, 1e30, .infinity]
        let output = exponentials(input, kernels)
        #expect(output[0] == 0 && output[1] == 0 && output[2] == 0)
        #expect(output[3] == 1 && output[4] == 1)
        #expect(output[5] == .infinity && output[6] == .infinity && output[7] == .infinity)
        #expect(exponentials([.nan], kernels)[0].isNaN)
        // The smallest results are subnormal, not zero.
        #expect(exponentials([-103], kernels)[0] == Float(exponential(-103)))
    }

    @Test(arguments: KernelSet.available)
    func `gives a number the same bits in every lane and tail`(kernels: KernelSet) {
        var random = SplitMix(21)
        let input = random.floats(50).map { 40 * $0 }
        let alone = input.map { exponentials([$0], kernels)[0] }
        for first in 0..<17 { #expect(exponentials(Array(input[first...]), kernels) == Array(alone[first...])) }
    }
}
