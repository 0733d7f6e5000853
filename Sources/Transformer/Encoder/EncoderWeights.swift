// EncoderWeights.swift — every weight of a BERT encoder, under the names checkpoints use.
// Transformer › Encoder.

import Base
import Checkpoint
import Kernels

/// One layer's weights. Shapes are [outputs, inputs]; every product adds a bias.
struct EncoderLayer {
    let query: Projection  // [D, D]
    let key: Projection  // [D, D]
    let value: Projection  // [D, D]
    let attentionOutput: Projection  // [D, D]
    let attentionNorm: NormWeight
    let up: Projection  // [F, D]
    let down: Projection  // [D, F]
    let feedForwardNorm: NormWeight
}

/// What turns the first token's row into scores, in models that were trained to classify.
struct ClassificationHead {
    let pooler: Projection  // [D, D]
    let classifier: Projection  // [labels, D]

    var labelCount: Int { classifier.weight.shape.rows }
}

struct EncoderWeights {
    let wordEmbedding_VD: Matrix
    /// [types · positions, D]: the sum of a type's and a position's row, taken once here instead of for every token.
    let placeEmbedding: Matrix
    let embeddingNorm: NormWeight
    let layers: [EncoderLayer]
    /// nil in a model that only embeds.
    let head: ClassificationHead?
    let precision: EncoderPrecision
    /// Tensors of the file that this model does not use.
    let unusedNames: [String]

    /// Takes every weight by name and shape.
    /// - Throws: `CheckpointError` naming the tensor that is missing or has another shape; `AllocationError`.
    init(
        _ configuration: EncoderConfiguration, from source: any TensorSource, precision: EncoderPrecision,
        pool: ThreadPool
    ) throws {
        self.precision = precision
        var parts = EncoderParts(source, configuration, precision, pool: pool)
        let (V, D) = (configuration.vocabularySize, configuration.modelWidth)
        // A model with a head stores its encoder under a name of its own.
        let isNested = source.shape(of: "bert." + Self.wordEmbedding) != nil
        let root = isNested ? "bert." : ""

        wordEmbedding_VD = Matrix(try parts.reader.take(root + Self.wordEmbedding, shape: [V, D]))
        placeEmbedding = try Self.places(
            positions: Matrix(
                parts.reader.take(
                    root + "embeddings.position_embeddings.weight", shape: [configuration.maxPositionCount, D])),
            types: Matrix(
                parts.reader.take(
                    root + "embeddings.token_type_embeddings.weight", shape: [configuration.typeCount, D])),
            pool: pool)
        embeddingNorm = try parts.norm(root + "embeddings.LayerNorm")
        layers = try (0..<configuration.layerCount).map { try parts.layer($0, root: root) }
        head = try parts.head(root: root)
        // 0, 1, 2, …: old versions stored them.
        parts.reader.skip(root + "embeddings.position_ids")
        unusedNames = parts.reader.finish()
    }

    /// Another model's weights, which lie in memory once, but for the layers and the head that `source` has.
    /// - Throws: as the other; `missingTensor` too where a layer is there in part.
    init(
        _ configuration: EncoderConfiguration, changing base: EncoderWeights, by source: any TensorSource,
        pool: ThreadPool
    ) throws {
        precision = base.precision
        var parts = EncoderParts(source, configuration, precision, pool: pool)
        wordEmbedding_VD = base.wordEmbedding_VD
        placeEmbedding = base.placeEmbedding
        embeddingNorm = base.embeddingNorm
        layers = try base.layers.enumerated().map { index, layer in
            try parts.has(index) ? parts.layer(index, root: "") : layer
        }
        head = try parts.head(root: "") ?? base.head
        unusedNames = parts.reader.finish()
    }

    private static let wordEmbedding = "embeddings.word_embeddings.weight"

    private static func places(positions: Matrix, types: Matrix, pool: ThreadPool) throws(AllocationError) -> Matrix {
        let (P, D) = (positions.rows, positions.columns)
        let sums = try SharedBuffer<Float>(count: types.rows * P * D)
        let typeRow = try AlignedBuffer<Float>(count: D)
        let positionIDs = (0..<P).map { TokenID($0) }
        for type in 0..<types.rows {
            let block = MutableMatrixView(sums.baseAddress + type * P * D, rows: P, columns: D)
            embed(positionIDs, from: positions, into: block, pool: pool)
            let typeView = MutableMatrixView(typeRow.baseAddress, rows: 1, columns: D)
            embed([TokenID(type)], from: types, into: typeView, pool: pool)
            for position in 0..<P {
                let row = block.rows(position..<position + 1)
                add(row.readOnly, typeView.readOnly, into: row, pool: pool)
            }
        }
        return Matrix(
            .f32, rows: types.rows * P, columns: D, pointer: UnsafeRawPointer(sums.baseAddress), owner: sums)
    }
}

