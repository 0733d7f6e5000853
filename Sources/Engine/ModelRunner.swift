// ModelRunner.swift — turns a plan into one forward pass.
// Engine.

import Base
import Transformer

/// Feeds plans to the model; owns the batch's arrays.
struct ModelRunner<Model: LanguageModel> {
    let model: Model
    private var batch: ForwardBatch

    init(model: Model, tokensPerBlock: Int) {
        self.model = model
        batch = ForwardBatch(tokensPerBlock: tokensPerBlock)
    }

    /// Computes the plan. Afterwards the logits that the entries want stand one after another: of each, those of its
    /// scored prompt rows or of its last token, and then of its drafted ones.
    mutating func run(_ plan: StepPlan) {
        for copy in plan.copies { model.copyBlock(from: copy.source.rawValue, to: copy.destination.rawValue) }
        batch.removeAll()
        for entry in plan.entries {
            batch.append(
                tokens: entry.request.tokens, range: entry.range, draft: entry.draft,
                blockTable: entry.request.blockTable.lazy.map(\.rawValue),
                logits: entry.logitsWanted)
        }
        model.forward(batch)
    }
}
