// PanelProductTests.swift — integer products against their definition, against f64, and a row against its company.

import Kernels
import Testing

@Suite struct `Panel product` {
    static let types: [ElementType] = [.q8_0, .q4_0]

    /// The definition, number by number: 8-bit inputs, exact block sums, blocks added upward.
    @Test(arguments: KernelSet.available, types)
    func `is the sum that its definition says, to the bit`(kernels: KernelSet, type: ElementType) throws {
        var random = SplitMix(1)
        for (inputs, outputs) in [(32, 1), (64, 16), (96, 17), (160, 50), (576, 33)] {
            let product = try PanelProduct(type, rows: 7, inputs: inputs, outputs: outputs, random: &random)
            #expect(try product.run(kernels) == product.defined(fused: kernels != .portable))
        }
    }

    @Test(arguments: KernelSet.available, types)
    func `differs from f64 by no more than rounding the input can do`(kernels: KernelSet, type: ElementType) throws {
        var random = SplitMix(2)
        let product = try PanelProduct(type, rows: 5, inputs: 512, outputs: 40, random: &random)
        let result = try product.run(kernels)
        for row in 0..<5 {
            for output in 0..<40 {
                var (exact, bound) = (0.0, 0.0)
                for input in 0..<512 {
                    let weight = Double(product.weights.values_NK[output * 512 + input])
                    let block = row * 512 + input / 32 * 32
                    let peak = Double(product.input_MK[block..<block + 32].map(\.magnitude).max()!)
                    exact += Double(product.input_MK[row * 512 + input]) * weight
                    // Half a step of the input's grid; a little more for the f32 roundings on the way.
                    bound += peak / 254 * weight.magnitude * 1.001
                }
                #expect(abs(Double(result[row * 40 + output]) - exact) <= bound)
            }
        }
    }

    @Test(arguments: KernelSet.available, types)
    func `gives a row the same bits in any company, on any number of threads`(
        kernels: KernelSet, type: ElementType
    ) throws {
        var random = SplitMix(3)
        let product = try PanelProduct(type, rows: 40, inputs: 224, outputs: 100, random: &random)
        let expected = try product.run(kernels)
        for count in [1, 2, 3, 4, 5, 6, 7, 8, 11, 12, 13, 39] {
            for first in [0, 1, 40 - count] {
                let some = try product.run(kernels, rows: first..<first + count, threadCount: 1 + count % 3)
                #expect(some == Array(expected[first * 100..<(first + count) * 100]), "\(count) rows from \(first)")
            }
        }
    }

    /// More input than the chunk of rows that stays in L2.
    @Test(arguments: types)
    func `gives the same bits when the rows are taken in chunks`(type: ElementType) throws {
        var random = SplitMix(4)
        let product = try PanelProduct(type, rows: 70, inputs: 16_384, outputs: 16, random: &random)
        let whole = try product.run(.best)
        #expect(try product.run(.best, rows: 60..<70) == Array(whole[60 * 16..<70 * 16]))
    }

    @Test(arguments: KernelSet.available)
    func `three products in one job equal each alone, with bias and residual`(kernels: KernelSet) throws {
        var random = SplitMix(5)
        let first = try PanelProduct(.q8_0, rows: 9, inputs: 96, outputs: 37, random: &random)
        let second = try PanelProduct(.q8_0, input: first.input_MK, rows: 9, inputs: 96, outputs: 16, random: &random)
        let third = try PanelProduct(.q8_0, input: first.input_MK, rows: 9, inputs: 96, outputs: 5, random: &random)
        let bias = random.floats(37)
        let old = random.floats(9 * 5)
        let pool = ThreadPool(threadCount: 2, kernels: kernels)
        let rounded = try RoundedRows(maxRows: 9, maxColumns: 96)
        // A wider output: what lies beyond the last column must stay.
        var a = [Float](repeating: 7, count: 9 * 40)
        var b = [Float](repeating: 0, count: 9 * 16)
        var c = old
        try a.withUnsafeMutableBufferPointer { a in
            try b.withUnsafeMutableBufferPointer { b in
                try c.withUnsafeMutableBufferPointer { c in
                    first.input_MK.withUnsafeBufferPointer { input in
                        rounded.round(
                            MatrixView(input.baseAddress!, rows: 9, columns: 96), for: .q8_0, pool: pool)
                    }
                    try bias.withUnsafeBufferPointer { bias in
                        linear(
                            rounded,
                            PanelPart(
                                try PackedMatrix(first.weights.matrix, pool: pool),
                                into: MutableMatrixView(a.baseAddress!, rows: 9, columns: 37, rowStride: 40),
                                bias: bias.baseAddress!),
                            PanelPart(
                                try PackedMatrix(second.weights.matrix, pool: pool),
                                into: MutableMatrixView(b.baseAddress!, rows: 9, columns: 16)),
                            PanelPart(
                                try PackedMatrix(third.weights.matrix, pool: pool),
                                into: MutableMatrixView(c.baseAddress!, rows: 9, columns: 5), accumulates: true),
                            pool: pool)
                    }
                }
            }
        }
        let alone = try first.run(kernels)
        for row in 0..<9 {
            for output in 0..<37 { #expect(a[row * 40 + output] == alone[row * 37 + output] + bias[output]) }
            #expect(a[row * 40 + 37..<row * 40 + 40].allSatisfy { $0 == 7 })
        }
        let added = try zip(third.run(kernels), old).map { $0 + $1 }
        #expect(try second.run(kernels) == b)
        #expect(c == added)
    }

    @Test(arguments: KernelSet.available, [Float.nan, .infinity, -.infinity])
    func `shows a number that is not finite in its row only`(kernels: KernelSet, number: Float) throws {
        var random = SplitMix(6)
        var product = try PanelProduct(.q8_0, rows: 3, inputs: 64, outputs: 20, random: &random)
        let healthy = try product.run(kernels)
        product.input_MK[64 + 40] = number
        let result = try product.run(kernels)
        #expect(result[20..<40].allSatisfy { $0.isNaN })
        #expect(result[..<20] == healthy[..<20] && result[40...] == healthy[40...])
    }

    @Test func `rows of zeros give zeros`() throws {
        var random = SplitMix(7)
        let product = try PanelProduct(
            .q8_0, input: [Float](repeating: 0, count: 64), rows: 1, inputs: 64, outputs: 20, random: &random)
        #expect(try product.run(.best).allSatisfy { $0 == 0 })
    }
}

/// A product's operands, and the ways to compute it.
struct PanelProduct {
    let weights: StoredWeights
    var input_MK: [Float]
    let rows: Int
    let inputs: Int
    let outputs: Int

