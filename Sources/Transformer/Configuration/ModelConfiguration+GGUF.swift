// ModelConfiguration+GGUF.swift — reads GGUF metadata.
// Transformer › Configuration.  Keys: the GGUF specification's `[llm]` section, for the llama architecture.

package import Checkpoint
import Kernels

extension ModelConfiguration {
    /// - Throws: `ModelError`, or `CheckpointError` for a value of the wrong type.
    package init(gguf file: GGUFFile) throws {
        let metadata = file.metadata
        let source = file.path
        let family = try metadata.string("general.architecture")
        guard family == "llama" else {
            throw ModelError.unsupported(
                key: "general.architecture", value: family, supported: "llama", source: source)
        }
        let scaling = try metadata.string("llama.rope.scaling.type", default: "none")
        guard scaling == "none" else {
            throw ModelError.unsupported(
                key: "llama.rope.scaling.type", value: scaling, supported: "none", source: source)
        }
        guard let vocabularySize = file.shape(of: "model.embed_tokens.weight")?.first else {
            throw ModelError.missing(key: "token_embd.weight", source: source)
        }

        self.family = family
        self.vocabularySize = vocabularySize
        modelWidth = try metadata.integer("llama.embedding_length")
        feedForwardWidth = try metadata.integer("llama.feed_forward_length")
        layerCount = try metadata.integer("llama.block_count")
        queryHeadCount = try metadata.integer("llama.attention.head_count")
        keyValueHeadCount = try metadata.integer("llama.attention.head_count_kv", default: queryHeadCount)
        guard queryHeadCount > 0 else {
            throw ModelError.invalid(key: "llama.attention.head_count", problem: "is \(queryHeadCount)", source: source)
        }
        headWidth = try metadata.integer("llama.attention.key_length", default: modelWidth / queryHeadCount)
        maxPositionCount = try metadata.integer("llama.context_length")
        normEpsilon = try metadata.float("llama.attention.layer_norm_rms_epsilon")
        rotaryBase = Double(try metadata.float("llama.rope.freq_base", default: 10_000))
        // llama.cpp's converter reorders the rows of q and k so that pairs stand side by side.
        rotaryLayout = .adjacentPairs
        tiesEmbeddings = file.shape(of: "lm_head.weight") == nil
        try validate(source: source)

        for key in ["llama.attention.value_length", "llama.rope.dimension_count"] {
            let width = try metadata.integer(key, default: headWidth)
            guard width == headWidth else {
                throw ModelError.unsupported(
                    key: key, value: "\(width)", supported: "the head width, \(headWidth)", source: source)
            }
        }
    }
}
