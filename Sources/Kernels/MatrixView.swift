// MatrixView.swift — activations: borrowed rows of f32, and the project's one key to shape suffixes.
// Kernels.  Shape suffixes after Noam Shazeer, "Shape Suffixes", 2024.
//
//     T tokens in this step (ragged, all requests)   B requests   S context length   L layers   V vocabulary
//     D model width   F feed-forward width   H query heads   G KV heads   K head width
//     P blocks in the pool   N blocks in one request's table   C tokens per block
//
// In a product alone, M rows, K inputs and N outputs keep the names that every book on matrix products uses.

/// Borrowed, read-only rows of f32. Row `r` starts `r · rowStride` numbers after `pointer`; any alignment of 4 bytes.
///
/// Borrowing is by convention: whoever makes a view keeps the memory alive while it is used.
package struct MatrixView {
    package let pointer: UnsafePointer<Float>
    package let rows: Int
    package let columns: Int
    /// Numbers from one row's start to the next, at least `columns`.
    package let rowStride: Int

    package init(_ pointer: UnsafePointer<Float>, rows: Int, columns: Int, rowStride: Int? = nil) {
        let rowStride = rowStride ?? columns
        precondition(rows >= 0 && columns >= 0 && rowStride >= columns, "impossible shape \(rows) × \(columns)")
        self.pointer = pointer
        self.rows = rows
        self.columns = columns
        self.rowStride = rowStride
    }

    package func row(_ index: Int) -> UnsafePointer<Float> {
        precondition(index >= 0 && index < rows, "row \(index) outside 0..<\(rows)")
        return pointer + index * rowStride
    }

    /// Some neighbouring rows.
    package func rows(_ range: Range<Int>) -> MatrixView {
        precondition(range.lowerBound >= 0 && range.upperBound <= rows, "rows \(range) outside 0..<\(rows)")
        return MatrixView(
            pointer + range.lowerBound * rowStride, rows: range.count, columns: columns, rowStride: rowStride)
    }

    /// Some neighbouring columns of every row, such as the queries of a fused q/k/v product.
    package func columns(_ range: Range<Int>) -> MatrixView {
        precondition(range.lowerBound >= 0 && range.upperBound <= columns, "columns \(range) outside 0..<\(columns)")
        return MatrixView(pointer + range.lowerBound, rows: rows, columns: range.count, rowStride: rowStride)
    }
}

/// Borrowed rows of f32 that may be written. Like `MatrixView` otherwise.
package struct MutableMatrixView {
    package let pointer: UnsafeMutablePointer<Float>
    package let rows: Int
    package let columns: Int
    package let rowStride: Int

    package init(_ pointer: UnsafeMutablePointer<Float>, rows: Int, columns: Int, rowStride: Int? = nil) {
        self.pointer = pointer
        let view = MatrixView(pointer, rows: rows, columns: columns, rowStride: rowStride)
        self.rows = view.rows
        self.columns = view.columns
        self.rowStride = view.rowStride
    }

    /// The same rows, read-only.
    package var readOnly: MatrixView { MatrixView(pointer, rows: rows, columns: columns, rowStride: rowStride) }

    package func row(_ index: Int) -> UnsafeMutablePointer<Float> {
        precondition(index >= 0 && index < rows, "row \(index) outside 0..<\(rows)")
        return pointer + index * rowStride
    }

    package func rows(_ range: Range<Int>) -> MutableMatrixView {
        UnsafeMutablePointer(mutating: readOnly.rows(range).pointer).view(
            rows: range.count, columns: columns, rowStride: rowStride)
    }

    package func columns(_ range: Range<Int>) -> MutableMatrixView {
        UnsafeMutablePointer(mutating: readOnly.columns(range).pointer).view(
            rows: rows, columns: range.count, rowStride: rowStride)
    }
}

extension UnsafeMutablePointer<Float> {
    fileprivate func view(rows: Int, columns: Int, rowStride: Int) -> MutableMatrixView {
        MutableMatrixView(self, rows: rows, columns: columns, rowStride: rowStride)
    }
}
