// EncoderConfiguration.swift — the numbers that define a BERT encoder, and the reader of its config.json.
// Transformer › Encoder.  Devlin et al. 2018, arXiv:1810.04805; keys: transformers' BertConfig.

package import Base
import Kernels

/// A BERT encoder: learned positions, token types, LayerNorm after every block, GELU.
///
/// Letters as everywhere: V vocabulary, D model width, F feed-forward width, L layers, H heads, K head width.
package struct EncoderConfiguration: Sendable, Equatable {
    package var vocabularySize: Int
    package var modelWidth: Int
    package var feedForwardWidth: Int
    package var layerCount: Int
    package var headCount: Int
    /// The longest text, special tokens included: positions are a table.
    package var maxPositionCount: Int
    /// Rows of the table that tells a first text from a second.
    package var typeCount: Int
    package var normEpsilon: Float

    package var headWidth: Int { modelWidth / headCount }

    /// - Parameters:
    ///   - config: the parsed config.json.
    ///   - source: its path, for messages.
    /// - Throws: `ModelError`, naming the key that is missing, impossible or not BERT's.
    package init(huggingFace config: JSON, source: String) throws(ModelError) {
        let reader = ConfigReader(json: config, source: source)
        let type = try reader.string("model_type")
        guard type == "bert" else {
            throw .unsupported(key: "model_type", value: type, supported: "the encoder bert", source: source)
        }
        // What older and newer versions of the family vary, and this one does not compute.
        try reader.requireDefault("hidden_act", "gelu")
        try reader.requireDefault("position_embedding_type", "absolute")
        guard try !reader.boolean("is_decoder", default: false) else {
            throw .unsupported(key: "is_decoder", value: "true", supported: "false", source: source)
        }

        vocabularySize = try reader.integer("vocab_size")
        modelWidth = try reader.integer("hidden_size")
        feedForwardWidth = try reader.integer("intermediate_size")
        layerCount = try reader.integer("num_hidden_layers")
        headCount = try reader.integer("num_attention_heads")
        maxPositionCount = try reader.integer("max_position_embeddings", default: 512)
        typeCount = try reader.integer("type_vocab_size", default: 2)
        normEpsilon = Float(try reader.number("layer_norm_eps", default: 1e-12))
        try validate(source: source)
    }

    /// Bounds that no encoder of this kind comes near, so that no later product of sizes can overflow.
    private func validate(source: String) throws(ModelError) {
        func require(_ key: String, _ value: Int, _ range: ClosedRange<Int>) throws(ModelError) {
            if range.contains(value) { return }
            throw .invalid(
                key: key, problem: "is \(value), outside \(range.lowerBound)...\(range.upperBound)", source: source)
        }
        try require("vocab_size", vocabularySize, 1...4_000_000)
        try require("hidden_size", modelWidth, 1...65_536)
        try require("intermediate_size", feedForwardWidth, 1...1_048_576)
        try require("num_hidden_layers", layerCount, 1...1_024)
        try require("num_attention_heads", headCount, 1...1_024)
        try require("max_position_embeddings", maxPositionCount, 3...65_536)
        try require("type_vocab_size", typeCount, 1...64)
        guard modelWidth % headCount == 0, headWidth <= KVLayer.maximumHeadWidth else {
            throw .invalid(
                key: "num_attention_heads",
                problem: "(\(headCount)) does not cut a width of \(modelWidth) into equal heads of at most "
                    + "\(KVLayer.maximumHeadWidth)", source: source)
        }
        // Normal numbers only: a smaller one would be zero in f32 on some CPUs.
        guard normEpsilon >= Float.leastNormalMagnitude, normEpsilon < 1 else {
            throw .invalid(key: "layer_norm_eps", problem: "is \(normEpsilon), not between 0 and 1", source: source)
        }
    }
}
