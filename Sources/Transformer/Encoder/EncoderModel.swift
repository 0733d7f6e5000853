// EncoderModel.swift — the encoder: embed, then per layer attention and feed-forward, each followed by its norm.
// Transformer › Encoder.  Devlin et al. 2018, arXiv:1810.04805; MiniLM: Wang et al. 2020, arXiv:2002.10957.
//
// Shape suffixes: T rows of this pass, B texts, D model width, H heads, K head width, F feed-forward width.
//
// Texts lie one after the other without padding, and every kernel computes a row in one order (Linear.swift), so a
// text's vector is the same to the bit whichever texts are encoded beside it.

import Base
import Checkpoint
import Glibc
package import Kernels

/// A BERT encoder with its weights and its workspace. Used by one thread at a time.
package final class EncoderModel {
    package let configuration: EncoderConfiguration
    /// Tensors in the file that the model did not need.
    package let unusedTensorNames: [String]
    /// Scores per text or pair of a model that classifies; nil for one that only embeds.
    package var labelCount: Int? { weights.head?.labelCount }

    let source: any TensorSource
    let weights: EncoderWeights
    private let workspace: EncoderWorkspace
    private let multiplier: Multiplier
    private let scratch: AttentionScratch
    private let pool: ThreadPool
    private var batch: EncoderBatch

    /// Reads a Hugging Face folder: config.json and model.safetensors, whose weights stay mapped.
    /// - Parameter rowsPerPass: tokens computed together, raised to the longest text. More rows read the weights less
    ///   often; fewer leave the activations in the cache.
    /// - Throws: `ModelError`, `CheckpointError`, `AllocationError`: each one line for a person.
    package convenience init(
        path: String, precision: EncoderPrecision = .f32, rowsPerPass: Int = 512, pool: ThreadPool
    ) throws {
        let folder = try Self.folder(path)
        guard let config = try folder.json("config.json") else {
            throw ModelError.notAModel(path: path, problem: "it has no config.json")
        }
        let configuration = try EncoderConfiguration(huggingFace: config, source: path + "/config.json")
        let weights = try EncoderWeights(configuration, from: folder, precision: precision, pool: pool)
        try self.init(configuration, weights, source: folder, rowsPerPass: rowsPerPass, pool: pool)
    }

    /// The same model with other layers, which were trained for something else: those that a folder's model.safetensors
    /// has, under the names `encoder.layer.5.…`, and a head if it has `classifier.weight`. All other weights are shared.
    /// - Throws: as the other, also where a layer is there in part.
    package convenience init(changing base: EncoderModel, by path: String) throws {
        let folder = try Self.folder(path)
        let weights = try EncoderWeights(base.configuration, changing: base.weights, by: folder, pool: base.pool)
        try self.init(
            base.configuration, weights, source: folder, rowsPerPass: base.workspace.maxRows, pool: base.pool)
    }

    private init(
        _ configuration: EncoderConfiguration, _ weights: EncoderWeights, source: any TensorSource, rowsPerPass: Int,
        pool: ThreadPool
    ) throws {
        self.configuration = configuration
        self.pool = pool
        self.source = source
        self.weights = weights
        unusedTensorNames = weights.unusedNames
        workspace = try EncoderWorkspace(configuration, maxRows: max(rowsPerPass, configuration.maxPositionCount))
        multiplier = Multiplier(
            rounded: try RoundedRows(
                maxRows: workspace.maxRows, maxColumns: max(configuration.modelWidth, configuration.feedForwardWidth)),
            numerics: .reproducible, pool: pool)
        scratch = try AttentionScratch(
            headCount: configuration.headCount, kvHeadCount: configuration.headCount,
            headWidth: configuration.headWidth, maximumContext: configuration.maxPositionCount,
            threadCount: pool.threadCount)
        batch = EncoderBatch(
            maxRows: workspace.maxRows, blockCount: workspace.blockCount,
            tokensPerBlock: EncoderWorkspace.tokensPerBlock, positionCount: configuration.maxPositionCount)
    }

    private static func folder(_ path: String) throws -> HuggingFaceFolder {
        do {
            return try HuggingFaceFolder(path: path)
        } catch CheckpointError.unsupported {
            // Pickles are programs; reading one is running it.
            let isPickled = (try? MappedFile(path + "/pytorch_model.bin")) != nil
            throw ModelError.notAModel(
                path: path,
                problem: isPickled
                    ? "pytorch_model.bin is not read; save the model as model.safetensors"
                    : "it holds no model.safetensors")
        }
    }

    // MARK: - What it computes

    /// One vector of length 1 for every text.
    ///
    /// - Precondition: every input has 1 ... `maxPositionCount` tokens of the vocabulary; whoever takes texts from
    ///   outside has seen to it.
    package func embed(_ inputs: [EncoderInput], pooling: Pooling = .mean) -> [[Float]] {
        var vectors: [[Float]] = []
        vectors.reserveCapacity(inputs.count)
        forEachPass(inputs) { hidden_TD, texts in
            for text in texts { vectors.append(pooling.vector(of: hidden_TD.rows(text).readOnly)) }
        }
        return vectors
    }

    /// The scores of every text or pair: the classification head's outputs as they are, before any sigmoid.
    ///
    /// - Precondition: `labelCount` is not nil; inputs as for `embed`.
    package func classify(_ inputs: [EncoderInput]) -> [[Float]] {
        guard let head = weights.head else { preconditionFailure("this encoder has no classification head") }
        let D = configuration.modelWidth
        var scores: [[Float]] = []
        forEachPass(inputs) { hidden_TD, texts in
            let first_BD = workspace.view(workspace.query_TD, texts.count, D)
            let pooled_BD = workspace.view(workspace.key_TD, texts.count, D)
            for (index, text) in texts.enumerated() {
                first_BD.row(index).update(from: hidden_TD.row(text.lowerBound), count: D)
            }
            product(first_BD, head.pooler, into: pooled_BD)
            for index in 0..<texts.count {
                let row = pooled_BD.row(index)
                for column in 0..<D { row[column] = tanh(row[column]) }
            }
            var labels_BL = [Float](repeating: 0, count: texts.count * head.labelCount)
            labels_BL.withUnsafeMutableBufferPointer { buffer in
                guard let start = buffer.baseAddress else { return }
                product(
                    pooled_BD, head.classifier,
                    into: MutableMatrixView(start, rows: texts.count, columns: head.labelCount))
            }
            for index in 0..<texts.count {
                scores.append(Array(labels_BL[index * head.labelCount..<(index + 1) * head.labelCount]))
            }
        }
        return scores
    }

    /// Runs the encoder over the inputs in order, as many as fit at a time.
    func forEachPass(
        _ inputs: [EncoderInput], _ body: (_ hidden_TD: MutableMatrixView, _ texts: [Range<Int>]) -> Void
    ) {
        var next = 0
        while next < inputs.count {
            batch.removeAll()
            while next < inputs.count {
                let count = inputs[next].tokens.count
                precondition(count >= 1 && count <= configuration.maxPositionCount, "a text of \(count) tokens")
                precondition(
                    inputs[next].secondStart >= count || configuration.typeCount > 1, "a model without second texts")
                guard batch.append(inputs[next]) else { break }
                next += 1
            }
            body(forward(), batch.texts)
        }
    }

    // MARK: - Forward

    /// The last layer's rows of the batch.
    private func forward() -> MutableMatrixView {
        let T = batch.tokens_T.count
        let hidden_TD = workspace.view(workspace.hidden_TD, T, configuration.modelWidth)
        let places_TD = workspace.view(workspace.context_TD, T, configuration.modelWidth)
        Kernels.embed(batch.tokens_T, from: weights.wordEmbedding_VD, into: hidden_TD, pool: pool)
        Kernels.embed(batch.places_T, from: weights.placeEmbedding, into: places_TD, pool: pool)
        add(hidden_TD.readOnly, places_TD.readOnly, into: hidden_TD, pool: pool)
        norm(hidden_TD, weights.embeddingNorm)
        batch.withRows { rows, slots_T in
            rows.check(against: workspace.layer)
            for layer in weights.layers {
                attention(layer, rows, slots_T, hidden_TD)
                feedForward(layer, hidden_TD)
            }
        }
        return hidden_TD
    }

    /// hidden = norm(hidden + Wo · attend(Wq · hidden, Wk · hidden, Wv · hidden))
    private func attention(
        _ layer: EncoderLayer, _ rows: AttentionRows, _ slots_T: UnsafePointer<Int32>, _ hidden_TD: MutableMatrixView
    ) {
        let (T, D) = (hidden_TD.rows, hidden_TD.columns)
        let query_TD = workspace.view(workspace.query_TD, T, D)
        let key_TD = workspace.view(workspace.key_TD, T, D)
        let value_TD = workspace.view(workspace.value_TD, T, D)
        let context_TD = workspace.view(workspace.context_TD, T, D)
        multiplier.apply(hidden_TD, (layer.query, query_TD), (layer.key, key_TD), (layer.value, value_TD))
        storeKeysValues(
            keys: key_TD.readOnly, values: value_TD.readOnly, slotMapping: slots_T, into: workspace.layer, pool: pool)
        // Every row stands at its text's last position, so "all before me" is the whole text.
        attend(
            query_TD.readOnly, layer: workspace.layer, rows: rows, headCount: configuration.headCount,
            scale: 1 / Float(configuration.headWidth).squareRoot(), into: context_TD, scratch: scratch, pool: pool)
        product(context_TD, layer.attentionOutput, into: hidden_TD, accumulate: true)
        norm(hidden_TD, layer.attentionNorm)
    }

    /// hidden = norm(hidden + Wdown · gelu(Wup · hidden))
    private func feedForward(_ layer: EncoderLayer, _ hidden_TD: MutableMatrixView) {
        let inner_TF = workspace.view(workspace.inner_TF, hidden_TD.rows, configuration.feedForwardWidth)
        product(hidden_TD, layer.up, into: inner_TF)
        gelu(inner_TF.readOnly, into: inner_TF, pool: pool)
        product(inner_TF, layer.down, into: hidden_TD, accumulate: true)
        norm(hidden_TD, layer.feedForwardNorm)
    }

    private func product(
        _ input: MutableMatrixView, _ projection: Projection, into output: MutableMatrixView, accumulate: Bool = false
    ) {
        multiplier.apply(projection, input, into: output, accumulate: accumulate)
    }

    private func norm(_ rows_TD: MutableMatrixView, _ weight: NormWeight) {
        layerNorm(
            rows_TD.readOnly, scaleAndShift: weight.rows, epsilon: configuration.normEpsilon, into: rows_TD, pool: pool)
    }
}

extension EncoderBatch {
    /// The batch as the kernels read it. The pointers are valid inside `body`.
    fileprivate func withRows(_ body: (AttentionRows, _ slots_T: UnsafePointer<Int32>) -> Void) {
        lastPositions_T.withUnsafeBufferPointer { positions in
            tableStarts_T.withUnsafeBufferPointer { starts in
                blockTable.withUnsafeBufferPointer { table in
                    slots_T.withUnsafeBufferPointer { slots in
                        body(
                            AttentionRows(
                                count: tokens_T.count, positions: positions.baseAddress!,
                                tableStarts: starts.baseAddress!, blockTable: table.baseAddress!,
                                blockTableCount: table.count),
                            slots.baseAddress!)
                    }
                }
            }
        }
    }
}
