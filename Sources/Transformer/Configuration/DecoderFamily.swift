// DecoderFamily.swift — the registry of model families: one row of traits each.
// Transformer › Configuration.  Sources: the families' modules in Hugging Face transformers, their papers named below.
//
// To add a family: a row here, its name in `registered`, and a tiny reference model in Tests/Fixtures/reference. Only
// a part that no row has yet needs more: a field here and in DecoderTraits, its weights in DecoderWeights, one step in
// DecoderModel.

import Kernels

/// How the models of one `model_type` differ from the plain decoder.
package struct DecoderFamily: Sendable {
    /// When products add a bias.
    enum Bias {
        case never
        /// config.json says so (`attention_bias`, `mlp_bias`); a GGUF file has the tensors.
        case asConfigured
        /// Queries, keys and values always, the output never.
        case queryKeyValue
    }

    /// Which layers see only the last positions.
    enum SlidingWindow {
        case never
        /// All of them, unless `sliding_window` is null.
        case everyLayer
        /// With `use_sliding_window`: those that `layer_types` names, or those from `max_window_layers` upward.
        case someLayers
        /// Those that `layer_types` names, or all but each n-th; n may be config.json's `sliding_window_pattern`.
        case allButEach(Int)
    }

    /// Bounds that scores and logits are bent to (`attn_logit_softcapping`, `final_logit_softcapping`); nil: none.
    struct SoftCaps {
        var attention: Double?
        var logits: Double?
    }

    /// config.json's `model_type`.
    package let name: String
    /// GGUF's `general.architecture`, where it is another.
    var ggufName: String?
    var attentionBias = Bias.never
    var feedForwardBias = Bias.never
    var queryKeyNorm = false
    var stackedProducts = false
    /// config.json may say that only the first features of a head are rotated (`partial_rotary_factor`).
    var partialRotation = false
    var slidingWindow = SlidingWindow.never
    /// `sliding_window` where config.json does not have the key.
    var defaultWindow: Int? = 4096
    /// GGUF files of the family have the window; llama.cpp's converter drops that of the others.
    var ggufHasWindow = false
    /// What models have whose config.json is silent; nil: the family knows no such thing.
    var softCaps: SoftCaps?
    /// `query_pre_attn_scalar`: scores are divided by its root instead of the head width's; nil as above.
    var queryScalar: Double?
    /// GGUF does not have that number. llama.cpp knows the model that takes D/H by this count of layers.
    var ggufMeanScaleLayers: Int?
    /// `rope_theta` where config.json does not have the key.
    var defaultRotaryBase = 10_000.0
    /// Layers with a window turn with a base of their own, unscaled.
    var windowRotaryBase: Double?
    /// `tie_word_embeddings` where config.json does not have the key.
    var tiesEmbeddings = false
    /// Parts of DecoderTraits, which says what they are.
    var activation = DecoderTraits.Activation.silu
    var scaledEmbedding = false
    var outputNorms = false
    /// Folders have a norm's gains less 1; GGUF has them whole.
    var gainsAreOffsets = false
    /// How llama.cpp's converter leaves the rows of q and k; Hugging Face's folders always rotate halves.
    var ggufRotaryLayout = RotaryLayout.halves

    /// Llama 1 to 3, and the many models with its code and other numbers: SmolLM, SmolLM2, TinyLlama.
    /// Touvron et al. 2023, arXiv:2302.13971; Grattafiori et al. 2024, arXiv:2407.21783.
    static let llama = DecoderFamily(
        name: "llama", attentionBias: .asConfigured, feedForwardBias: .asConfigured, ggufRotaryLayout: .adjacentPairs)
    /// Jiang et al. 2023, arXiv:2310.06825. GGUF has it without the window.
    static let mistral = DecoderFamily(name: "mistral", ggufName: "llama", slidingWindow: .everyLayer)
    /// Qwen 2 and 2.5. Yang et al. 2024, arXiv:2407.10671.
    static let qwen2 = DecoderFamily(name: "qwen2", attentionBias: .queryKeyValue, slidingWindow: .someLayers)
    /// Yang et al. 2025, arXiv:2505.09388.
    static let qwen3 = DecoderFamily(
        name: "qwen3", attentionBias: .asConfigured, queryKeyNorm: true, slidingWindow: .someLayers)

    /// Phi-3, Phi-3.5 and Phi-4. Abdin et al. 2024, arXiv:2404.14219.
    static let phi3 = DecoderFamily(
        name: "phi3", stackedProducts: true, partialRotation: true, slidingWindow: .everyLayer, defaultWindow: nil,
        ggufHasWindow: true)

    /// Gemma 1. Gemma Team 2024, arXiv:2403.08295.
    static let gemma = DecoderFamily(
        name: "gemma", attentionBias: .asConfigured, tiesEmbeddings: true, activation: .gelu, scaledEmbedding: true,
        gainsAreOffsets: true)
    /// Every other layer has a window. Gemma Team 2024, arXiv:2408.00118.
    static let gemma2 = DecoderFamily(
        name: "gemma2", attentionBias: .asConfigured, slidingWindow: .allButEach(2), ggufHasWindow: true,
        softCaps: SoftCaps(attention: 50, logits: 30), queryScalar: 256, ggufMeanScaleLayers: 46, tiesEmbeddings: true,
        activation: .gelu, scaledEmbedding: true, outputNorms: true, gainsAreOffsets: true)
    /// The text models. Gemma Team 2025, arXiv:2503.19786.
    static let gemma3 = DecoderFamily(
        name: "gemma3_text", ggufName: "gemma3", attentionBias: .asConfigured, queryKeyNorm: true,
        slidingWindow: .allButEach(6), ggufHasWindow: true, softCaps: SoftCaps(), queryScalar: 256,
        ggufMeanScaleLayers: 62, defaultRotaryBase: 1_000_000, windowRotaryBase: 10_000, tiesEmbeddings: true,
        activation: .gelu, scaledEmbedding: true, outputNorms: true, gainsAreOffsets: true)

    package static let registered: [DecoderFamily] = [
        llama, mistral, qwen2, qwen3, phi3, gemma, gemma2, gemma3,
    ]

    var architecture: String { ggufName ?? name }

    /// - Throws: `ModelError.unsupported`, listing the families, for a `model_type` that is not registered.
    static func huggingFace(_ type: String, source: String) throws(ModelError) -> DecoderFamily {
        if let family = registered.first(where: { $0.name == type }) { return family }
        throw .unsupported(
            key: "model_type", value: type, supported: registered.map(\.name).joined(separator: ", "), source: source)
    }

    /// - Throws: the same for a `general.architecture`.
    static func gguf(_ architecture: String, source: String) throws(ModelError) -> DecoderFamily {
        if let family = registered.first(where: { $0.architecture == architecture }) { return family }
        let names = registered.map(\.architecture).reduce(into: [String]()) { if !$0.contains($1) { $0.append($1) } }
        throw .unsupported(
            key: "general.architecture", value: architecture, supported: names.joined(separator: ", "), source: source)
    }

    /// The traits of one model. Each argument: what its file says of a part that is `asConfigured`.
    func traits(attentionBias attention: Bool, outputBias output: Bool, feedForwardBias feedForward: Bool)
        -> DecoderTraits
    {
        var traits = DecoderTraits()
        traits.queryKeyNorm = queryKeyNorm
        traits.stackedProducts = stackedProducts
        traits.activation = activation
        traits.scaledEmbedding = scaledEmbedding
        traits.outputNorms = outputNorms
        traits.feedForwardBias = feedForwardBias == .asConfigured && feedForward
        switch attentionBias {
        case .never: break
        case .asConfigured: (traits.queryKeyValueBias, traits.outputBias) = (attention, output)
        case .queryKeyValue: traits.queryKeyValueBias = true
        }
        return traits
    }
}
