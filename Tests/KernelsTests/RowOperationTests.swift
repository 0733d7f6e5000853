// RowOperationTests.swift — embedding, norm, gate, sum and rotation against f64.

import Base
import Kernels
import Testing

@Suite struct `Row operations` {
    @Test(arguments: KernelSet.available)
    func `RMS norm agrees with f64, also in place and on strided rows`(kernels: KernelSet) {
        var random = SplitMix(31)
        let pool = ThreadPool(threadCount: 2, kernels: kernels)
        for columns in [1, 8, 15, 64, 77, 576] {
            let weight = random.floats(columns)
            let rows = 5
            let stride = columns + 3
            var data = random.floats(rows * stride)
            let before = data
            data.withUnsafeMutableBufferPointer {
                let view = MutableMatrixView($0.baseAddress!, rows: rows, columns: columns, rowStride: stride)
                rmsNorm(view.readOnly, weight: weight, epsilon: 1e-5, into: view, pool: pool)
            }
            for row in 0..<rows {
                let squares = (0..<columns).reduce(0.0) {
                    $0 + Double(before[row * stride + $1]) * Double(before[row * stride + $1])
                }
                let scale = 1 / (squares / Double(columns) + 1e-5).squareRoot()
                for column in 0..<stride {
                    let index = row * stride + column
                    let expected =
                        column < columns
                        ? Double(before[index]) * scale * Double(weight[column]) : Double(before[index])
                    #expect(abs(Double(data[index]) - expected) <= 1e-6 * max(abs(expected), 1e-3))
                }
            }
        }
    }

    @Test(arguments: KernelSet.available)
    func `SwiGLU's gate agrees with f64 and a sum is the sum`(kernels: KernelSet) {
        var random = SplitMix(32)
        let pool = ThreadPool(threadCount: 3, kernels: kernels)
        for columns in [1, 16, 63, 20_000] {
            let rows = 4
            var gate = random.floats(rows * columns).map { 30 * $0 }
            gate[0] = -1000
            let up = random.floats(rows * columns)
            var gated = [Float](repeating: .nan, count: rows * columns)
            var sum = gated
            let gateView = MatrixView(gate, rows: rows, columns: columns)
            let upView = MatrixView(up, rows: rows, columns: columns)
            gated.withUnsafeMutableBufferPointer {
                siluMultiply(
                    gateView, upView, into: MutableMatrixView($0.baseAddress!, rows: rows, columns: columns), pool: pool
                )
            }
            sum.withUnsafeMutableBufferPointer {
                add(
                    gateView, upView, into: MutableMatrixView($0.baseAddress!, rows: rows, columns: columns), pool: pool
                )
            }
            var worst = 0.0
            for index in gate.indices {
                let exact = Double(gate[index]) / (1 + exponential(-Double(gate[index]))) * Double(up[index])
                worst = max(worst, abs(Double(gated[index]) - exact) / max(abs(exact), 1e-30))
            }
            #expect(worst < 1e-6 && gated[0] == 0)
            #expect(sum == zip(gate, up).map { $0 + $1 })
        }
    }

    @Test(arguments: KernelSet.available)
    func `GeGLU's gate, the soft cap and a factor agree with f64`(kernels: KernelSet) {
        var random = SplitMix(34)
        let pool = ThreadPool(threadCount: 2, kernels: kernels)
        for columns in [1, 16, 63, 20_000] {
            let rows = 3
            var input = random.floats(rows * columns).map { 12 * $0 }
            (input[0], input[rows * columns - 1]) = (-1e20, 1e20)
            let up = random.floats(rows * columns)
            func changed(_ change: (MutableMatrixView) -> Void) -> [Double] {
                var copy = input
                copy.withUnsafeMutableBufferPointer {
                    change(MutableMatrixView($0.baseAddress!, rows: rows, columns: columns))
                }
                return copy.map(Double.init)
            }
            let upView = MatrixView(up, rows: rows, columns: columns)
            let gated = changed { geluMultiply($0.readOnly, upView, into: $0, pool: pool) }
            let capped = changed { softCap($0, to: 5, pool: pool) }
            let scaled = changed { scale($0, by: 1.5, pool: pool) }
            for (index, x) in input.map(Double.init).enumerated() {
                let bent = (2 / Double.pi).squareRoot() * (x + 0.044715 * x * x * x)
                let gelu = x / (1 + exponential(-2 * bent)) * Double(up[index])
                #expect(abs(gated[index] - gelu) <= 4e-6 * max(abs(gelu), 1e-3), "gelu of \(x)")
                let cap = 5 - 10 / (exponential(2 * x / 5) + 1)
                #expect(abs(capped[index] - cap) <= 2e-6, "cap of \(x)")
                #expect(scaled[index] == Double(1.5 * input[index]))
            }
        }
    }

