// DecoderTraits.swift — what a decoder has beyond the plain Llama one.
// Transformer › Configuration.  A family's row (DecoderFamily) and a model's file together say which.

/// The parts that a decoder may have or lack. Each is weights to load and one step to compute; numbers such as widths
/// and frequencies are `ModelConfiguration`'s.
package struct DecoderTraits: Sendable, Equatable {
    /// The products that make queries, keys and values add a bias.
    package var queryKeyValueBias = false
    /// The product after attention adds a bias.
    package var outputBias = false
    /// The three products of the feed-forward network add biases.
    package var feedForwardBias = false
    /// Queries and keys pass an RMSNorm, head by head, before they are rotated.
    package var queryKeyNorm = false
    /// Files have q, k and v one below another in one tensor, and gate and up in another.
    package var stackedProducts = false

    /// Token vectors are multiplied with √D before the first layer.
    package var scaledEmbedding = false
    /// What attention and feed-forward network give passes an RMSNorm before it is added.
    package var outputNorms = false
    /// Files have gains less 1.
    package var gainsAreOffsets = false
    package var activation = Activation.silu

    /// The bend of the feed-forward network's gate.
    package enum Activation: String, Sendable {
        /// x · sigmoid(x): SwiGLU.
        case silu
        /// GeGLU, by the tanh formula.
        case gelu = "gelu_pytorch_tanh"
    }

    package init() {}
}
