// RowOperations.swift — what happens to a row between two products: embedding, norm, gate, residual, cap.
// Kernels.  Every row is computed alone and in one order, so the bits of a row do not depend on its company.

package import Base
internal import CKernels

/// Looks up the tokens' rows of the embedding table, as f32.
///
/// - Precondition: every id is in `0..<table_VD.rows`; the engine has checked what came from outside.
package func embed(
    _ tokens_T: UnsafePointer<TokenID>, from table_VD: Matrix, into output_TD: MutableMatrixView, pool: ThreadPool
) {
    precondition(output_TD.columns == table_VD.columns, "rows of \(table_VD.columns) into \(output_TD.columns)")
    defer { withExtendedLifetime(table_VD.owner) {} }
    for token in 0..<output_TD.rows {
        precondition(
            tokens_T[token].index >= 0 && tokens_T[token].index < table_VD.rows,
            "token \(tokens_T[token]) outside a vocabulary of \(table_VD.rows)")
    }
    // TokenID is laid out as its Int32 (Base/TokenID.swift).
    tokens_T.withMemoryRebound(to: Int32.self, capacity: max(output_TD.rows, 1)) { indices in
        var arguments = ck_gather(
            table: table_VD.pointer, table_stride: table_VD.rowByteCount, index: indices,
            output: output_TD.pointer, output_stride: output_TD.rowStride, row_count: output_TD.rows,
            column_count: table_VD.columns, rows_per_slice: 0, element_type: table_VD.elementType.rawValue)
        let slices = RowSlices(rows: output_TD.rows, columns: output_TD.columns, pool: pool)
        arguments.rows_per_slice = slices.rowsPerSlice
        pool.run(sliceCount: slices.count, &arguments, pool.kernels.table.gather)
    }
}

/// `output = input / √(mean(input²) + epsilon) · weight`, row by row. Output may be the input.
///
/// Also normalises heads (query and key norms): give a view of `T·H` rows of `K` columns.
/// Source: Zhang and Sennrich 2019, arXiv:1910.07467.
package func rmsNorm(
    _ input_TD: MatrixView, weight weight_D: UnsafePointer<Float>, epsilon: Float, into output_TD: MutableMatrixView,
    pool: ThreadPool
) {
    rowOperation(
        pool.kernels.table.rms_norm, input_TD, MatrixView(weight_D, rows: 0, columns: input_TD.columns), output_TD,
        epsilon: epsilon, pool: pool)
}

/// `output = (input − mean) / √(variance + epsilon) · scale + shift`, row by row, over the row's own mean and variance.
/// Output may be the input.
///
/// Source: Ba, Kiros and Hinton 2016, arXiv:1607.06450.
/// - Parameter scaleAndShift_2D: two rows, the scale and the shift.
package func layerNorm(
    _ input_TD: MatrixView, scaleAndShift scaleAndShift_2D: MatrixView, epsilon: Float,
    into output_TD: MutableMatrixView, pool: ThreadPool
) {
    precondition(
        scaleAndShift_2D.rows == 2 && scaleAndShift_2D.columns == input_TD.columns, "scale and shift differ in shape")
    rowOperation(pool.kernels.table.layer_norm, input_TD, scaleAndShift_2D, output_TD, epsilon: epsilon, pool: pool)
}

/// `output = input · Φ(input)`, Φ the normal distribution function: GELU as BERT has it, exact to a few units in the
/// last place. Output may be the input.
///
/// Source: Hendrycks and Gimpel 2016, arXiv:1606.08415.
package func gelu(_ input_TF: MatrixView, into output_TF: MutableMatrixView, pool: ThreadPool) {
    rowOperation(pool.kernels.table.gelu, input_TF, input_TF, output_TF, pool: pool)
}

/// `output = gate · sigmoid(gate) · up`: SwiGLU's gate. Output may be `gate` or `up`.
///
/// Source: Shazeer 2020, arXiv:2002.05202.
package func siluMultiply(
    _ gate_TF: MatrixView, _ up_TF: MatrixView, into output_TF: MutableMatrixView, pool: ThreadPool
) {
    precondition(up_TF.rows == gate_TF.rows && up_TF.columns == gate_TF.columns, "gate and up differ in shape")
    rowOperation(pool.kernels.table.silu_multiply, gate_TF, up_TF, output_TF, pool: pool)
}

/// `output = gelu(gate) · up`, gelu by its tanh formula: GeGLU's gate. Output may be `gate` or `up`.
///
/// Sources: Shazeer 2020, arXiv:2002.05202; Hendrycks and Gimpel 2016, arXiv:1606.08415.
package func geluMultiply(
    _ gate_TF: MatrixView, _ up_TF: MatrixView, into output_TF: MutableMatrixView, pool: ThreadPool
) {
    precondition(up_TF.rows == gate_TF.rows && up_TF.columns == gate_TF.columns, "gate and up differ in shape")
    rowOperation(pool.kernels.table.gelu_multiply, gate_TF, up_TF, output_TF, pool: pool)
}

/// `rows = rows · factor`.
package func scale(_ rows_TD: MutableMatrixView, by factor: Float, pool: ThreadPool) {
    rowOperation(
        pool.kernels.table.scale, rows_TD.readOnly, rows_TD.readOnly, rows_TD, factor: factor, pool: pool)
}

/// `rows = cap · tanh(rows / cap)`: nothing leaves −cap … cap, and small numbers hardly change.
///
/// - Precondition: `cap` is positive.
package func softCap(_ rows_TD: MutableMatrixView, to cap: Float, pool: ThreadPool) {
    precondition(cap > 0, "capped to \(cap)")
    rowOperation(pool.kernels.table.soft_cap, rows_TD.readOnly, rows_TD.readOnly, rows_TD, cap: cap, pool: pool)
}

/// `output = left + right`. Output may be either.
package func add(_ left_TD: MatrixView, _ right_TD: MatrixView, into output_TD: MutableMatrixView, pool: ThreadPool) {
    precondition(left_TD.rows == right_TD.rows && left_TD.columns == right_TD.columns, "addends differ in shape")
    rowOperation(pool.kernels.table.add, left_TD, right_TD, output_TD, pool: pool)
}

private func rowOperation(
    _ function: ThreadPool.SliceFunction, _ a: MatrixView, _ b: MatrixView, _ output: MutableMatrixView,
    epsilon: Float = 0, factor: Float = 1, cap: Float = 1, pool: ThreadPool
) {
    precondition(output.rows == a.rows && output.columns == a.columns, "operand and result differ in shape")
    let slices = RowSlices(rows: a.rows, columns: a.columns, pool: pool)
    var arguments = ck_rows(
        a: a.pointer, a_stride: a.rowStride, b: b.pointer, b_stride: b.rowStride,
        output: output.pointer, output_stride: output.rowStride, row_count: a.rows, column_count: a.columns,
        rows_per_slice: slices.rowsPerSlice, epsilon: epsilon, factor: factor, cap: cap)
    pool.run(sliceCount: slices.count, &arguments, function)
}

/// How rows are cut for the threads: few rows stay with the caller.
struct RowSlices {
    let rowsPerSlice: Int
    let count: Int

    init(rows: Int, columns: Int, pool: ThreadPool) {
        let leastNumbers = 4 << 10
        let worthwhile = leastNumbers / max(columns, 1) + 1
        rowsPerSlice = max(worthwhile, rows / (pool.threadCount * 8))
        count = (rows + rowsPerSlice - 1) / rowsPerSlice
    }
}
