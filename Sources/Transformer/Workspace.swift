// Workspace.swift — every activation of a forward pass, allocated once.
// Transformer.  The idea is llama2.c's RunState: one list of buffers, each with its shape.

import Kernels

/// Buffers for up to `maxRows` rows. T rows of this step, R rows whose logits are wanted.
final class Workspace {
    let maxRows: Int
    let maxLogitRows: Int
    let hidden_TD: AlignedBuffer<Float>
    let normed_TD: AlignedBuffer<Float>
    let query_THK: AlignedBuffer<Float>
    let key_TGK: AlignedBuffer<Float>
    let value_TGK: AlignedBuffer<Float>
    let context_THK: AlignedBuffer<Float>
    let gate_TF: AlignedBuffer<Float>
    let up_TF: AlignedBuffer<Float>
    /// What the head reads.
    let lastHidden_RD: AlignedBuffer<Float>
    /// Rows of `lastHidden_RD` that are remembered.
    let states_SD: AlignedBuffer<Float>
    /// The input of the product at hand, for packed weights.
    let rounded: RoundedRows
    /// The same of the product after a gate.
    let gated: RoundedRows
    let logits_RV: AlignedBuffer<Float>

    init(
        _ configuration: ModelConfiguration, maxRows: Int, maxLogitRows: Int, stateSlotCount: Int = 0
    ) throws(AllocationError) {
        self.maxRows = maxRows
        self.maxLogitRows = maxLogitRows
        hidden_TD = try AlignedBuffer(count: maxRows * configuration.modelWidth)
        normed_TD = try AlignedBuffer(count: maxRows * configuration.modelWidth)
        query_THK = try AlignedBuffer(count: maxRows * configuration.queryWidth)
        key_TGK = try AlignedBuffer(count: maxRows * configuration.keyValueWidth)
        value_TGK = try AlignedBuffer(count: maxRows * configuration.keyValueWidth)
        context_THK = try AlignedBuffer(count: maxRows * configuration.queryWidth)
        gate_TF = try AlignedBuffer(count: maxRows * configuration.feedForwardWidth)
        up_TF = try AlignedBuffer(count: maxRows * configuration.feedForwardWidth)
        lastHidden_RD = try AlignedBuffer(count: maxLogitRows * configuration.modelWidth)
        states_SD = try AlignedBuffer(count: stateSlotCount * configuration.modelWidth)
        rounded = try RoundedRows(
            maxRows: max(maxRows, maxLogitRows), maxColumns: Self.widestInput(configuration))
        gated = try RoundedRows(maxRows: maxRows, maxColumns: configuration.feedForwardWidth)
        logits_RV = try AlignedBuffer(count: maxLogitRows * configuration.vocabularySize)
    }

    private static func widestInput(_ configuration: ModelConfiguration) -> Int {
        max(configuration.modelWidth, configuration.queryWidth, configuration.feedForwardWidth)
    }
}