    @Test(arguments: KernelSet.available, ElementType.allCases)
    func `embedding gives exactly what is stored`(kernels: KernelSet, type: ElementType) throws {
        var random = SplitMix(33)
        let pool = ThreadPool(threadCount: 2, kernels: kernels)
        for columns in type.blockSize > 1 ? [type.blockSize, 3 * type.blockSize] : [1, 13, 64] {
            let weights = try StoredWeights(type, rows: 10, columns: columns, misalignment: 1, random: &random)
            let tokens: [TokenID] = [9, 0, 3, 3]
            var output = [Float](repeating: .nan, count: 4 * columns)
            output.withUnsafeMutableBufferPointer {
                embed(
                    tokens, from: weights.matrix, into: MutableMatrixView($0.baseAddress!, rows: 4, columns: columns),
                    pool: pool)
            }
            #expect(output == tokens.flatMap { weights.values_NK[$0.index * columns..<($0.index + 1) * columns] })
        }
    }

    /// All 65,536 halves, through a gather of f16 rows: exact, signs and specials included.
    @Test(arguments: KernelSet.available)
    func `every half converts exactly`(kernels: KernelSet) throws {
        let pool = ThreadPool(threadCount: 1, kernels: kernels)
        let owner = try SharedBuffer<UInt16>(count: 65536)
        for bits in 0..<65536 { owner.baseAddress[bits] = UInt16(bits) }
        let matrix = Matrix(.f16, rows: 1, columns: 65536, pointer: owner.baseAddress, owner: owner)
        var output = [Float](repeating: 0, count: 65536)
        output.withUnsafeMutableBufferPointer {
            embed([0], from: matrix, into: MutableMatrixView($0.baseAddress!, rows: 1, columns: 65536), pool: pool)
        }
        var wrong = 0
        for bits in 0..<65536 {
            let expected = Float(Float16(bitPattern: UInt16(bits)))
            if expected.isNaN ? !output[bits].isNaN : output[bits].bitPattern != expected.bitPattern { wrong += 1 }
        }
        #expect(wrong == 0)
    }

    /// Rounding to the cache's f16: nearest, ties to even, subnormals, overflow.
    @Test(arguments: KernelSet.available)
    func `storing rounds halves to nearest even`(kernels: KernelSet) throws {
        var random = SplitMix(34)
        let pool = ThreadPool(threadCount: 1, kernels: kernels)
        var numbers = (0..<20_000).map { _ in Float(bitPattern: UInt32.random(in: 0...UInt32.max, using: &random)) }
        numbers += (0..<2048).flatMap { step -> [Float] in
            // Half-way between neighbours, and one bit to either side.
            let tie =
                (Float(Float16(bitPattern: UInt16(step * 15))) + Float(Float16(bitPattern: UInt16(step * 15 + 1)))) / 2
            return [tie, tie.nextUp, -tie.nextDown]
        }
        numbers = numbers.filter { !$0.isNaN }
        numbers.removeLast(numbers.count % 16)
        let tokens = numbers.count / 16
        let blocks = (tokens + 15) / 16
        let keys = try SharedBuffer<Float16>(count: blocks * 256)
        let values = try SharedBuffer<Float16>(count: blocks * 256)
        let layer = KVLayer(
            keys: keys.baseAddress, values: values.baseAddress, elementType: .f16, blockCount: blocks,
            tokensPerBlock: 16, headCount: 1, headWidth: 16)
        let view = MatrixView(numbers, rows: tokens, columns: 16)
        storeKeysValues(keys: view, values: view, slotMapping: (0..<Int32(tokens)).map { $0 }, into: layer, pool: pool)
        let wrong = numbers.indices.filter { values.baseAddress[$0].bitPattern != Float16(numbers[$0]).bitPattern }
        #expect(wrong.isEmpty)
    }

    @Test(arguments: KernelSet.available, [RotaryLayout.halves, .adjacentPairs])
    func `rotation agrees with f64`(kernels: KernelSet, layout: RotaryLayout) throws {
        var random = SplitMix(35)
        let pool = ThreadPool(threadCount: 2, kernels: kernels)
        for (width, pairs) in [(8, 4), (64, 32), (80, 20)] {
            let frequencies = (0..<pairs).map { Float(1 / Double($0 * 3 + 1)) }
            let table = try RotaryTable(inverseFrequencies: frequencies, positionCount: 100)
            let positions: [Int32] = [0, 99, 7]
            let before = random.floats(3 * 2 * width)
            var rows = before
            rows.withUnsafeMutableBufferPointer {
                applyRotary(
                    MutableMatrixView($0.baseAddress!, rows: 3, columns: 2 * width), headCount: 2,
                    positions: positions, table: table, layout: layout, pool: pool)
            }
            for head in 0..<6 {
                var expected = before[head * width..<(head + 1) * width].map(Double.init)
                for pair in 0..<pairs {
                    let (i, j) = layout == .halves ? (pair, pair + pairs) : (2 * pair, 2 * pair + 1)
                    let angle = Double(positions[head / 2]) * Double(frequencies[pair])
                    (expected[i], expected[j]) = (
                        expected[i] * cosine(angle) - expected[j] * sine(angle),
                        expected[i] * sine(angle) + expected[j] * cosine(angle)
                    )
                }
                for index in 0..<width { #expect(abs(Double(rows[head * width + index]) - expected[index]) < 1e-6) }
            }
        }
    }
}
