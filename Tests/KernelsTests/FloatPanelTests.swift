// FloatPanelTests.swift — products with f32, f16 and bf16 panels against their definition, f64, and other company.

import Kernels
import Testing

@Suite struct `Float panel product` {
    static let types: [ElementType] = [.f32, .f16, .bf16]

    /// The definition, number by number: products added upward, one rounding each (two in the portable set).
    @Test(arguments: KernelSet.available, types)
    func `is the sum that its definition says, to the bit`(kernels: KernelSet, type: ElementType) throws {
        var random = SplitMix(11)
        for (inputs, outputs) in [(1, 1), (7, 16), (64, 17), (100, 66), (576, 33)] {
            let product = try FloatPanelProduct(type, rows: 17, inputs: inputs, outputs: outputs, random: &random)
            #expect(try product.run(kernels) == product.defined(fused: kernels != .portable))
        }
    }

    @Test(arguments: KernelSet.available, types)
    func `gives a row the same bits in any company, on any number of threads`(
        kernels: KernelSet, type: ElementType
    ) throws {
        var random = SplitMix(13)
        let product = try FloatPanelProduct(type, rows: 40, inputs: 75, outputs: 100, random: &random)
        let expected = try product.run(kernels)
        for count in [1, 2, 3, 4, 5, 6, 7, 8, 11, 12, 13, 15, 39] {
            for first in [0, 1, 40 - count] {
                let some = try product.run(kernels, rows: first..<first + count, threadCount: 1 + count % 3)
                #expect(some == Array(expected[first * 100..<(first + count) * 100]), "\(count) rows from \(first)")
            }
        }
    }

    /// More input than the chunk of rows that stays in L2.
    @Test(arguments: types)
    func `gives the same bits when the rows are taken in chunks`(type: ElementType) throws {
        var random = SplitMix(14)
        let product = try FloatPanelProduct(type, rows: 30, inputs: 16_384, outputs: 16, random: &random)
        let whole = try product.run(.best)
        #expect(try product.run(.best, rows: 20..<30) == Array(whole[20 * 16..<30 * 16]))
    }

    @Test func `adds bias, then what was there`() throws {
        var random = SplitMix(15)
        let product = try FloatPanelProduct(.bf16, rows: 5, inputs: 40, outputs: 21, random: &random)
        let (bias, old) = (random.floats(21), random.floats(5 * 21))
        let plain = try product.run(.best)
        let result = try product.run(.best, bias: bias, old: old)
        for index in 0..<5 * 21 { #expect(result[index] == plain[index] + bias[index % 21] + old[index]) }
    }

    @Test(arguments: KernelSet.available, [Float.nan, .infinity])
    func `shows a number that is not finite in its row only`(kernels: KernelSet, number: Float) throws {
        var random = SplitMix(16)
        var product = try FloatPanelProduct(.f16, rows: 3, inputs: 64, outputs: 20, random: &random)
        let healthy = try product.run(kernels)
        product.input_MK[64 + 40] = number
        let result = try product.run(kernels)
        #expect(result[20..<40].allSatisfy { !$0.isFinite })
        #expect(result[..<20] == healthy[..<20] && result[40...] == healthy[40...])
    }
}

/// A product's operands, and the ways to compute it.
private struct FloatPanelProduct {
    let weights: StoredWeights
    var input_MK: [Float]
    let rows: Int
    let inputs: Int
    let outputs: Int

    init(_ type: ElementType, rows: Int, inputs: Int, outputs: Int, random: inout SplitMix) throws {
        weights = try StoredWeights(type, rows: outputs, columns: inputs, misalignment: 1, random: &random)
        input_MK = random.floats(rows * inputs)
        self.rows = rows
        self.inputs = inputs
        self.outputs = outputs
    }

    func run(
        _ kernels: KernelSet, rows range: Range<Int>? = nil, threadCount: Int = 2, bias: [Float]? = nil,
        old: [Float]? = nil
    ) throws -> [Float] {
        let range = range ?? 0..<rows
        let pool = ThreadPool(threadCount: threadCount, kernels: kernels)
        let packed = try PackedMatrix(weights.matrix, pool: pool)
        var result = old ?? [Float](repeating: .nan, count: range.count * outputs)
        result.withUnsafeMutableBufferPointer { output in
            input_MK.withUnsafeBufferPointer { input in
                (bias ?? [Float](repeating: 0, count: outputs)).withUnsafeBufferPointer { bias in
                    let part = PanelPart(
                        packed, into: MutableMatrixView(output.baseAddress!, rows: range.count, columns: outputs),
                        bias: bias.baseAddress!, accumulates: old != nil)
                    let all = MatrixView(input.baseAddress!, rows: rows, columns: inputs)
                    linear(all.rows(range), part, pool: pool)
                }
            }
        }
        return result
    }

    /// The definition in CKernels/README.md, without panels and without vectors.
    func defined(fused: Bool) -> [Float] {
        (0..<rows * outputs).map { index in
            var total: Float = 0
            for input in 0..<inputs {
                let x = input_MK[index / outputs * inputs + input]
                let weight = weights.values_NK[index % outputs * inputs + input]
                total = fused ? total.addingProduct(x, weight) : total + x * weight
            }
            return total + 0  // the bias of zero
        }
    }
}
