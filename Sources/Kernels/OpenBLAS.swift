// OpenBLAS.swift — the optional library behind `--numerics fast`.
// Kernels.  It is the reference that kernel tests compare with; its sums change order with the number of rows,
// so it computes nothing that promises bits.

internal import CKernels
internal import COpenBLAS

/// OpenBLAS is not installed.
package struct OpenBLASError: Error, Equatable, CustomStringConvertible {
    package var description: String {
        "libopenblas.so.0 is missing, so --numerics fast computes like reproducible; install libopenblas0-pthread"
    }
}

package enum OpenBLAS {
    /// Loads the library, once. The program calls this at start-up for `--numerics fast` and shows the error, if any,
    /// as a warning: products then fall back to the project's own kernels.
    /// - Throws: `OpenBLASError` when the library is not installed.
    package static func load() throws(OpenBLASError) {
        guard isLoaded else { throw OpenBLASError() }
    }

    static let isLoaded: Bool = swiftlet_openblas_load()

    /// Below this `sgemm` is slower than the project's kernels.
    private static let leastRows = 16

    static func accepts(_ product: ck_linear) -> Bool {
        let sizes = [
            product.row_count, product.input_count, product.output_count, product.input_stride, product.output_stride,
        ]
        return product.element_type == ElementType.f32.rawValue && product.row_count >= leastRows
            && product.input_count > 0 && sizes.allSatisfy { $0 <= Int(Int32.max) }
            && Int(bitPattern: product.weight) % MemoryLayout<Float>.alignment == 0 && isLoaded
    }

    /// One slab of outputs, with the library's one thread.
    static let linearSlice: ThreadPool.SliceFunction = { pointer, slice in
        guard let product = pointer?.assumingMemoryBound(to: ck_linear.self).pointee else { return }
        let first = slice * product.outputs_per_slice
        let count = min(product.outputs_per_slice, product.output_count - first)
        let weight = product.weight.assumingMemoryBound(to: Float.self) + first * product.input_count
        swiftlet_openblas_linear(
            product.input, product.input_stride, weight, product.input_count, product.output + first,
            product.output_stride, product.row_count, product.input_count, count, product.accumulate)
        guard let bias = product.bias else { return }
        for row in 0..<product.row_count {
            let output = product.output + row * product.output_stride
            for column in first..<first + count { output[column] += bias[column] }
        }
    }
}
