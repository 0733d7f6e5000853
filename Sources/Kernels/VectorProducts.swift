// VectorProducts.swift — inner products of one vector with many rows: the inner loop of nearest-neighbour search.
// Kernels.  Two stored forms: int8 as `x ^ 0x80` to find candidates, f16 to put them in order.

internal import CKernels

/// Rows that both forms take: a multiple of 64 numbers, the rest of a shorter vector filled with zeros.
package enum VectorWidth {
    package static let maximum = Int(CK_MAXIMUM_VECTOR_WIDTH)

    /// The least width that holds `dimension` numbers; nil when there is none.
    package static func holding(_ dimension: Int) -> Int? {
        guard dimension > 0, dimension <= maximum else { return nil }
        return (dimension + 63) / 64 * 64
    }
}

/// `output[i] = Σ x · y` over the bytes of `query` and of row `index[i]` (row `i` without an index), both stored as
/// `x ^ 0x80`. Exact: the same integers on every CPU.
///
/// - Precondition: `width` came from `VectorWidth`; the rows exist.
/// - Complexity: O(count · width).
package func dotProducts(
    ofBytes query_K: UnsafePointer<UInt8>, with table_NK: UnsafePointer<UInt8>, at index: UnsafePointer<UInt32>?,
    count: Int, width: Int, into output: UnsafeMutablePointer<Int32>, kernels: KernelSet = .best
) {
    precondition(width > 0 && width % 64 == 0 && width <= VectorWidth.maximum, "no vectors of \(width) numbers")
    var arguments = ck_vectors(
        query: query_K, table: table_NK, index: index, output: output, count: count, width: width)
    kernels.table.dot_bytes(&arguments)
}

/// `output[i] = Σ x · y` over the f32 `query` and the f16 row `index[i]`, in f32, in one order.
///
/// - Precondition: `width` came from `VectorWidth`; the rows exist.
package func dotProducts(
    of query_K: UnsafePointer<Float>, withHalves table_NK: UnsafePointer<UInt16>, at index: UnsafePointer<UInt32>?,
    count: Int, width: Int, into output: UnsafeMutablePointer<Float>, kernels: KernelSet = .best
) {
    precondition(width > 0 && width % 64 == 0 && width <= VectorWidth.maximum, "no vectors of \(width) numbers")
    var arguments = ck_vectors(
        query: query_K, table: table_NK, index: index, output: output, count: count, width: width)
    kernels.table.dot_halves(&arguments)
}
