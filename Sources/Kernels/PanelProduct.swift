// PanelProduct.swift — the product of activations and packed weights, up to three matrices in one job.
// Kernels.  The rule of Linear.swift holds: a row's sums are always taken in one order. With integer weights the sum of
// a block of 32 is exact, and the blocks are added upward in f32; with float weights the products are, or, of numbers in
// bf16, the sums of 32 of them.

internal import CKernels

/// One matrix of a job, and where its outputs go.
package struct PanelPart {
    let weight: PackedMatrix
    let output_MN: MutableMatrixView
    let bias: UnsafePointer<Float>?
    let accumulates: Bool

    /// `output[M, N] = input · weight[N, K]ᵀ`, then `+ bias[N]`, then `+` the old value if `accumulates`.
    package init(
        _ weight: PackedMatrix, into output_MN: MutableMatrixView, bias: UnsafePointer<Float>? = nil,
        accumulates: Bool = false
    ) {
        self.weight = weight
        self.output_MN = output_MN
        self.bias = bias
        self.accumulates = accumulates
    }

    /// The weights' type: what the input must have been rounded for.
    package var elementType: ElementType { weight.elementType }

    var panelCount: Int { weight.panelCount }
}

/// Computes one to three products of the same rows: a layer's queries, keys and values are one job for the pool.
///
/// - Precondition: the rows were rounded for the weights' type; the shapes fit.
/// - Complexity: O(M·N·K); reads the weights once, allocates nothing.
package func linear(
    _ input: RoundedRows, _ first: PanelPart, _ second: PanelPart? = nil, _ third: PanelPart? = nil, pool: ThreadPool
) {
    let rows = PanelInput(
        pointer: input.pointer, stride: 0, rows: input.rows, columns: input.columns, elementType: input.elementType)
    let table = pool.kernels.table
    let product = input.elementType.hasIntegerPanels ? table.panels : table.bf16_panels
    linear(product, rows, first, second, third, pool: pool)
}

/// The same with f32 rows, for weights of the float types.
///
/// - Precondition: the weights have one float type; the shapes fit; output and input do not overlap.
package func linear(
    _ input_MK: MatrixView, _ first: PanelPart, _ second: PanelPart? = nil, _ third: PanelPart? = nil,
    pool: ThreadPool
) {
    precondition(!first.elementType.hasIntegerPanels, "\(first.elementType) takes rounded rows")
    let rows = PanelInput(
        pointer: UnsafeRawPointer(input_MK.pointer), stride: input_MK.rowStride, rows: input_MK.rows,
        columns: input_MK.columns, elementType: first.elementType)
    linear(pool.kernels.table.panels, rows, first, second, third, pool: pool)
}

/// Rows in either form, and the weights they are for.
private struct PanelInput {
    let pointer: UnsafeRawPointer
    let stride: Int
    let rows: Int
    let columns: Int
    let elementType: ElementType
}

private func linear(
    _ product: ThreadPool.SliceFunction?, _ input: PanelInput, _ first: PanelPart, _ second: PanelPart?,
    _ third: PanelPart?, pool: ThreadPool
) {
    precondition(third == nil || second != nil, "a third product without a second")
    guard input.rows > 0 else { return }
    let panelCount = first.panelCount + (second?.panelCount ?? 0) + (third?.panelCount ?? 0)
    let panelsPerSlice = panelSliceWidth(panelCount, rows: input.rows, columns: input.columns, pool: pool)
    let parts = (
        arguments(first, input, panelsPerSlice), second.map { arguments($0, input, panelsPerSlice) } ?? ck_panel_part(),
        third.map { arguments($0, input, panelsPerSlice) } ?? ck_panel_part()
    )
    withUnsafeBytes(of: parts) { parts in
        let part = parts.assumingMemoryBound(to: ck_panel_part.self).baseAddress!
        var job = ck_panels(
            input: input.pointer, input_stride: input.stride, row_count: input.rows, input_count: input.columns,
            panels_per_slice: panelsPerSlice, thread_count: pool.threadCount,
            element_type: input.elementType.rawValue, part: part)
        let sliceCount = part[0].slice_count + part[1].slice_count + part[2].slice_count
        pool.run(sliceCount: sliceCount, &job, product!)
    }
}

private func arguments(_ part: PanelPart, _ input: PanelInput, _ panelsPerSlice: Int) -> ck_panel_part {
    precondition(
        part.weight.columns == input.columns && part.weight.elementType == input.elementType
            && part.output_MN.columns == part.weight.rows && part.output_MN.rows == input.rows,
        "product of \(input.rows)×\(input.columns) with \(part.weight.rows)×\(part.weight.columns)"
            + " does not give \(part.output_MN.rows)×\(part.output_MN.columns)")
    return ck_panel_part(
        panels: part.weight.panels, output: part.output_MN.pointer, output_stride: part.output_MN.rowStride,
        bias: part.bias, output_count: part.weight.rows,
        slice_count: (part.panelCount + panelsPerSlice - 1) / panelsPerSlice, accumulate: part.accumulates)
}

/// How many panels a slice covers. Any number gives the same bits; a good one leaves every thread several slices to
/// take, and makes each worth the hand-over. Even, as the kernels take two panels at a time.
func panelSliceWidth(_ panelCount: Int, rows: Int, columns: Int, pool: ThreadPool) -> Int {
    let slicesPerThread = 8
    let leastProducts = 64 << 10
    if pool.threadCount == 1 { return panelCount }
    let shared = panelCount / (pool.threadCount * slicesPerThread)
    let worthwhile = leastProducts / max(rows * columns * PackedMatrix.panelRows, 1)
    return (max(shared, worthwhile, 1) + 1) / 2 * 2
}
