// Projection.swift — a linear layer of the decoder, and the small vectors beside the matrices.
// Transformer › Decoder.

import Base
import Checkpoint
import Kernels

/// `output = weight · input`, `+ bias` where the family has one. The matrix stays in the mapped file, as stored.
struct Projection {
    /// [outputs, inputs].
    let weight: Matrix
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
