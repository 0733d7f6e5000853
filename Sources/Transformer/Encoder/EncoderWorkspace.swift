// EncoderWorkspace.swift — every activation of an encoder's pass, allocated once.
// Transformer › Encoder.

import Kernels

/// Buffers for up to `maxRows` rows, and the keys and values of one layer: an encoder keeps none for later.
final class EncoderWorkspace {
    /// The smallest block, so that short texts waste little.
    static let tokensPerBlock = 16

    let maxRows: Int
    let blockCount: Int
    let hidden_TD: AlignedBuffer<Float>
    let query_TD: AlignedBuffer<Float>
    let key_TD: AlignedBuffer<Float>
    let value_TD: AlignedBuffer<Float>
    let context_TD: AlignedBuffer<Float>
    let inner_TF: AlignedBuffer<Float>
    private let keys: AlignedBuffer<Float>
    private let values: AlignedBuffer<Float>
    private let configuration: EncoderConfiguration

    init(_ configuration: EncoderConfiguration, maxRows: Int) throws(AllocationError) {
        self.configuration = configuration
        self.maxRows = maxRows
        // Twice what full blocks would need: room for many texts that fill theirs only by half.
        blockCount = 2 * (maxRows / Self.tokensPerBlock + 1)
        let (D, F) = (configuration.modelWidth, configuration.feedForwardWidth)
        hidden_TD = try AlignedBuffer(count: maxRows * D)
        query_TD = try AlignedBuffer(count: maxRows * D)
        key_TD = try AlignedBuffer(count: maxRows * D)
        value_TD = try AlignedBuffer(count: maxRows * D)
        context_TD = try AlignedBuffer(count: maxRows * D)
        inner_TF = try AlignedBuffer(count: maxRows * F)
        keys = try AlignedBuffer(count: blockCount * Self.tokensPerBlock * D)
        values = try AlignedBuffer(count: blockCount * Self.tokensPerBlock * D)
    }

    /// In f32: nothing is rounded on the way.
    var layer: KVLayer {
        KVLayer(
            keys: UnsafeMutableRawPointer(keys.baseAddress), values: UnsafeMutableRawPointer(values.baseAddress),
            elementType: .f32, blockCount: blockCount, tokensPerBlock: Self.tokensPerBlock,
            headCount: configuration.headCount, headWidth: configuration.headWidth)
    }

    func view(_ buffer: borrowing AlignedBuffer<Float>, _ rows: Int, _ columns: Int) -> MutableMatrixView {
        precondition(rows * columns <= buffer.count)
        return MutableMatrixView(buffer.baseAddress, rows: rows, columns: columns)
    }
}
