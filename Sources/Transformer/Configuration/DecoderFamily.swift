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
    }

    /// config.json's `model_type`, GGUF's `general.architecture`.
    package let name: String
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
    /// How llama.cpp's converter leaves the rows of q and k; Hugging Face's folders always rotate halves.
    var ggufRotaryLayout = RotaryLayout.halves

    /// Llama 1 to 3, and the many models with its code and other numbers: SmolLM, SmolLM2, TinyLlama.
    /// Touvron et al. 2023, arXiv:2302.13971; Grattafiori et al. 2024, arXiv:2407.21783.
    static let llama = DecoderFamily(
        name: "llama", attentionBias: .asConfigured, feedForwardBias: .asConfigured, ggufRotaryLayout: .adjacentPairs)
    /// Jiang et al. 2023, arXiv:2310.06825. GGUF has it as `llama`, without the window.
    static let mistral = DecoderFamily(name: "mistral", slidingWindow: .everyLayer)
    /// Qwen 2 and 2.5. Yang et al. 2024, arXiv:2407.10671.
    static let qwen2 = DecoderFamily(name: "qwen2", attentionBias: .queryKeyValue, slidingWindow: .someLayers)
    /// Yang et al. 2025, arXiv:2505.09388.
    static let qwen3 = DecoderFamily(
        name: "qwen3", attentionBias: .asConfigured, queryKeyNorm: true, slidingWindow: .someLayers)

    /// Phi-3, Phi-3.5 and Phi-4. Abdin et al. 2024, arXiv:2404.14219.
    static let phi3 = DecoderFamily(
        name: "phi3", stackedProducts: true, partialRotation: true, slidingWindow: .everyLayer, defaultWindow: nil,
        ggufHasWindow: true)

    package static let registered: [DecoderFamily] = [llama, mistral, qwen2, qwen3, phi3]

    /// - Throws: `ModelError.unsupported`, listing the families, for a name that is not registered.
    static func named(_ name: String, key: String, source: String) throws(ModelError) -> DecoderFamily {
        if let family = registered.first(where: { $0.name == name }) { return family }
        throw .unsupported(
            key: key, value: name, supported: registered.map(\.name).joined(separator: ", "), source: source)
    }

    /// The traits of one model. Each argument: what its file says of a part that is `asConfigured`.
    func traits(attentionBias attention: Bool, outputBias output: Bool, feedForwardBias feedForward: Bool)
        -> DecoderTraits
    {
        var traits = DecoderTraits()
        traits.queryKeyNorm = queryKeyNorm
        traits.stackedProducts = stackedProducts
        traits.feedForwardBias = feedForwardBias == .asConfigured && feedForward
        switch attentionBias {
        case .never: break
        case .asConfigured: (traits.queryKeyValueBias, traits.outputBias) = (attention, output)
        case .queryKeyValue: traits.queryKeyValueBias = true
        }
        return traits
    }
}
