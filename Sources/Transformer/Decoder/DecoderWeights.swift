// DecoderWeights.swift — every weight of a Llama-shaped decoder, under the names checkpoints use.
// Transformer › Decoder.

import Checkpoint
import Kernels

/// One layer's weights, and what it sees. Shapes are [outputs, inputs].
struct DecoderLayer {
    let attentionNorm_D: VectorWeight
    let query: Projection  // [H·K, D]
    let key: Projection  // [G·K, D]
    let value: Projection  // [G·K, D]
    /// Gains of the norm of each head; nil in families without it.
    let queryNorm_K: VectorWeight?
    let keyNorm_K: VectorWeight?
    let output: Projection  // [D, H·K]
    /// Of what attention gives, before it is added; nil in families without it.
    let attentionOutputNorm_D: VectorWeight?
    let feedForwardNorm_D: VectorWeight
    let gate: Projection  // [F, D]
    let up: Projection  // [F, D]
    let down: Projection  // [D, F]
    let feedForwardOutputNorm_D: VectorWeight?
    /// Positions that a row sees, its own included; nil for all.
    let slidingWindow: Int?

    var projections: [Projection] { [query, key, value, output, gate, up, down] }
}

struct DecoderWeights {
    let embedding_VD: Matrix
    let layers: [DecoderLayer]
    let finalNorm_D: VectorWeight
    /// [V, D]; the embedding itself when they are tied.
    let head: Projection
    /// Tensors of the file that this model does not use.
    let unusedNames: [String]

    /// Every matrix that a step multiplies with, once each.
    var products: [Weight] { (layers.flatMap(\.projections) + [head]).map(\.weight) }

    /// The head multiplies with the embedding as it is stored.
    var sharesHead: Bool {
        guard case .stored(let matrix) = head.weight else { return false }
        return matrix.pointer == embedding_VD.pointer
    }

    /// Takes every weight by name and shape, and packs those whose type has panels.
    /// - Throws: `CheckpointError` naming the tensor that is missing or has another shape.
    init(
        _ configuration: ModelConfiguration, from source: any TensorSource, packing: Packing?, pool: ThreadPool
    ) throws {
        var reader = WeightReader(source)
        let traits = configuration.traits
        func matrix(_ name: String, _ rows: Int, _ columns: Int) throws -> Matrix {
            let record = try reader.take(name, shape: [rows, columns])
            return Matrix(
                record.elementType, rows: rows, columns: columns, pointer: record.bytes.baseAddress!,
                owner: record.owner)
        }
        func vector(_ name: String, _ count: Int) throws -> VectorWeight {
            try VectorWeight(reader.take(name, shape: [count]), pool: pool)
        }
        func gains(_ name: String, _ count: Int) throws -> VectorWeight {
            try VectorWeight(
                reader.take(name + ".weight", shape: [count]), offset: traits.gainsAreOffsets ? 1 : 0, pool: pool)
        }
        func projection(_ name: String, _ rows: Int, _ columns: Int, bias: Bool) throws -> Projection {
            Projection(
                weight: try Weight(matrix(name + ".weight", rows, columns), packing, pool: pool),
                bias: bias ? try vector(name + ".bias", rows) : nil)
        }
        func products(
            _ folder: String, _ names: [String], _ rows: [Int], columns: Int, bias: Bool, stacked: String
        ) throws -> [Projection] {
            guard traits.stackedProducts else {
                return try zip(names, rows).map { try projection(folder + $0, $1, columns, bias: bias) }
            }
            return try reader.takeStacked(folder + stacked + ".weight", rows: rows, columns: columns).map {
                Projection(weight: try Weight($0, packing, pool: pool), bias: nil)
            }
        }
        let (V, D, F) = (configuration.vocabularySize, configuration.modelWidth, configuration.feedForwardWidth)
        let (K, HK, GK) = (configuration.headWidth, configuration.queryWidth, configuration.keyValueWidth)

        let (embeddingName, headName) = ("model.embed_tokens.weight", "lm_head.weight")
        // Some folders store a tied pair once, under the name of the head.
        let isUnderHead = configuration.tiesEmbeddings && source.shape(of: embeddingName) == nil
        let embedding = try matrix(isUnderHead ? headName : embeddingName, V, D)
        layers = try (0..<configuration.layerCount).map { index in
            let layer = "model.layers.\(index)."
            let (attention, feedForward) = (layer + "self_attn.", layer + "mlp.")
            let queryKeyValue = try products(
                attention, ["q_proj", "k_proj", "v_proj"], [HK, GK, GK], columns: D, bias: traits.queryKeyValueBias,
                stacked: "qkv_proj")
            let gateUp = try products(
                feedForward, ["gate_proj", "up_proj"], [F, F], columns: D, bias: traits.feedForwardBias,
                stacked: "gate_up_proj")
            return DecoderLayer(
                attentionNorm_D: try gains(layer + "input_layernorm", D),
                query: queryKeyValue[0],
                key: queryKeyValue[1],
                value: queryKeyValue[2],
                queryNorm_K: traits.queryKeyNorm ? try gains(attention + "q_norm", K) : nil,
                keyNorm_K: traits.queryKeyNorm ? try gains(attention + "k_norm", K) : nil,
                output: try projection(attention + "o_proj", D, HK, bias: traits.outputBias),
                // What comes after attention is also what comes before the feed-forward network, if there is one norm.
                attentionOutputNorm_D: traits.outputNorms ? try gains(layer + "post_attention_layernorm", D) : nil,
                feedForwardNorm_D: try gains(
                    layer + (traits.outputNorms ? "pre_feedforward_layernorm" : "post_attention_layernorm"), D),
                gate: gateUp[0],
                up: gateUp[1],
                down: try projection(feedForward + "down_proj", D, F, bias: traits.feedForwardBias),
                feedForwardOutputNorm_D: traits.outputNorms ? try gains(layer + "post_feedforward_layernorm", D) : nil,
                slidingWindow: configuration.slidingWindows_L[index])
        }
        finalNorm_D = try gains("model.norm", D)
        embedding_VD = embedding
        // A tied model may still store the head; it is then reported as unused.
        let headMatrix = configuration.tiesEmbeddings ? embedding : try matrix(headName, V, D)
        head = Projection(weight: try Weight(headMatrix, packing, pool: pool), bias: nil)
        // Read with the configuration.
        if configuration.rotaryScaling != .none { RotaryScaling.tensors.forEach { reader.skip($0) } }
        unusedNames = reader.finish()
    }
}
