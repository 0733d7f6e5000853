// GatedProductTests.swift — gate, up and rounding in one job against the four steps that it stands for.

import Kernels
import Testing

@Suite struct `Gated product` {
    static let types: [ElementType] = [.q8_0, .q4_0]
    /// More rows than the kernel takes at a time, in all.
    static let rows = 70
    static let (inputs, outputs) = (96, 160)

    @Test(arguments: KernelSet.available, types)
    func `has the bits of norm, products, activation and rounding in turn`(
        kernels: KernelSet, type: ElementType
    ) throws {
        var random = SplitMix(1)
        let layer = try GatedLayer(type, next: type == .q8_0 ? .q4_0 : .q8_0, random: &random)
        for activation in [GateActivation.silu, .gelu] {
            for bias in [false, true] {
                let expected = try layer.run(kernels, 0..<Self.rows, activation, bias: bias, fused: false)
                let found = try layer.run(kernels, 0..<Self.rows, activation, bias: bias, fused: true)
                #expect(found == expected, "\(activation), bias \(bias)")
            }
        }
    }

    @Test(.enabled(if: KernelSet.available.contains(.amx)), arguments: types)
    func `has the same bits by AMX and without it`(type: ElementType) throws {
        var random = SplitMix(4)
        let layer = try GatedLayer(type, next: type, random: &random)
        for count in [16, 31, 48, 60, Self.rows] {
            let tiled = try layer.run(.amx, 0..<count, .silu, bias: true, fused: true)
            #expect(try layer.run(.avx512, 0..<count, .silu, bias: true, fused: true) == tiled, "\(count) rows")
        }
    }

    @Test(arguments: KernelSet.available, types)
    func `gives a row the same bits in any company, on any number of threads`(
        kernels: KernelSet, type: ElementType
    ) throws {
        var random = SplitMix(2)
        let layer = try GatedLayer(type, next: type, random: &random)
        let whole = try layer.run(kernels, 0..<Self.rows, .silu, bias: false, fused: true)
        for count in [1, 2, 5, 16, 47, 48, 49] {
            for first in [0, 3, Self.rows - count] {
                let range = first..<first + count
                let some = try layer.run(kernels, range, .silu, bias: false, fused: true, threadCount: 1 + count % 3)
                let expected = Array(whole[first * GatedLayer.width..<range.upperBound * GatedLayer.width])
                #expect(some == expected, "\(count) rows from \(first)")
            }
        }
    }

    @Test func `shows a number that is not finite in its row only`() throws {
        var random = SplitMix(3)
        var layer = try GatedLayer(.q8_0, next: .q8_0, random: &random)
        let healthy = try layer.run(.best, 0..<3, .silu, bias: false, fused: true)
        layer.input_MK[Self.inputs + 40] = .nan
        let found = try layer.run(.best, 0..<3, .silu, bias: false, fused: true)
        let width = GatedLayer.width
        #expect(found[width..<2 * width].allSatisfy { $0.isNaN })
        #expect(found[..<width] == healthy[..<width] && found[(2 * width)...] == healthy[(2 * width)...])
    }
}

/// Norm, gate, up and down with random weights.
private struct GatedLayer {
    /// Outputs of `down`, by which the rounded rows are seen.
    static let width = 24

    let gate: StoredWeights
    let up: StoredWeights
    let down: StoredWeights
    let gain: [Float]
    /// The gate's, then up's.
    let bias: [Float]
    var input_MK: [Float]

    init(_ type: ElementType, next: ElementType, random: inout SplitMix) throws {
        let (inputs, outputs) = (`Gated product`.inputs, `Gated product`.outputs)
        gate = try StoredWeights(type, rows: outputs, columns: inputs, random: &random)
        up = try StoredWeights(type, rows: outputs, columns: inputs, random: &random)
        down = try StoredWeights(next, rows: Self.width, columns: outputs, random: &random)
        gain = random.floats(inputs)
        bias = random.floats(2 * outputs)
        input_MK = random.floats(`Gated product`.rows * inputs)
    }

    func run(
        _ kernels: KernelSet, _ range: Range<Int>, _ activation: GateActivation, bias hasBias: Bool, fused: Bool,
        threadCount: Int = 2
    ) throws -> [Float] {
        let (inputs, outputs) = (`Gated product`.inputs, `Gated product`.outputs)
        let pool = ThreadPool(threadCount: threadCount, kernels: kernels)
        let (gate, up) = (try PackedMatrix(gate.matrix, pool: pool), try PackedMatrix(up.matrix, pool: pool))
        let down = try PackedMatrix(down.matrix, pool: pool)
        let rounded = try RoundedRows(maxRows: range.count, maxColumns: inputs)
        let gated = try RoundedRows(maxRows: range.count, maxColumns: outputs)
        let normed = try AlignedBuffer<Float>(count: range.count * inputs)
        let products = try AlignedBuffer<Float>(count: 2 * range.count * outputs)
        var result = [Float](repeating: .nan, count: range.count * Self.width)
        func view(_ base: UnsafeMutablePointer<Float>, _ columns: Int) -> MutableMatrixView {
            MutableMatrixView(base, rows: range.count, columns: columns)
        }
        input_MK.withUnsafeBufferPointer { all in
            gain.withUnsafeBufferPointer { gain in
                bias.withUnsafeBufferPointer { bias in
                    let gateBias = hasBias ? bias.baseAddress! : nil
                    let upBias = gateBias.map { $0 + outputs }
                    let input = MatrixView(all.baseAddress!, rows: `Gated product`.rows, columns: inputs).rows(range)
                    if fused {
                        rounded.round(
                            input, gain: gain.baseAddress!, epsilon: 1e-5, for: gate.elementType, pool: pool)
                        gatedLinear(
                            rounded, gate: gate, gateBias: gateBias, up: up, upBias: upBias, activation: activation,
                            into: gated, for: down.elementType, pool: pool)
                        return
                    }
                    let norm = view(normed.baseAddress, inputs)
                    rmsNorm(input, weight: gain.baseAddress!, epsilon: 1e-5, into: norm, pool: pool)
                    rounded.round(norm.readOnly, for: gate.elementType, pool: pool)
                    let first = view(products.baseAddress, outputs)
                    let second = view(products.baseAddress + range.count * outputs, outputs)
                    linear(
                        rounded, PanelPart(gate, into: first, bias: gateBias),
                        PanelPart(up, into: second, bias: upBias), pool: pool)
                    let multiply = activation == .silu ? siluMultiply : geluMultiply
                    multiply(first.readOnly, second.readOnly, first, pool)
                    gated.round(first.readOnly, for: down.elementType, pool: pool)
                }
            }
        }
        result.withUnsafeMutableBufferPointer { output in
            linear(gated, PanelPart(down, into: view(output.baseAddress!, Self.width)), pool: pool)
        }
        return result
    }
}
