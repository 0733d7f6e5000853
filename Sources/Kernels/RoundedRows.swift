// RoundedRows.swift — activations in 8 bits or in two bf16 numbers, the other operand of a product with packed weights.
// Kernels.  In 8 bits a row's scale changes every 32 numbers, so one large number spoils only its neighbours; the scheme
// is GGML's Q8_0 with an f32 scale. The same numbers on every instruction set.

internal import CKernels

/// Room for rows rounded to 8 bits, `x ≈ scale · integer`, |integer| ≤ 127, 32 neighbours to a scale, or to the sum of two
/// bf16 numbers.
///
/// In 8 bits the error of a number is at most 1/254 of the largest magnitude among its 32, and a number that is not
/// finite makes the block's scale NaN. As two bf16 it is at most 2⁻¹⁷ of the number itself.
package final class RoundedRows {
    /// 32 numbers as two bf16 each, the wider form, to an element. Pages that 8 bits leave over are never touched.
    private let blocks: AlignedBuffer<SIMD64<UInt16>>
    private(set) var rows = 0
    private(set) var columns = 0
    /// The weights that the rows were rounded for.
    private(set) var elementType = ElementType.q8_0

    /// - Throws: `AllocationError`.
    package init(maxRows: Int, maxColumns: Int) throws(AllocationError) {
        blocks = try AlignedBuffer(count: Self.blockCount(rows: maxRows, columns: maxColumns))
    }

    private static func blockCount(rows: Int, columns: Int) -> Int { rows * ((columns + 31) / 32) }

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
        precondition(pool.kernels.takesRoundedRows(elementType, columns: input_MK.columns), "\(elementType) takes f32")
        _ = prepare(rows: input_MK.rows, columns: input_MK.columns, for: elementType)
        let slices = RowSlices(rows: rows, columns: columns, pool: pool)
        var arguments = ck_quantize(
            input: input_MK.pointer, input_stride: input_MK.rowStride, output: start, row_count: rows,
            column_count: columns, rows_per_slice: slices.rowsPerSlice, element_type: elementType.rawValue,
            gain: gain_K, epsilon: epsilon)
        let table = pool.kernels.table
        pool.run(
            sliceCount: slices.count, &arguments,
            elementType.hasIntegerPanels ? table.quantize_rows : table.round_bf16)
    }

    /// Takes a new shape; the caller fills in the numbers.
    func prepare(rows: Int, columns: Int, for elementType: ElementType) -> UnsafeMutableRawPointer {
        precondition(columns % 32 == 0, "\(columns) are no whole blocks")
        precondition(Self.blockCount(rows: rows, columns: columns) <= blocks.count, "no room")
        self.rows = rows
        self.columns = columns
        self.elementType = elementType
        return start
    }

    private var start: UnsafeMutableRawPointer { UnsafeMutableRawPointer(blocks.baseAddress) }
    var pointer: UnsafeRawPointer { UnsafeRawPointer(start) }
}
