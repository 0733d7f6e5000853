// RoundedRows.swift — activations in 8 bits, the other operand of an integer product.
// Kernels.  A row's scale changes every 32 numbers, so one large number spoils only its neighbours; the scheme is
// GGML's Q8_0 with an f32 scale. The same numbers on every instruction set.

internal import CKernels

/// Room for rows rounded to 8 bits: `x ≈ scale · integer`, |integer| ≤ 127, 32 neighbours to a scale.
///
/// The error of a number is at most 1/254 of the largest magnitude among its 32. A number that is not finite makes the
/// block's scale NaN.
package final class RoundedRows {
    private let blocks: AlignedBuffer<ck_block>
    private(set) var rows = 0
    private(set) var columns = 0
    /// The weights that the rows were rounded for.
    private(set) var elementType = ElementType.q8_0

    /// - Throws: `AllocationError`.
    package init(maxRows: Int, maxColumns: Int) throws(AllocationError) {
        blocks = try AlignedBuffer(count: Self.blockCount(rows: maxRows, columns: maxColumns))
    }

    private static func blockCount(rows: Int, columns: Int) -> Int { rows * ((columns + 31) / 32) }

    /// Bytes of that room, for the memory report.
    package static func byteCount(maxRows: Int, maxColumns: Int) -> Int {
        blockCount(rows: maxRows, columns: maxColumns) * MemoryLayout<ck_block>.stride
    }

    /// Rounds some rows, for products with weights of one type; what was there before is gone.
    ///
    /// - Parameters:
    ///   - gain_K: not the rows are rounded but their RMSNorm with these gains, in one pass. The bits are `rmsNorm`'s.
    ///   - epsilon: the norm's.
    /// - Precondition: there is room; whole blocks of 32.
    package func round(
        _ input_MK: MatrixView, gain gain_K: UnsafePointer<Float>? = nil, epsilon: Float = 0,
        for elementType: ElementType, pool: ThreadPool
    ) {
        _ = prepare(rows: input_MK.rows, columns: input_MK.columns, for: elementType)
        let slices = RowSlices(rows: rows, columns: columns, pool: pool)
        var arguments = ck_quantize(
            input: input_MK.pointer, input_stride: input_MK.rowStride, output: blocks.baseAddress, row_count: rows,
            column_count: columns, rows_per_slice: slices.rowsPerSlice, element_type: elementType.rawValue,
            gain: gain_K, epsilon: epsilon)
        pool.run(sliceCount: slices.count, &arguments, pool.kernels.table.quantize_rows)
    }

    /// Takes a new shape; the caller fills the blocks.
    func prepare(rows: Int, columns: Int, for elementType: ElementType) -> UnsafeMutablePointer<ck_block> {
        precondition(elementType.takesRoundedRows && columns % 32 == 0, "no rounding for \(elementType)")
        precondition(Self.blockCount(rows: rows, columns: columns) <= blocks.count, "no room")
        self.rows = rows
        self.columns = columns
        self.elementType = elementType
        return blocks.baseAddress
    }

    var pointer: UnsafePointer<ck_block> { UnsafePointer(blocks.baseAddress) }
}
