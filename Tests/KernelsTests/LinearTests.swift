// LinearTests.swift — products against f64, and the promise that a row's bits depend on the row alone.

import CKernels
import Kernels
import Testing

@Suite struct `Linear` {
    /// Every version × stored type × K from 1 to 67, tails everywhere, weights at odd addresses.
    @Test(arguments: KernelSet.available, ElementType.allCases)
    func `agrees with f64 for every shape`(kernels: KernelSet, type: ElementType) throws {
        var random = SplitMix(1)
        let pool = ThreadPool(threadCount: 2, kernels: kernels)
        let inputCounts =
            type.blockSize > 1 ? [1, 2, 3, 5].map { $0 * type.blockSize } : Array(1...67) + [128, 257]
        for (index, inputs) in inputCounts.enumerated() {
            let rows = [1, 2, 3, 5, 7, 12, 33][index % 7]
            let outputs = [1, 4, 7, 18, 65][index % 5]
            let product = try Product(
                type, rows: rows, inputs: inputs, outputs: outputs, misalignment: index % 4, random: &random)
            let result = product.run(pool)
            for (found, expected) in zip(result, product.reference()) {
                // Each product and each addition on the way rounds once or twice; there are K/lanes + log2(lanes) + 2.
                let roundings = Double(2 * (inputs / kernels.laneCount + 8))
                #expect(abs(Double(found) - expected.sum) <= roundings * 0x1p-24 * expected.magnitude)
            }
        }
    }

    @Test(arguments: KernelSet.available, ElementType.allCases)
    func `gives a row the same bits at every number of rows`(kernels: KernelSet, type: ElementType) throws {
        var random = SplitMix(2)
        for inputs in type.blockSize > 1 ? [2, 7].map({ $0 * type.blockSize }) : [67, 224] {
            let all = try Product(type, rows: 33, inputs: inputs, outputs: 39, misalignment: 1, random: &random)
            let pool = ThreadPool(threadCount: 1, kernels: kernels)
            let expected = all.run(pool)
            for count in [1, 2, 3, 4, 5, 6, 7, 13, 32] {
                for first in [0, 1, 33 - count] {
                    let some = all.run(pool, rows: first..<first + count)
                    #expect(some == Array(expected[first * 39..<(first + count) * 39]))
                }
            }
        }
    }

    @Test(arguments: KernelSet.available)
    func `gives the same bits on any number of threads`(kernels: KernelSet) throws {
        var random = SplitMix(3)
        for rows in [1, 40] {
            let product = try Product(.f16, rows: rows, inputs: 200, outputs: 501, random: &random)
            let expected = product.run(ThreadPool(threadCount: 1, kernels: kernels))
            for threadCount in 2...5 {
                #expect(product.run(ThreadPool(threadCount: threadCount, kernels: kernels)) == expected)
            }
        }
    }

    @Test(arguments: KernelSet.available, ElementType.allCases)
    func `gives the same bits for any slice width`(kernels: KernelSet, type: ElementType) throws {
        var random = SplitMix(4)
        let inputs = max(96, type.blockSize)
        let product = try Product(type, rows: 5, inputs: inputs, outputs: 45, random: &random)
        let expected = product.run(ThreadPool(threadCount: 1, kernels: kernels))
        let table = try #require(ck_table_for(kernels.rawValue)).pointee
        for width in [1, 2, 3, 4, 5, 16, 44, 45, 100] {
            var result = [Float](repeating: .nan, count: expected.count)
            result.withUnsafeMutableBufferPointer { output in
                product.input_MK.withUnsafeBufferPointer { input in
                    var arguments = ck_linear(
                        input: input.baseAddress, input_stride: inputs, weight: product.weights.matrix.pointer,
                        weight_stride: product.weights.matrix.rowByteCount, output: output.baseAddress,
                        output_stride: 45, bias: nil, row_count: 5, input_count: inputs, output_count: 45,
                        outputs_per_slice: width, element_type: type.rawValue, accumulate: false)
                    // Backwards, since slices may be taken in any order.
                    for slice in stride(from: (45 + width - 1) / width - 1, through: 0, by: -1) {
                        table.linear(&arguments, slice)
                    }
                }
            }
            #expect(result == expected, "slices of \(width)")
        }
    }

    @Test(arguments: KernelSet.available, ElementType.allCases.filter { $0 != .f32 })
    func `equals the f32 product of the dequantised weights`(kernels: KernelSet, type: ElementType) throws {
        var random = SplitMix(5)
        let inputs = type.blockSize == 256 ? 768 : 160
        let stored = try Product(type, rows: 7, inputs: inputs, outputs: 21, random: &random)
        let plain = try Product(.f32, rows: 7, inputs: inputs, outputs: 21, random: &random)
        let owner = try SharedBuffer<Float>(count: stored.weights.values_NK.count)
        for (index, value) in stored.weights.values_NK.enumerated() { owner.baseAddress[index] = value }
        let dequantised = Matrix(
            .f32, rows: 21, columns: inputs, pointer: UnsafeRawPointer(owner.baseAddress), owner: owner)
        let pool = ThreadPool(threadCount: 1, kernels: kernels)
        #expect(stored.run(pool) == plain.run(pool, input: stored.input_MK, weight: dequantised))
    }

