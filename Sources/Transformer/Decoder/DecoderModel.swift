// DecoderModel.swift — the transformer: embed, then per layer attention and feed-forward, then the head.
// Transformer › Decoder.  Touvron et al. 2023, arXiv:2302.13971; grouped-query attention: Ainslie et al. 2023,
// arXiv:2305.13245; rotary positions: Su et al. 2021, arXiv:2104.09864; SwiGLU: Shazeer 2020, arXiv:2002.05202.
//
// Shape suffixes: T rows of this step, R rows whose logits are wanted, D model width, H query heads, G KV heads,
// K head width, F feed-forward width, V vocabulary.

import Base
import Checkpoint
package import Kernels

/// A decoder with its weights, its paged cache and its workspace. Owned by one thread.
package final class DecoderModel: LanguageModel {
    package let configuration: ModelConfiguration
    package let storage: KVStorage
    /// Tensors in the file that the model did not need.
    package let unusedTensorNames: [String]
    /// What became of the panels beside the model, where that is news.
    package let panelCacheNote: String?
    package let stateSlotCount: Int

    private let weights: DecoderWeights
    private let workspace: Workspace
    private let rotary: RotaryTable
    /// Of layers with a window; in most families the same.
    private let windowRotary: RotaryTable
    private let scratch: AttentionScratch
    private let pool: ThreadPool
    private let multiplier: Multiplier

    /// - Parameters:
    ///   - checkpoint: opened; its weights stay mapped as long as the model lives.
    ///   - options: sizes of cache and batch.
    /// - Throws: `CheckpointError`, `AllocationError`.
    package init(_ checkpoint: ModelCheckpoint, options: DecoderOptions, pool: ThreadPool) throws {
        let configuration = checkpoint.configuration
        self.configuration = configuration
        self.pool = pool
        let source = checkpoint.files.tensors
        let cache = PanelCache(beside: source, threshold: options.panelCacheThreshold, pool: pool)
        weights = try DecoderWeights(
            configuration, from: source,
            packing: options.packsWeights ? Packing(numerics: options.numerics, cache: cache) : nil, pool: pool)
        panelCacheNote = cache?.finish()
        unusedTensorNames = weights.unusedNames
        storage = try KVStorage(
            configuration, elementType: options.cacheType, blockCount: options.blockCount,
            tokensPerBlock: options.tokensPerBlock)
        stateSlotCount = options.stateSlotCount
        workspace = try Workspace(
            configuration, maxRows: options.maxRows, maxLogitRows: options.maxLogitRows,
            stateSlotCount: options.stateSlotCount)
        multiplier = Multiplier(
            rounded: workspace.rounded, gated: workspace.gated, numerics: options.numerics, pool: pool)
        rotary = try RotaryTable(
            inverseFrequencies: configuration.rotaryFrequencies(length: options.maxModelLength),
            positionCount: options.maxModelLength, magnitude: configuration.rotaryScaling.magnitude)
        windowRotary =
            try configuration.windowRotaryFrequencies.map {
                try RotaryTable(inverseFrequencies: $0, positionCount: options.maxModelLength)
            } ?? rotary
        scratch = try AttentionScratch(
            headCount: configuration.queryHeadCount, kvHeadCount: configuration.keyValueHeadCount,
            headWidth: configuration.headWidth, maximumContext: options.maxModelLength, threadCount: pool.threadCount)
    }

    package var vocabularySize: Int { configuration.vocabularySize }

    /// Bytes of weights that every step reads, and the multiply-adds that a row costs: the model's side of a roofline.
    package var weightBytesPerStep: Int { weights.products.reduce(0) { $0 + $1.byteCount } }
    /// With the embedding, which a step only looks up in; where the head is the same matrix packed, both are there.
    package var weightBytes: Int { weightBytesPerStep + (weights.sharesHead ? 0 : weights.embedding_VD.byteCount) }
    package var multiplyAddsPerRow: Int { weights.products.reduce(0) { $0 + $1.shape.rows * $1.shape.columns } }
    /// Those of them that only rows with logits cost: of a prompt one.
    package var headMultiplyAdds: Int { weights.head.weight.shape.rows * weights.head.weight.shape.columns }
    /// The stored type of most weights.
    package var weightType: ElementType {
        weights.layers.first?.up.weight.elementType ?? weights.head.weight.elementType
    }

    // MARK: - Forward

    package func forward(_ batch: ForwardBatch) {
        let T = batch.rowCount
        precondition(T <= workspace.maxRows)
        precondition(batch.logitRows.count + batch.stateSlots.count <= workspace.maxLogitRows)
        if T > 0 { layers(batch) }
        head(batch.logitRows, batch.stateSlots)
    }

    /// Computes every row's hidden state.
    private func layers(_ batch: ForwardBatch) {
        let T = batch.rowCount
        let hidden_TD = view(workspace.hidden_TD, T, configuration.modelWidth)

        batch.tokens_T.withUnsafeBufferPointer { tokens in
            embed(tokens.baseAddress!, from: weights.embedding_VD, into: hidden_TD, pool: pool)
        }
        if configuration.traits.scaledEmbedding {
            scale(hidden_TD, by: Float(configuration.modelWidth).squareRoot(), pool: pool)
        }
        batch.withRows { rows, slots_T in
            rows.check(against: storage.layer(0))
            for (index, layer) in weights.layers.enumerated() {
                attention(layer, storage.layer(index), rows, slots_T, hidden_TD)
                feedForward(layer, hidden_TD)
            }
        }
    }

    /// hidden += Wo · attend(rotate(Wq · n), rotate(Wk · n), Wv · n), where n = norm(hidden); products may add a bias,
    /// heads may be normalised before they are rotated, and all that is added to hidden before that.
    private func attention(
        _ layer: DecoderLayer, _ cache: KVLayer, _ rows: AttentionRows, _ slots_T: UnsafePointer<Int32>,
        _ hidden_TD: MutableMatrixView
    ) {
        let T = hidden_TD.rows
        let query_THK = view(workspace.query_THK, T, configuration.queryWidth)
        let key_TGK = view(workspace.key_TGK, T, configuration.keyValueWidth)
        let value_TGK = view(workspace.value_TGK, T, configuration.keyValueWidth)
        let context_THK = view(workspace.context_THK, T, configuration.queryWidth)

        multiplier.apply(
            hidden_TD, normed: inputNorm(layer.attentionNorm_D, T), (layer.query, query_THK), (layer.key, key_TGK),
            (layer.value, value_TGK))
        normalizeHeads(query_THK, layer.queryNorm_K)
        normalizeHeads(key_TGK, layer.keyNorm_K)
        let table = layer.slidingWindow == nil ? rotary : windowRotary
        rotate(query_THK, configuration.queryHeadCount, rows, table)
        rotate(key_TGK, configuration.keyValueHeadCount, rows, table)
        // Stored first and read back: a row sees its own key with the same rounding as everybody later will.
        storeKeysValues(
            keys: key_TGK.readOnly, values: value_TGK.readOnly, slotMapping: slots_T, into: cache, pool: pool)
        attend(
            query_THK.readOnly, layer: cache, rows: rows, headCount: configuration.queryHeadCount,
            scale: configuration.attentionScale, softCap: configuration.attentionSoftCap,
            window: layer.slidingWindow, into: context_THK, scratch: scratch, pool: pool)
        add(layer.attentionOutputNorm_D, to: hidden_TD) { output, accumulate in
            multiplier.apply(layer.output, context_THK, into: output, accumulate: accumulate)
        }
    }

    /// hidden += Wdown · (silu(Wgate · n) ⊙ Wup · n), where n = norm(hidden); or gelu, or a norm before the sum.
    private func feedForward(_ layer: DecoderLayer, _ hidden_TD: MutableMatrixView) {
        let T = hidden_TD.rows
        let gate_TF = view(workspace.gate_TF, T, configuration.feedForwardWidth)
        let up_TF = view(workspace.up_TF, T, configuration.feedForwardWidth)

        add(layer.feedForwardOutputNorm_D, to: hidden_TD) { output, accumulate in
            multiplier.applyGated(
                hidden_TD, inputNorm(layer.feedForwardNorm_D, T), gate: (layer.gate, gate_TF), up: (layer.up, up_TF),
                activation: configuration.traits.activation == .silu ? .silu : .gelu, down: layer.down, into: output,
                accumulate: accumulate)
        }
    }

    /// Logits of the wanted rows only, and of remembered ones: the head is the largest matrix of a small model.
    private func head(_ logitRows: [Int32], _ stateSlots: [Int32]) {
        let R = logitRows.count + stateSlots.count
        guard R > 0 else { return }
        let D = configuration.modelWidth
        let lastHidden_RD = view(workspace.lastHidden_RD, R, D)
        let hidden_TD = view(workspace.hidden_TD, workspace.maxRows, D)
        for (index, row) in logitRows.enumerated() {
            lastHidden_RD.row(index).update(from: hidden_TD.row(Int(row)), count: D)
        }
        if !logitRows.isEmpty {
            let computed_RD = view(workspace.lastHidden_RD, logitRows.count, D)
            norm(computed_RD, weights.finalNorm_D, into: computed_RD)
        }
        // These had their norm when they were computed.
        for (index, slot) in stateSlots.enumerated() {
            lastHidden_RD.row(logitRows.count + index).update(from: state(Int(slot)), count: D)
        }
        let logits_RV = view(workspace.logits_RV, R, configuration.vocabularySize)
        product(lastHidden_RD, weights.head, into: logits_RV)
        if let cap = configuration.logitSoftCap { softCap(logits_RV, to: cap, pool: pool) }
    }

    package func logits(_ index: Int) -> UnsafeMutableBufferPointer<Float> {
        precondition(index >= 0 && index < workspace.maxLogitRows)
        return UnsafeMutableBufferPointer(
            start: workspace.logits_RV.baseAddress + index * configuration.vocabularySize,
            count: configuration.vocabularySize)
    }

    package func keepState(ofLogits index: Int, in slot: Int) {
        let lastHidden_RD = view(workspace.lastHidden_RD, workspace.maxLogitRows, configuration.modelWidth)
        state(slot).update(from: lastHidden_RD.row(index), count: configuration.modelWidth)
    }

    private func state(_ slot: Int) -> UnsafeMutablePointer<Float> {
        view(workspace.states_SD, stateSlotCount, configuration.modelWidth).row(slot)
    }

    package func copyBlock(from source: Int32, to destination: Int32) {
        storage.copyBlock(from: Int(source), to: Int(destination))
    }

    // MARK: - Shorthand

    private func view(_ buffer: borrowing AlignedBuffer<Float>, _ rows: Int, _ columns: Int) -> MutableMatrixView {
        precondition(rows * columns <= buffer.count)
        return MutableMatrixView(buffer.baseAddress, rows: rows, columns: columns)
    }

    private func norm(_ input: MutableMatrixView, _ weight: VectorWeight, into output: MutableMatrixView) {
        rmsNorm(
            input.readOnly, weight: weight.pointer, epsilon: configuration.normEpsilon, into: output, pool: pool)
    }

    /// RMSNorm of every head on its own; nothing in families without it.
    private func normalizeHeads(_ rows_THK: MutableMatrixView, _ weight_K: VectorWeight?) {
        guard let weight_K else { return }
        let K = configuration.headWidth
        let heads = MutableMatrixView(rows_THK.pointer, rows: rows_THK.rows * rows_THK.columns / K, columns: K)
        norm(heads, weight_K, into: heads)
    }

    private func product(
        _ input: MutableMatrixView, _ projection: Projection, into output: MutableMatrixView, accumulate: Bool = false
    ) {
        multiplier.apply(projection, input, into: output, accumulate: accumulate)
    }

    /// What a product takes of hidden.
    private func inputNorm(_ gain_D: VectorWeight, _ T: Int) -> Multiplier.Norm {
        Multiplier.Norm(
            gain: gain_D, epsilon: configuration.normEpsilon,
            result: view(workspace.normed_TD, T, configuration.modelWidth))
    }

    /// hidden += product, or its norm where the family has one there.
    private func add(
        _ norm_D: VectorWeight?, to hidden_TD: MutableMatrixView,
        _ product: (_ output: MutableMatrixView, _ accumulate: Bool) -> Void
    ) {
        guard let norm_D else { return product(hidden_TD, true) }
        let product_TD = view(workspace.normed_TD, hidden_TD.rows, configuration.modelWidth)
        product(product_TD, false)
        norm(product_TD, norm_D, into: product_TD)
        Kernels.add(hidden_TD.readOnly, product_TD.readOnly, into: hidden_TD, pool: pool)
    }

    private func rotate(_ rows_TD: MutableMatrixView, _ headCount: Int, _ rows: AttentionRows, _ table: RotaryTable) {
        applyRotary(
            rows_TD, headCount: headCount, positions: rows.positions, table: table,
            layout: configuration.rotaryLayout, pool: pool)
    }
}

extension ForwardBatch {
    /// The batch as the kernels read it. The pointers are valid inside `body`.
    fileprivate func withRows(_ body: (AttentionRows, _ slots_T: UnsafePointer<Int32>) -> Void) {
        positions_T.withUnsafeBufferPointer { positions in
            tableOffsets_T.withUnsafeBufferPointer { offsets in
                blockTables.withUnsafeBufferPointer { tables in
                    slots_T.withUnsafeBufferPointer { slots in
                        body(
                            AttentionRows(
                                count: rowCount, positions: positions.baseAddress!, tableStarts: offsets.baseAddress!,
                                blockTable: tables.baseAddress!, blockTableCount: tables.count),
                            slots.baseAddress!)
                    }
                }
            }
        }
    }
}
