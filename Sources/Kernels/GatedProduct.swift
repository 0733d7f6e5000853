// GatedProduct.swift — gate and up in one job, which leaves the rounded input of the product that follows.
// Kernels.  Shazeer 2020, arXiv:2002.05202.  Written out, the two products of 512 rows and 1,536 outputs are 6 MB,
// which no L2 holds. So they are made 48 rows × 32 outputs at a time, and gated and rounded where they are.

internal import CKernels

/// What a gate does to its product before it multiplies the other.
package enum GateActivation: Sendable {
    /// x · sigmoid(x).
    case silu
    /// By its tanh formula.
    case gelu
}

/// `output = round(activation(input · gateᵀ) ⊙ (input · upᵀ))`, rounded for a product with weights of type `next`.
///
/// The bits are those of `linear`, then `siluMultiply` or `geluMultiply`, then `RoundedRows.round`.
/// - Parameters:
///   - gateBias, upBias: `[N]`, or nil.
///   - output: other rows than `input`.
/// - Precondition: both matrices are N × K of the integer type that the rows were rounded for; N is a multiple of 32.
/// - Complexity: O(M·N·K); reads the weights once, allocates nothing.
package func gatedLinear(
    _ input: RoundedRows, gate gate_NK: PackedMatrix, gateBias: UnsafePointer<Float>? = nil, up up_NK: PackedMatrix,
    upBias: UnsafePointer<Float>? = nil, activation: GateActivation, into output: RoundedRows, for next: ElementType,
    pool: ThreadPool
) {
    precondition(
        gate_NK.elementType == input.elementType && up_NK.elementType == input.elementType
            && gate_NK.columns == input.columns && up_NK.columns == input.columns && gate_NK.rows == up_NK.rows,
        "gate \(gate_NK.rows)×\(gate_NK.columns) and up \(up_NK.rows)×\(up_NK.columns) of \(input.columns) inputs")
    precondition(input.elementType.hasIntegerPanels && next.hasIntegerPanels, "no gate between float products")
    precondition(input !== output, "the product would overwrite its input")
    let blocks = output.prepare(rows: input.rows, columns: gate_NK.rows, for: next)
    guard input.rows > 0 else { return }
    let panelsPerSlice = panelSliceWidth(
        gate_NK.panelCount, rows: 2 * input.rows, columns: input.columns, pool: pool)
    let sliceCount = (gate_NK.panelCount + panelsPerSlice - 1) / panelsPerSlice
    func part(_ weight: PackedMatrix, _ bias: UnsafePointer<Float>?) -> ck_panel_part {
        ck_panel_part(
            panels: weight.panels, output: nil, output_stride: 0, bias: bias, output_count: weight.rows,
            slice_count: sliceCount, accumulate: false)
    }
    withUnsafeBytes(of: (part(gate_NK, gateBias), part(up_NK, upBias))) { parts in
        var job = ck_gated(
            product: ck_panels(
                input: input.pointer, input_stride: 0, row_count: input.rows,
                input_count: input.columns, panels_per_slice: panelsPerSlice, thread_count: pool.threadCount,
                element_type: input.elementType.rawValue,
                part: parts.assumingMemoryBound(to: ck_panel_part.self).baseAddress!),
            output: blocks.assumingMemoryBound(to: ck_block.self), output_type: next.rawValue, gelu: activation == .gelu
        )
        pool.run(sliceCount: sliceCount, &job, pool.kernels.table.gated)
    }
}
