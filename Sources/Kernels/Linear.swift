// Linear.swift — the product of activations and weights.
// Kernels.
//
// **A row's sums are always taken in one order.** Which products are added to which, and when they are rounded,
// depends on the number of inputs K, the element type and the kernel version; never on the number of rows, the tile,
// the slice, the thread count, or the rows beside it. So a token's logits are the same to the bit whether it is
// computed alone or in a batch, in a long prompt chunk or a short one, on one thread or on many, and everything that
// is built on this (prefix cache, preemption, speculation) can promise the same text. CKernels/README.md draws the
// order.

internal import CKernels
internal import COpenBLAS

/// Whether speed may cost the order of sums.
package enum Numerics: Sendable {
    /// This project's kernels: bits depend on nothing but the row.
    case reproducible
    /// f32 weights go through OpenBLAS when there are enough rows: faster prompts on some CPUs, equal to rounding
    /// only. Everything else, and everything when OpenBLAS is not installed, stays reproducible.
    case fast
}

/// `output[M, N] = input[M, K] · weight[N, K]ᵀ`, then `+ bias[N]`, then `+` the output's old value if `accumulate`.
///
/// Weights of every stored type convert exactly to f32 (or, in the formats of `quants.h`, as their definition rounds),
/// so the result has the bits of the f32 product with the dequantised weights. PanelProduct.swift is the fast product
/// of the integer formats.
/// - Parameter accumulate: adds to the output: the residual connection.
/// - Precondition: the shapes fit each other; output and input do not overlap.
/// - Complexity: O(M·N·K); reads the weights once per slice, allocates nothing.
package func linear(
    _ input_MK: MatrixView, _ weight_NK: Matrix, into output_MN: MutableMatrixView, accumulate: Bool = false,
    bias: UnsafePointer<Float>? = nil, numerics: Numerics = .reproducible, pool: ThreadPool
) {
    precondition(
        input_MK.columns == weight_NK.columns && output_MN.columns == weight_NK.rows
            && output_MN.rows == input_MK.rows,
        "product of \(input_MK.rows)×\(input_MK.columns) with \(weight_NK.rows)×\(weight_NK.columns)"
            + " does not give \(output_MN.rows)×\(output_MN.columns)")
    precondition(weight_NK.columns <= weight_NK.elementType.maximumRowWidth ?? .max, "rows of \(weight_NK.columns)")
    guard output_MN.rows > 0, output_MN.columns > 0 else { return }
    // The C kernels see only a pointer into the owner's memory.
    defer { withExtendedLifetime(weight_NK.owner) {} }

    var arguments = ck_linear(
        input: input_MK.pointer, input_stride: input_MK.rowStride,
        weight: weight_NK.pointer, weight_stride: weight_NK.rowByteCount,
        output: output_MN.pointer, output_stride: output_MN.rowStride,
        bias: bias, row_count: input_MK.rows, input_count: input_MK.columns, output_count: weight_NK.rows,
        outputs_per_slice: 0, element_type: weight_NK.elementType.rawValue, accumulate: accumulate)
    let usesOpenBLAS = numerics == .fast && OpenBLAS.accepts(arguments)
    let outputsPerSlice =
        usesOpenBLAS
        ? (weight_NK.rows + pool.threadCount - 1) / pool.threadCount
        : linearSliceWidth(rows: input_MK.rows, weight: weight_NK, threadCount: pool.threadCount)
    arguments.outputs_per_slice = outputsPerSlice
    let sliceCount = (weight_NK.rows + outputsPerSlice - 1) / outputsPerSlice
    pool.run(sliceCount: sliceCount, &arguments, usesOpenBLAS ? OpenBLAS.linearSlice : pool.kernels.table.linear)
}

/// How many outputs a slice covers. Any number gives the same bits; a good one keeps the slice's weights in L2,
/// leaves every thread several slices to take, and makes each worth the hand-over.
private func linearSliceWidth(rows: Int, weight: Matrix, threadCount: Int) -> Int {
    let sliceBytes = 256 << 10
    let slicesPerThread = 8
    let leastProducts = 32 << 10
    let cached = sliceBytes / max(weight.rowByteCount, 1)
    let shared = threadCount == 1 ? weight.rows : weight.rows / (threadCount * slicesPerThread)
    let worthwhile = leastProducts / max(rows * weight.columns, 1)
    // Whole groups of 16 outputs: a cache line of results, and whole tiles.
    return (max(min(cached, shared), worthwhile, 1) + 15) / 16 * 16
}
