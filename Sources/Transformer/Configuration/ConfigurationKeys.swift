// ConfigurationKeys.swift — what files call a model's numbers, for reading, writing and complaining.
// Transformer › Configuration.  Names: transformers' configurations; the GGUF specification's `[llm]` section.

/// One name for each number that both kinds of file have.
struct ConfigurationKeys {
    var vocabularySize, modelWidth, feedForwardWidth, layerCount, queryHeadCount, keyValueHeadCount: String
    var headWidth, valueWidth, rotaryWidth, maxPositionCount, normEpsilon, rotaryBase, rotaryScaling: String
    var slidingWindow, queryScalar, attentionSoftCap, logitSoftCap, windowRotaryBase: String

    static let huggingFace = ConfigurationKeys(
        vocabularySize: "vocab_size", modelWidth: "hidden_size", feedForwardWidth: "intermediate_size",
        layerCount: "num_hidden_layers", queryHeadCount: "num_attention_heads",
        keyValueHeadCount: "num_key_value_heads", headWidth: "head_dim", valueWidth: "v_head_dim",
        rotaryWidth: "partial_rotary_factor",
        maxPositionCount: "max_position_embeddings", normEpsilon: "rms_norm_eps", rotaryBase: "rope_theta",
        rotaryScaling: "rope_scaling", slidingWindow: "sliding_window",
        queryScalar: "query_pre_attn_scalar", attentionSoftCap: "attn_logit_softcapping",
        logitSoftCap: "final_logit_softcapping", windowRotaryBase: "rope_local_base_freq")

    /// GGUF puts the architecture's name before each.
    static func gguf(_ architecture: String) -> ConfigurationKeys {
        func key(_ name: String) -> String { architecture + "." + name }
        return ConfigurationKeys(
            vocabularySize: key("vocab_size"), modelWidth: key("embedding_length"),
            feedForwardWidth: key("feed_forward_length"), layerCount: key("block_count"),
            queryHeadCount: key("attention.head_count"), keyValueHeadCount: key("attention.head_count_kv"),
            headWidth: key("attention.key_length"), valueWidth: key("attention.value_length"),
            rotaryWidth: key("rope.dimension_count"),
            maxPositionCount: key("context_length"), normEpsilon: key("attention.layer_norm_rms_epsilon"),
            rotaryBase: key("rope.freq_base"), rotaryScaling: key("rope.scaling"),
            slidingWindow: key("attention.sliding_window"), queryScalar: key("attention.scale"),
            attentionSoftCap: key("attn_logit_softcapping"), logitSoftCap: key("final_logit_softcapping"),
            windowRotaryBase: key("rope.freq_base_swa"))
    }
}
