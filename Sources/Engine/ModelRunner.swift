// ModelRunner.swift — turns a plan into one forward pass.
// Engine.

import Base
import Transformer

/// Feeds plans to the model; owns the batch's arrays.
struct ModelRunner<Model: LanguageModel> {
    let model: Model
    private var batch: ForwardBatch
    /// The block table of the entry at hand, as plain numbers.
    private var blockTable: [Int32] = []

    init(model: Model, _ configuration: EngineConfiguration) {
        self.model = model
        batch = ForwardBatch(tokensPerBlock: configuration.tokensPerBlock)
        batch.reserveCapacity(
            rowCount: configuration.maxBatchedTokens, logitRowCount: configuration.maxLogitRows,
            tableEntryCount: configuration.blockCount)
        blockTable.reserveCapacity(configuration.maxModelLength / configuration.tokensPerBlock + 1)
    }

    /// Computes the plan. Afterwards the logits that the entries want stand one after another: of each, those of its
    /// scored prompt rows or of its last token, and then of its drafted ones. Those of remembered states come last.
    mutating func run(_ plan: StepPlan) {
        for copy in plan.copies { model.copyBlock(from: copy.source.rawValue, to: copy.destination.rawValue) }
        batch.removeAll()
        for entry in plan.entries {
            if let slot = entry.endState {
                batch.append(state: slot)
                continue
            }
            blockTable.removeAll(keepingCapacity: true)
            for block in entry.request.blockTable { blockTable.append(block.rawValue) }
            batch.append(
                tokens: entry.request.tokens, range: entry.range, draft: entry.draft,
                blockTable: blockTable,
                logits: entry.logitsWanted)
        }
        model.forward(batch)
    }
}