    init(
        _ type: ElementType, input: [Float]? = nil, rows: Int, inputs: Int, outputs: Int, random: inout SplitMix
    ) throws {
        weights = try StoredWeights(type, rows: outputs, columns: inputs, misalignment: 1, random: &random)
        input_MK = input ?? random.floats(rows * inputs)
        self.rows = rows
        self.inputs = inputs
        self.outputs = outputs
    }

    func run(
        _ kernels: KernelSet, rows range: Range<Int>? = nil, threadCount: Int = 2, gain: [Float]? = nil,
        old: [Float]? = nil
    ) throws -> [Float] {
        let range = range ?? 0..<rows
        let pool = ThreadPool(threadCount: threadCount, kernels: kernels)
        let packed = try PackedMatrix(weights.matrix, pool: pool)
        let rounded = try RoundedRows(maxRows: range.count, maxColumns: inputs)
        var result = old ?? [Float](repeating: .nan, count: range.count * outputs)
        input_MK.withUnsafeBufferPointer { input in
            let all = MatrixView(input.baseAddress!, rows: rows, columns: inputs)
            guard let gain else { return rounded.round(all.rows(range), for: packed.elementType, pool: pool) }
            gain.withUnsafeBufferPointer {
                rounded.round(
                    all.rows(range), gain: $0.baseAddress!, epsilon: 1e-5, for: packed.elementType, pool: pool)
            }
        }
        result.withUnsafeMutableBufferPointer { output in
            let view = MutableMatrixView(output.baseAddress!, rows: range.count, columns: outputs)
            linear(rounded, PanelPart(packed, into: view, accumulates: old != nil), pool: pool)
        }
        return result
    }

    /// The definition in CKernels/README.md, without panels and without vectors.
    func defined(fused: Bool) -> [Float] {
        let storedByteCount = weights.matrix.elementType.bytesPerBlock
        return (0..<rows * outputs).map { index in
            let (row, output) = (index / outputs, index % outputs)
            var total: Float = 0
            for block in 0..<inputs / 32 {
                let input = input_MK[row * inputs + block * 32..<row * inputs + block * 32 + 32]
                let peak = input.map(\.magnitude).max()!
                let inverse = peak > 0 ? 127 / peak : 0
                let stored =
                    weights.matrix.pointer + output * weights.matrix.rowByteCount + block * storedByteCount
                var sum: Int32 = 0
                for (place, number) in input.enumerated() {
                    let integer = Int32((number * inverse).rounded(.toNearestOrEven))
                    sum += integer * weight(stored, place)
                }
                let scale = Float(Float16(bitPattern: stored.loadUnaligned(as: UInt16.self))) * (peak / 127)
                total = fused ? total.addingProduct(Float(sum), scale) : Float(sum) * scale + total
            }
            return total
        }
    }

    private func weight(_ block: UnsafeRawPointer, _ place: Int) -> Int32 {
        if weights.matrix.elementType == .q8_0 { return Int32(block.load(fromByteOffset: 2 + place, as: Int8.self)) }
        let byte = block.load(fromByteOffset: 2 + place % 16, as: UInt8.self)
        return Int32(place < 16 ? byte & 15 : byte >> 4) - 8
    }
}
