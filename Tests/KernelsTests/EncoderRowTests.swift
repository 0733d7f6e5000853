// EncoderRowTests.swift — LayerNorm and GELU against f64.

import Glibc
import Kernels
import Testing

@Suite struct `Rows of an encoder` {
    @Test(arguments: KernelSet.available)
    func `LayerNorm agrees with f64, also in place, on strided rows and far from zero`(kernels: KernelSet) {
        var random = SplitMix(41)
        let pool = ThreadPool(threadCount: 2, kernels: kernels)
        for (columns, offset) in [(1, 0), (8, 0), (15, 100), (36, 0), (77, -50), (384, 1000), (20_001, 3)] {
            let rows = 4
            let stride = columns + 3
            let scaleAndShift = random.floats(2 * columns)
            var data = random.floats(rows * stride).map { $0 + Float(offset) }
            let before = data
            data.withUnsafeMutableBufferPointer {
                let view = MutableMatrixView($0.baseAddress!, rows: rows, columns: columns, rowStride: stride)
                layerNorm(
                    view.readOnly, scaleAndShift: MatrixView(scaleAndShift, rows: 2, columns: columns), epsilon: 1e-3,
                    into: view, pool: pool)
            }
            for row in 0..<rows {
                let numbers = before[row * stride..<row * stride + columns].map(Double.init)
                let mean = numbers.reduce(0, +) / Double(columns)
                let variance = numbers.map { ($0 - mean) * ($0 - mean) }.reduce(0, +) / Double(columns)
                for column in 0..<columns {
                    let expected =
                        (numbers[column] - mean) / (variance + 1e-3).squareRoot() * Double(scaleAndShift[column])
                        + Double(scaleAndShift[columns + column])
                    // The rounded mean is off by up to a unit of the offset.
                    let tolerance = 4e-6 + 3e-7 * abs(Double(offset)) / (variance + 1e-3).squareRoot()
                    #expect(abs(Double(data[row * stride + column]) - expected) <= tolerance)
                }
                let gap = row * stride + columns..<(row + 1) * stride
                #expect(data[gap] == before[gap], "numbers between the rows changed")
            }
        }
    }

    @Test(arguments: KernelSet.available)
    func `GELU is within a few units of the last place over its whole range`(kernels: KernelSet) {
        let pool = ThreadPool(threadCount: 1, kernels: kernels)
        let inputs = stride(from: Float(-14), through: 14, by: 0.0009765625).map { $0 + 0.0001 }
        let outputs = apply(inputs, pool)
        for (x, found) in zip(inputs, outputs) {
            let exact = Double(x) * erfc(-Double(x) / 2.0.squareRoot()) / 2
            // The exponent z²/2 is rounded to f32, which costs the far tail up to z²/2 half-units.
            let allowed = 8 + (x < 0 ? Double(x * x) : 0)
            #expect(unitsInTheLastPlace(found, exact) <= allowed, "GELU of \(x) is \(found), not \(exact)")
        }
    }

    @Test(arguments: KernelSet.available)
    func `GELU of zero, infinities, tiny numbers and NaN`(kernels: KernelSet) {
        let pool = ThreadPool(threadCount: 1, kernels: kernels)
        let found = apply([0, -0.0, .infinity, -.infinity, 1e-30, -1e-30, 1e30, -1e30, .nan], pool)
        #expect(found[0] == 0 && found[1] == 0)
        #expect(found[2] == .infinity && found[3] == 0)
        #expect(abs(found[4] / 0.5e-30 - 1) < 1e-5 && abs(found[5] / -0.5e-30 - 1) < 1e-5)
        #expect(found[6] == 1e30 && found[7] == 0)
        #expect(found[8].isNaN)
    }

    private func apply(_ inputs: [Float], _ pool: ThreadPool) -> [Float] {
        var outputs = [Float](repeating: .nan, count: inputs.count)
        outputs.withUnsafeMutableBufferPointer {
            gelu(
                MatrixView(inputs, rows: 1, columns: inputs.count),
                into: MutableMatrixView($0.baseAddress!, rows: 1, columns: inputs.count), pool: pool)
        }
        return outputs
    }
}