/// Reads what an encoder is made of.
private struct EncoderParts {
    var reader: WeightReader
    private let configuration: EncoderConfiguration
    /// One for all matrices, so that they lie side by side.
    private let packing = Packing(numerics: .reproducible)
    private let precision: EncoderPrecision
    private let pool: ThreadPool

    init(
        _ source: any TensorSource, _ configuration: EncoderConfiguration, _ precision: EncoderPrecision,
        pool: ThreadPool
    ) {
        reader = WeightReader(source)
        self.configuration = configuration
        self.precision = precision
        self.pool = pool
    }

    mutating func norm(_ name: String) throws -> NormWeight {
        let D = configuration.modelWidth
        return try NormWeight(
            scale: reader.take(name + ".weight", shape: [D]), shift: reader.take(name + ".bias", shape: [D]),
            pool: pool)
    }

    mutating func projection(_ name: String, _ rows: Int, _ columns: Int) throws -> Projection {
        var stored = try reader.take(name + ".weight", shape: [rows, columns])
        if precision == .int8, columns % ElementType.q8_0.blockSize == 0 {
            stored = try TensorRewrite(name: stored.name, source: stored, type: .q8_0).inMemory()
        }
        return Projection(
            weight: try Weight(Matrix(stored), packing, pool: pool),
            bias: try VectorWeight(reader.take(name + ".bias", shape: [rows]), pool: pool))
    }

    mutating func layer(_ index: Int, root: String) throws -> EncoderLayer {
        let name = root + "encoder.layer.\(index)."
        let (D, F) = (configuration.modelWidth, configuration.feedForwardWidth)
        return EncoderLayer(
            query: try projection(name + "attention.self.query", D, D),
            key: try projection(name + "attention.self.key", D, D),
            value: try projection(name + "attention.self.value", D, D),
            attentionOutput: try projection(name + "attention.output.dense", D, D),
            attentionNorm: try norm(name + "attention.output.LayerNorm"),
            up: try projection(name + "intermediate.dense", F, D),
            down: try projection(name + "output.dense", D, F),
            feedForwardNorm: try norm(name + "output.LayerNorm"))
    }

    /// nil where nothing classifies. The pooler, which pre-training leaves behind, has no use then.
    mutating func head(root: String) throws -> ClassificationHead? {
        let D = configuration.modelWidth
        guard let labels = reader.source.shape(of: "classifier.weight")?.first else {
            for part in ["weight", "bias"] { reader.skip(root + "pooler.dense." + part) }
            return nil
        }
        return ClassificationHead(
            pooler: try projection(root + "pooler.dense", D, D), classifier: try projection("classifier", labels, D))
    }

    func has(_ index: Int) -> Bool {
        reader.source.shape(of: "encoder.layer.\(index).attention.self.query.weight") != nil
    }
}

/// LayerNorm's two vectors as f32, one after the other.
final class NormWeight {
    private let buffer: AlignedBuffer<Float>
    private let width: Int

    init(scale: TensorRecord, shift: TensorRecord, pool: ThreadPool) throws(AllocationError) {
        width = scale.shape[0]
        buffer = try AlignedBuffer(count: 2 * width)
        let rows = MutableMatrixView(buffer.baseAddress, rows: 2, columns: width)
        for (index, record) in [scale, shift].enumerated() {
            let stored = Matrix(
                record.elementType, rows: 1, columns: width, pointer: record.bytes.baseAddress!, owner: record.owner)
            embed([0], from: stored, into: rows.rows(index..<index + 1), pool: pool)
        }
    }

    /// [2, D]: scale, shift. Valid while this object lives.
    var rows: MatrixView { MatrixView(buffer.baseAddress, rows: 2, columns: width) }
}

extension Matrix {
    /// A stored tensor of two dimensions, in place.
    fileprivate init(_ record: TensorRecord) {
        self.init(
            record.elementType, rows: record.shape[0], columns: record.shape[1], pointer: record.bytes.baseAddress!,
            owner: record.owner)
    }
}
