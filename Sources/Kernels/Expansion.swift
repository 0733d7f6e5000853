// Expansion.swift — stored weights as f32, outside of any product: for conversion and for tests.
// Kernels.

internal import CKernels

extension Matrix {
    /// Writes the numbers of some neighbouring rows to `output`, `range.count × columns` of them, on this thread.
    ///
    /// Every kernel version gives the same bits: those of the format's definition.
    package func expand(rows range: Range<Int>, into output: UnsafeMutablePointer<Float>, kernels: KernelSet = .best) {
        precondition(range.lowerBound >= 0 && range.upperBound <= rows, "rows \(range) outside 0..<\(rows)")
        defer { withExtendedLifetime(owner) {} }
        for (index, row) in range.enumerated() {
            var first: Int32 = 0
            withUnsafePointer(to: &first) { first in
                var arguments = ck_gather(
                    table: pointer + row * rowByteCount, table_stride: rowByteCount, index: first,
                    output: output + index * columns, output_stride: columns, row_count: 1, column_count: columns,
                    rows_per_slice: 1, element_type: elementType.rawValue)
                kernels.table.gather(&arguments, 0)
            }
        }
    }
}
