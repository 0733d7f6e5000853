// Projection.swift — a linear layer, and the small vectors beside the matrices.
// Transformer.

import Base
import Checkpoint
import Kernels

/// Which weights are copied into panels when a model is loaded.
struct Packing {
    /// Where it is `fast`, OpenBLAS wants f32 weights as they are stored.
    let numerics: Numerics
    /// Where panels may be found, and are left for the next start.
    var cache: PanelCache?
    /// Where they are put otherwise.
    let memory = PanelMemory()

    func packs(_ type: ElementType) -> Bool {
        PackedMatrix.packs(type) && (numerics == .reproducible || type != .f32)
    }
}

/// A weight matrix in the form its product wants.
enum Weight {
    /// In place in the mapped file, as stored.
    case stored(Matrix)
    /// A copy in panels; the file's pages are let go.
    case packed(PackedMatrix)

    /// - Parameter packing: nil leaves everything as stored.
    /// - Throws: `AllocationError` when there is no room for the panels.
    init(_ matrix: Matrix, _ packing: Packing?, pool: ThreadPool) throws(AllocationError) {
        guard let packing, packing.packs(matrix.elementType) else {
            self = .stored(matrix)
            return
        }
        if let ready = packing.cache?.next(matrix) {
            self = .packed(ready)
            return
        }
        let packed = try PackedMatrix(matrix, memory: packing.memory, pool: pool)
        packing.cache?.add(packed)
        self = .packed(packed)
        (matrix.owner as? any DiscardableMemory)?.discard(
            UnsafeRawBufferPointer(start: matrix.pointer, count: matrix.byteCount))
    }

    var elementType: ElementType {
        switch self {
        case .stored(let matrix): matrix.elementType
        case .packed(let matrix): matrix.elementType
        }
    }

    /// Outputs and inputs.
    var shape: (rows: Int, columns: Int) {
        switch self {
        case .stored(let matrix): (matrix.rows, matrix.columns)
        case .packed(let matrix): (matrix.rows, matrix.columns)
        }
    }

    var byteCount: Int {
        switch self {
        case .stored(let matrix): matrix.byteCount
        case .packed(let matrix): matrix.byteCount
        }
    }
}

/// `output = weight · input`, `+ bias` where the family has one.
struct Projection {
    /// [outputs, inputs].
    let weight: Weight
    let bias: VectorWeight?
}

/// A norm's gains or a product's bias as f32, whatever they are stored as.
final class VectorWeight {
    private let buffer: AlignedBuffer<Float>

    /// - Parameter offset: is added to every number.
    init(_ record: TensorRecord, offset: Float = 0, pool: ThreadPool) throws(AllocationError) {
        let count = record.shape[0]
        buffer = try AlignedBuffer(count: count)
        let matrix = Matrix(
            record.elementType, rows: 1, columns: count, pointer: record.bytes.baseAddress!, owner: record.owner)
        var onlyRow: TokenID = 0
        embed(
            &onlyRow, from: matrix, into: MutableMatrixView(buffer.baseAddress, rows: 1, columns: count), pool: pool)
        if offset != 0 { for index in 0..<count { buffer.baseAddress[index] += offset } }
    }

    var pointer: UnsafePointer<Float> { UnsafePointer(buffer.baseAddress) }
}