    @Test(arguments: KernelSet.available)
    func `adds bias, then the old output`(kernels: KernelSet) throws {
        var random = SplitMix(6)
        let product = try Product(.f32, rows: 7, inputs: 33, outputs: 10, random: &random)
        let pool = ThreadPool(threadCount: 1, kernels: kernels)
        let plain = product.run(pool)
        let bias = random.floats(10)
        let old = random.floats(70)
        let expected = plain.indices.map { old[$0] + (plain[$0] + bias[$0 % 10]) }
        #expect(product.run(pool, bias: bias, old: old) == expected)
        #expect(product.run(pool, old: old) == plain.indices.map { old[$0] + plain[$0] })
    }

    @Test(arguments: KernelSet.available)
    func `writes nothing outside its columns and reads strided rows`(kernels: KernelSet) throws {
        var random = SplitMix(7)
        let product = try Product(.bf16, rows: 9, inputs: 40, outputs: 13, random: &random)
        let pool = ThreadPool(threadCount: 2, kernels: kernels)
        let expected = product.run(pool)
        // The same product with rows 50 and 20 numbers apart; what lies between must not change.
        var input = [Float](repeating: .nan, count: 9 * 50)
        for row in 0..<9 { for k in 0..<40 { input[row * 50 + k] = product.input_MK[row * 40 + k] } }
        var output = [Float](repeating: 77, count: 9 * 20)
        input.withUnsafeBufferPointer { input in
            output.withUnsafeMutableBufferPointer { output in
                linear(
                    MatrixView(input.baseAddress!, rows: 9, columns: 40, rowStride: 50), product.weights.matrix,
                    into: MutableMatrixView(output.baseAddress! + 5, rows: 9, columns: 13, rowStride: 20), pool: pool)
            }
        }
        for row in 0..<9 {
            for column in 0..<20 {
                let inside = (5..<18).contains(column)
                let index = row * 20 + column
                #expect(output[index] == (inside ? expected[row * 13 + column - 5] : 77))
            }
        }
    }
}

/// One product and its reference.
struct Product {
    let rows: Int
    let weights: StoredWeights
    let input_MK: [Float]

    init(
        _ type: ElementType, rows: Int, inputs: Int, outputs: Int, misalignment: Int = 0, random: inout SplitMix
    ) throws {
        self.rows = rows
        weights = try StoredWeights(
            type, rows: outputs, columns: inputs, misalignment: misalignment, random: &random)
        input_MK = random.floats(rows * inputs)
    }

    /// The product of some of the rows (all by default).
    func run(
        _ pool: ThreadPool, rows range: Range<Int>? = nil, input: [Float]? = nil, weight: Matrix? = nil,
        bias: [Float]? = nil, old: [Float]? = nil, numerics: Numerics = .reproducible
    ) -> [Float] {
        let weight = weight ?? weights.matrix
        let range = range ?? 0..<rows
        var output = old ?? [Float](repeating: .nan, count: range.count * weight.rows)
        output.withUnsafeMutableBufferPointer { output in
            (input ?? input_MK).withUnsafeBufferPointer { input in
                let view = MatrixView(input.baseAddress!, rows: rows, columns: weight.columns).rows(range)
                let result = MutableMatrixView(output.baseAddress!, rows: range.count, columns: weight.rows)
                if let bias {
                    bias.withUnsafeBufferPointer {
                        linear(
                            view, weight, into: result, accumulate: old != nil, bias: $0.baseAddress!,
                            numerics: numerics, pool: pool)
                    }
                } else {
                    linear(view, weight, into: result, accumulate: old != nil, numerics: numerics, pool: pool)
                }
            }
        }
        return output
    }

    /// Sums in f64, and the sums of the terms' magnitudes that bound the rounding.
    func reference() -> [(sum: Double, magnitude: Double)] {
        let inputs = weights.matrix.columns
        return (0..<rows * weights.matrix.rows).map { index in
            let (m, n) = index.quotientAndRemainder(dividingBy: weights.matrix.rows)
            var sum = 0.0
            var magnitude = 0.0
            for k in 0..<inputs {
                let term = Double(input_MK[m * inputs + k]) * Double(weights.values_NK[n * inputs + k])
                sum += term
                magnitude += abs(term)
            }
            return (sum, magnitude)
        }
    }
}
