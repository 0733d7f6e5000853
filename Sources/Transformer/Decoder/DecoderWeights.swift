// DecoderWeights.swift — every weight of a Llama-shaped decoder, under the names checkpoints use.
// Transformer › Decoder.

import Base
import Checkpoint
import Kernels

/// One layer's weights. Matrices are [outputs, inputs] and stay in the mapped file, as stored.
struct DecoderLayer {
    let attentionNorm_D: NormWeight
    let query: Matrix  // [H·K, D]
    let key: Matrix  // [G·K, D]
    let value: Matrix  // [G·K, D]
    let output: Matrix  // [D, H·K]
    let feedForwardNorm_D: NormWeight
    let gate: Matrix  // [F, D]
    let up: Matrix  // [F, D]
    let down: Matrix  // [D, F]
}

struct DecoderWeights {
    let embedding_VD: Matrix
    let layers: [DecoderLayer]
    let finalNorm_D: NormWeight
    /// [V, D]; the embedding itself when they are tied.
    let head: Matrix
    /// Tensors of the file that this model does not use.
    let unusedNames: [String]

    /// Every matrix that a step multiplies with, once each.
    var products: [Matrix] {
        layers.flatMap { [$0.query, $0.key, $0.value, $0.output, $0.gate, $0.up, $0.down] } + [head]
    }

    /// Takes every weight by name and shape.
    /// - Throws: `CheckpointError` naming the tensor that is missing or has another shape.
    init(_ configuration: ModelConfiguration, from source: any TensorSource, pool: ThreadPool) throws {
        var reader = WeightReader(source)
        func matrix(_ name: String, _ rows: Int, _ columns: Int) throws -> Matrix {
            let record = try reader.take(name, shape: [rows, columns])
            return Matrix(
                record.elementType, rows: rows, columns: columns, pointer: record.bytes.baseAddress!,
                owner: record.owner)
        }
        func norm(_ name: String) throws -> NormWeight {
            try NormWeight(reader.take(name, shape: [configuration.modelWidth]), pool: pool)
        }
        let (D, F) = (configuration.modelWidth, configuration.feedForwardWidth)
        let (HK, GK) = (configuration.queryWidth, configuration.keyValueWidth)

        let embedding = try matrix("model.embed_tokens.weight", configuration.vocabularySize, D)
        layers = try (0..<configuration.layerCount).map { index in
            let prefix = "model.layers.\(index)."
            return DecoderLayer(
                attentionNorm_D: try norm(prefix + "input_layernorm.weight"),
                query: try matrix(prefix + "self_attn.q_proj.weight", HK, D),
                key: try matrix(prefix + "self_attn.k_proj.weight", GK, D),
                value: try matrix(prefix + "self_attn.v_proj.weight", GK, D),
                output: try matrix(prefix + "self_attn.o_proj.weight", D, HK),
                feedForwardNorm_D: try norm(prefix + "post_attention_layernorm.weight"),
                gate: try matrix(prefix + "mlp.gate_proj.weight", F, D),
                up: try matrix(prefix + "mlp.up_proj.weight", F, D),
                down: try matrix(prefix + "mlp.down_proj.weight", D, F))
        }
        finalNorm_D = try norm("model.norm.weight")
        embedding_VD = embedding
        // A tied model may still store the head; it is then reported as unused.
        head = configuration.tiesEmbeddings ? embedding : try matrix("lm_head.weight", configuration.vocabularySize, D)
        unusedNames = reader.finish()
    }
}

/// A norm's gains as f32, whatever they are stored as.
final class NormWeight {
    private let buffer: AlignedBuffer<Float>

    init(_ record: TensorRecord, pool: ThreadPool) throws(AllocationError) {
        let count = record.shape[0]
        buffer = try AlignedBuffer(count: count)
        let matrix = Matrix(
            record.elementType, rows: 1, columns: count, pointer: record.bytes.baseAddress!, owner: record.owner)
        var onlyRow: TokenID = 0
        embed(
            &onlyRow, from: matrix, into: MutableMatrixView(buffer.baseAddress, rows: 1, columns: count), pool: pool)
    }

    var pointer: UnsafePointer<Float> { UnsafePointer(buffer.baseAddress) }
}
