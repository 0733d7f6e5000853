// Matrix.swift — a weight matrix as it is stored: any element type, any alignment, usually inside a mapped file.
// Kernels.

/// A weight matrix `[rows N (outputs), columns K (inputs)]`, row-major and without gaps.
///
/// Holds `owner` so that a mapped file stays mapped while a weight of it is in use. Copying copies the reference.
package struct Matrix {
    package let elementType: ElementType
    /// Outputs, N.
    package let rows: Int
    /// Inputs, K: a whole number of the type's blocks.
    package let columns: Int
    /// The first row. Need not be aligned: tensors in files lie where they lie.
    package let pointer: UnsafeRawPointer
    /// Bytes from one row's start to the next.
    package let rowByteCount: Int
    /// Keeps the memory alive.
    package let owner: AnyObject

    /// - Precondition: `columns` is a whole number of blocks and the size does not overflow; callers that read files
    ///   have checked both (`ElementType.rowByteCount`).
    package init(
        _ elementType: ElementType, rows: Int, columns: Int, pointer: UnsafeRawPointer, owner: AnyObject
    ) {
        guard let rowByteCount = elementType.rowByteCount(columns: columns), rows >= 0,
            !rows.multipliedReportingOverflow(by: rowByteCount).overflow
        else { preconditionFailure("impossible \(elementType) matrix \(rows) × \(columns)") }
        self.elementType = elementType
        self.rows = rows
        self.columns = columns
        self.pointer = pointer
        self.rowByteCount = rowByteCount
        self.owner = owner
    }

    package var byteCount: Int { rows * rowByteCount }

    /// Some neighbouring rows, such as the keys' part of a stored q/k/v matrix. Shares the memory.
    package func rows(_ range: Range<Int>) -> Matrix {
        precondition(range.lowerBound >= 0 && range.upperBound <= rows, "rows \(range) outside 0..<\(rows)")
        return Matrix(
            elementType, rows: range.count, columns: columns, pointer: pointer + range.lowerBound * rowByteCount,
            owner: owner)
    }
}
