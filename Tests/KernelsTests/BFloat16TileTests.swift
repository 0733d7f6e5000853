// BFloat16TileTests.swift — F16 and BF16 products by AMX against their definition, f64, and other company.

import Kernels
import Testing

/// Nothing to test on a CPU without AMX.
@Suite(.enabled(if: KernelSet.available.contains(.amx))) struct `Tiles of bf16` {
    static let types: [ElementType] = [.f16, .bf16]

    /// One row by hand, part of a tile, whole tiles, a last one that overlaps; inputs behind those whose weights wait.
    @Test(arguments: types, [(32, 1), (64, 16), (96, 17), (576, 50), (1056, 33)])
    func `give the sum that the definition says, to the bit`(type: ElementType, shape: (inputs: Int, outputs: Int))
        throws
    {
        var random = SplitMix(21)
        for rows in [1, 2, 7, 16, 17, 33] {
            let product = try PanelProduct(
                type, rows: rows, inputs: shape.inputs, outputs: shape.outputs, random: &random)
            #expect(try product.run(.amx) == product.definedInBFloat16(), "\(rows) rows")
        }
    }

    @Test(arguments: types)
    func `give a row the same bits in any company, on any number of threads`(type: ElementType) throws {
        var random = SplitMix(22)
        let product = try PanelProduct(type, rows: 70, inputs: 1120, outputs: 100, random: &random)
        let expected = try product.run(.amx)
        for count in [1, 2, 3, 8, 15, 16, 17, 31, 32, 33, 48, 65] {
            for first in [0, 1, 70 - count] {
                let some = try product.run(.amx, rows: first..<first + count, threadCount: 1 + count % 3)
                #expect(some == Array(expected[first * 100..<(first + count) * 100]), "\(count) rows from \(first)")
            }
        }
    }

    /// More rows than wait for each other's weights.
    @Test(arguments: types) func `give the same bits when the rows are taken in chunks`(type: ElementType) throws {
        var random = SplitMix(23)
        let product = try PanelProduct(type, rows: 517, inputs: 64, outputs: 16, random: &random)
        let whole = try product.run(.amx)
        for rows in [0..<16, 500..<517, 512..<517, 516..<517] {
            #expect(try product.run(.amx, rows: rows) == Array(whole[rows.lowerBound * 16..<rows.upperBound * 16]))
        }
    }

    /// Zeros in tiles, so by hand too.
    @Test(arguments: types) func `take numbers too small for f32's full precision alike`(type: ElementType) throws {
        var random = SplitMix(24)
        let tiny = random.floats(3 * 64).enumerated().map { index, number in
            number * (index >= 2 * 64 ? Float.leastNormalMagnitude / 16 : index % 5 == 0 ? 1e-36 : 1e-38)
        }
        let product = try PanelProduct(type, input: tiny, rows: 3, inputs: 64, outputs: 20, random: &random)
        // What the product is added to keeps its denormal numbers.
        let old = [Float](repeating: .leastNormalMagnitude / 128, count: 20)
        let together = try product.run(.amx, old: old + old + old).map(\.bitPattern)
        for row in 0..<3 {
            let alone = try product.run(.amx, rows: row..<row + 1, old: old).map(\.bitPattern)
            #expect(alone == Array(together[row * 20..<row * 20 + 20]))
        }
        #expect(together.suffix(20).allSatisfy { $0 == old[0].bitPattern })
    }

    @Test(arguments: types) func `differ from f64 by no more than roundings do`(type: ElementType) throws {
        var random = SplitMix(25)
        let product = try PanelProduct(type, rows: 5, inputs: 512, outputs: 40, random: &random)
        let result = try product.run(.amx)
        for index in 0..<5 * 40 {
            var (exact, size) = (0.0, 0.0)
            for input in 0..<512 {
                let term =
                    Double(product.input_MK[index / 40 * 512 + input])
                    * Double(product.weights.values_NK[index % 40 * 512 + input])
                exact += term
                size += term.magnitude
            }
            // The input's second rounding, the product of the rests, and a sum of three times 512 products in f32.
            let bound = size * (0x1p-17 + 0x1p-15 + 512 * 0x1p-24)
            #expect(abs(Double(result[index]) - exact) <= bound)
        }
    }

    @Test(arguments: types) func `take the norm's bits, rounded in one pass`(type: ElementType) throws {
        var random = SplitMix(26)
        let pool = ThreadPool(threadCount: 2, kernels: .amx)
        let product = try PanelProduct(type, rows: 20, inputs: 96, outputs: 33, random: &random)
        let gain = random.floats(96)
        var normed = product
        normed.input_MK.withUnsafeMutableBufferPointer { rows in
            let view = MutableMatrixView(rows.baseAddress!, rows: 20, columns: 96)
            gain.withUnsafeBufferPointer {
                rmsNorm(view.readOnly, weight: $0.baseAddress!, epsilon: 1e-5, into: view, pool: pool)
            }
        }
        #expect(try product.run(.amx, gain: gain) == normed.run(.amx))
    }

    @Test(arguments: types, [Float.nan, .infinity])
    func `show a number that is not finite in its row only`(type: ElementType, number: Float) throws {
        var random = SplitMix(27)
        for rows in [1, 3, 20] {
            var product = try PanelProduct(type, rows: rows, inputs: 64, outputs: 20, random: &random)
            let healthy = try product.run(.amx)
            product.input_MK[(rows - 1) * 64 + 40] = number
            let result = try product.run(.amx)
            #expect(result.suffix(20).allSatisfy { !$0.isFinite })
            #expect(result.dropLast(20) == healthy.dropLast(20))
        }
    }

    @Test func `rows of no whole blocks stay f32`() {
        for type in Self.types {
            #expect(KernelSet.amx.takesRoundedRows(type, columns: 64))
            #expect(!KernelSet.amx.takesRoundedRows(type, columns: 72))
            #expect(!KernelSet.avx512.takesRoundedRows(type, columns: 64))
        }
    }
}

extension PanelProduct {
    /// The definition at the head of bf16_tiles.h, number by number.
    fileprivate func definedInBFloat16() -> [Float] {
        let upperInputs = input_MK.map(nearest)
        let restInputs = zip(input_MK, upperInputs).map { nearest($0 - $1) }
        let upperWeights = weights.values_NK.map { Float(bitPattern: $0.bitPattern & 0xffff_0000) }
        let restWeights = zip(weights.values_NK, upperWeights).map { $0 - $1 }
        var kinds = [(upperInputs, upperWeights), (restInputs, upperWeights)]
        if weights.matrix.elementType == .f16 { kinds.insert((upperInputs, restWeights), at: 0) }
        return (0..<rows * outputs).map { index in
            let (row, output) = (index / outputs * inputs, index % outputs * inputs)
            var total: Float = 0
            for block in stride(from: 0, to: inputs, by: 32) {
                for (input, weight) in kinds {
                    var (even, odd): (Float, Float) = (0, 0)
                    for k in stride(from: block, to: block + 32, by: 2) {
                        even.addProduct(input[row + k], weight[output + k])
                        odd.addProduct(input[row + k + 1], weight[output + k + 1])
                    }
                    total += even + odd
                }
            }
            return total
        }
    }

    /// The nearest bf16 number, of two the even one.
    private func nearest(_ x: Float) -> Float {
        let bits = x.bitPattern
        return Float(bitPattern: (bits + 0x7fff + (bits >> 16 & 1)) & 0xffff_0000)
    }
}
