// ModelShape.swift — the sizes of two small models and of two draft models, and their products.
// Bench › Kernels.

import Base
import Kernels

/// One model's sizes: L layers, D model width, F feed-forward width, H and G heads of K numbers, V vocabulary.
struct ModelShape {
    let name: String
    let L: Int
    let D: Int
    let F: Int
    let H: Int
    let G: Int
    let K: Int
    let V: Int

    static let all = [
        ModelShape(name: "smollm2-135m", L: 30, D: 576, F: 1536, H: 9, G: 3, K: 64, V: 49_152),
        ModelShape(name: "qwen2.5-0.5b", L: 24, D: 896, F: 4864, H: 14, G: 2, K: 64, V: 151_936),
    ]

    /// Draft models: 0.6 M parameters for swiftlet-5m's 5.5 M, and 16.5 M for SmolLM2-135M's 134.5 M.
    static let drafts = [
        ModelShape(name: "tenth-of-swiftlet-5m", L: 2, D: 96, F: 256, H: 3, G: 1, K: 32, V: 4096),
        ModelShape(name: "eighth-of-smollm2-135m", L: 18, D: 192, F: 512, H: 3, G: 1, K: 64, V: 49_152),
    ]

    /// The different matrices of a layer, and the head, as (outputs, inputs).
    var products: [(name: String, outputs: Int, inputs: Int)] {
        [
            ("query, output", H * K, D), ("key, value", G * K, D), ("gate, up", F, D), ("down", D, F), ("head", V, D),
        ]
    }
}

extension ModelShape {
    /// What a step of one row computes, attention and everything small left out: less than a decode step takes.
    /// Processor time of one thread.
    func measureStepSeconds(_ type: ElementType, _ pool: ThreadPool) throws -> Double {
        let counts = ["query, output": 2 * L, "key, value": 2 * L, "gate, up": 2 * L, "down": L, "head": 1]
        return try measureProducts(type, [1], pool, time: ProcessorTime()).reduce(0) { sum, product in
            sum + Double(counts[product.name] ?? 0) * product.figure.seconds
        }
    }
}

struct ProductFigure {
    let model: String
    let name: String
    let type: ElementType
    let outputs: Int
    let inputs: Int
    let rows: Int
    let figure: KernelFigure
}

extension ModelShape {
    /// Every product with this type of weights; shapes that are no whole number of blocks are left out.
    func measureProducts(
        _ type: ElementType, _ rowCounts: [Int], _ pool: ThreadPool, time: any TimeSource = MonotonicTime()
    ) throws -> [ProductFigure] {
        var figures: [ProductFigure] = []
        for (name, outputs, inputs) in products {
            guard let rowBytes = type.rowByteCount(columns: inputs) else { continue }
            let weights = try makeWeights(
                type, outputs: outputs, inputs: inputs, byteCount: outputs * rowBytes, pool)
            // Only rows that choose a token meet the head: never a whole chunk of a prompt.
            for rows in rowCounts where name != "head" || rows <= 64 {
                let input = try AlignedBuffer<Float>(count: rows * inputs)
                for index in 0..<input.count { input.baseAddress[index] = Float(index % 17 - 8) / 8 }
                let output = try AlignedBuffer<Float>(count: rows * outputs)
                let (input_MK, output_MN) = (
                    MatrixView(input.baseAddress, rows: rows, columns: inputs),
                    MutableMatrixView(output.baseAddress, rows: rows, columns: outputs)
                )
                let rounded = try RoundedRows(maxRows: rows, maxColumns: inputs)
                let seconds = Stopwatch.median(time: time) { turn in
                    weights[turn % weights.count].multiply(input_MK, rounded, into: output_MN, pool: pool)
                }
                let figure = KernelFigure(
                    operations: 2 * Double(rows * inputs * outputs), bytes: Double(outputs * rowBytes),
                    seconds: seconds)
                figures.append(
                    ProductFigure(
                        model: self.name, name: name, type: type, outputs: outputs, inputs: inputs, rows: rows,
                        figure: figure))
            }
        }
        return figures
    }

    private func makeWeights(
        _ type: ElementType, outputs: Int, inputs: Int, byteCount: Int, _ pool: ThreadPool
    ) throws -> [ProductWeights] {
        try (0..<WorkingSet.count(of: byteCount)).map { _ in
            let buffer = try SharedBuffer<UInt8>(count: byteCount)
            // Bytes between 0x2c and 0x2f make ordinary numbers and scales of every type.
            for index in 0..<byteCount { buffer.baseAddress[index] = 0x2c + UInt8(index & 3) }
            let matrix = Matrix(type, rows: outputs, columns: inputs, pointer: buffer.baseAddress, owner: buffer)
            return PackedMatrix.packs(type) ? .panels(try PackedMatrix(matrix, pool: pool)) : .stored(matrix)
        }
    }
}

/// Weights as the decoder keeps them.
private enum ProductWeights {
    case stored(Matrix)
    case panels(PackedMatrix)

    /// With the rounding of the rows, where the product takes them rounded.
    func multiply(_ input: MatrixView, _ rounded: RoundedRows, into output: MutableMatrixView, pool: ThreadPool) {
        switch self {
        case .stored(let matrix): linear(input, matrix, into: output, pool: pool)
        case .panels(let matrix) where pool.kernels.takesRoundedRows(matrix.elementType, columns: matrix.columns):
            rounded.round(input, for: matrix.elementType, pool: pool)
            linear(rounded, PanelPart(matrix, into: output), pool: pool)
        case .panels(let matrix): linear(input, PanelPart(matrix, into: output), pool: pool)
        }
    }
}
