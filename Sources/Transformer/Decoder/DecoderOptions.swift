// DecoderOptions.swift — how much room a decoder gets.
// Transformer › Decoder.

package import Kernels

/// Sizes of cache and batch, and how sums may be taken.
package struct DecoderOptions: Sendable {
    package var cacheType: CacheType = .f16
    package var blockCount: Int
    package var tokensPerBlock = 16
    /// Longest sequence.
    package var maxModelLength: Int
    /// Rows of one forward pass.
    package var maxRows = 512
    /// Rows of one forward pass whose logits are wanted.
    package var maxLogitRows = 64
    /// States behind prompts that are remembered: `modelWidth` numbers each.
    package var stateSlotCount = 0
    package var numerics = Numerics.reproducible
    /// Weights are copied into panels, and Q8_0 and Q4_0 multiplied as integers with activations rounded to 8 bits.
    /// Without, all are multiplied in f32 where they lie in the file: slower, and what the weights mean to the bit.
    package var packsWeights = true
    /// From how many bytes of files on the panels are kept beside the model, for the next start; nil never.
    package var panelCacheThreshold: Int?

    package init(blockCount: Int, maxModelLength: Int) {
        self.blockCount = blockCount
        self.maxModelLength = maxModelLength
    }
}
