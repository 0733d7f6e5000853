// RotaryEmbedding.swift — positions as rotations of pairs of features.
// Kernels.  Source: Su et al. 2021, arXiv:2104.09864.  Two pairings of one idea are in use, and confusing them gives
// silently wrong text: Hugging Face checkpoints rotate halves, llama2.c and GGUF's Llama files adjacent pairs.

internal import CKernels
internal import Glibc

/// Which features form a pair.
package enum RotaryLayout: Sendable {
    /// `i` and `i + width/2`.
    case halves
    /// `2i` and `2i + 1`.
    case adjacentPairs
}

/// Cosines and sines of every position, computed in f64 and rounded once.
package final class RotaryTable: Sendable {
    /// Positions `0..<positionCount`.
    package let positionCount: Int
    /// Pairs that are rotated: half the head width, or less where a model leaves features alone.
    package let pairCount: Int
    let cosine: AlignedBuffer<Float>
    let sine: AlignedBuffer<Float>

    /// - Parameters:
    ///   - inverseFrequencies: radians per position for each pair, any scaling already applied.
    ///   - magnitude: multiplies cosines and sines (YaRN's attention factor).
    /// - Throws: `AllocationError`.
    /// - Complexity: O(positions · pairs) sines and cosines.
    package init(
        inverseFrequencies: [Float], positionCount: Int, magnitude: Float = 1
    ) throws(AllocationError) {
        precondition(positionCount >= 0, "\(positionCount) positions")
        let pairCount = inverseFrequencies.count
        let (count, overflow) = positionCount.multipliedReportingOverflow(by: pairCount)
        guard !overflow else { throw .tooLarge(count: positionCount, stride: pairCount * 4) }
        cosine = try AlignedBuffer(count: count)
        sine = try AlignedBuffer(count: count)
        self.positionCount = positionCount
        self.pairCount = pairCount
        for position in 0..<positionCount {
            for (pair, frequency) in inverseFrequencies.enumerated() {
                let angle = Double(position) * Double(frequency)
                cosine.baseAddress[position * pairCount + pair] = Float(cos(angle) * Double(magnitude))
                sine.baseAddress[position * pairCount + pair] = Float(sin(angle) * Double(magnitude))
            }
        }
    }
}

/// Rotates the first `2 · table.pairCount` features of each of `headCount` heads in every row, in place.
///
/// - Parameter rows_TD: queries `[T, H·K]` or keys `[T, G·K]`.
/// - Precondition: every position is in the table.
package func applyRotary(
    _ rows_TD: MutableMatrixView, headCount: Int, positions positions_T: UnsafePointer<Int32>, table: RotaryTable,
    layout: RotaryLayout, pool: ThreadPool
) {
    guard rows_TD.rows > 0, headCount > 0 else { return }
    defer { withExtendedLifetime(table) {} }
    let headWidth = rows_TD.columns / headCount
    precondition(
        headWidth * headCount == rows_TD.columns && 2 * table.pairCount <= headWidth,
        "\(headCount) heads and \(table.pairCount) pairs do not fit rows of \(rows_TD.columns)")
    for row in 0..<rows_TD.rows {
        precondition(
            positions_T[row] >= 0 && Int(positions_T[row]) < table.positionCount,
            "position \(positions_T[row]) outside the rotary table of \(table.positionCount)")
    }
    let slices = RowSlices(rows: rows_TD.rows, columns: rows_TD.columns, pool: pool)
    var arguments = ck_rotary(
        rows: rows_TD.pointer, stride: rows_TD.rowStride, position: positions_T,
        cosine: table.cosine.baseAddress, sine: table.sine.baseAddress, row_count: rows_TD.rows,
        head_count: headCount, head_width: headWidth, pair_count: table.pairCount,
        rows_per_slice: slices.rowsPerSlice, adjacent: layout == .adjacentPairs)
    pool.run(sliceCount: slices.count, &arguments, pool.kernels.table.rotate)
}
