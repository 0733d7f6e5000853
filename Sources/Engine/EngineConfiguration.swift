// EngineConfiguration.swift — the numbers an engine is started with.
// Engine.  Names on the command line: README, "Serving".

/// Sizes and limits, fixed for an engine's life. `validated()` makes them agree with one another.
package struct EngineConfiguration: Sendable, Equatable {
    /// Prompt and output of one request together.
    package var maxModelLength: Int
    /// KV blocks in the pool.
    package var blockCount: Int
    package var tokensPerBlock = 16
    /// Requests computed together.
    package var maxRunningCount = 64
    /// Rows computed in one step.
    package var maxBatchedTokens = 512
    /// Prompt rows in a step that also decodes: what a newcomer's long prompt may cost everyone else's next token.
    package var prefillTokensBesideDecode = 128
    package var maxWaitingCount = 256
    package var sharesPrefixes = true
    /// False: whoever came first is admitted first, whatever else his tenant has got.
    package var isFair = true
    package var speculation = SpeculationOptions()
    /// Prompt rows of one step whose logits may be asked for; a prompt whose log-probabilities are wanted goes slower.
    package var maxScoredRows = 32

    package init(maxModelLength: Int, blockCount: Int) {
        self.maxModelLength = maxModelLength
        self.blockCount = blockCount
    }

    /// Blocks kept free when a new request is admitted beside others, so that they can grow a little before anyone is
    /// preempted: one per hundred, at least one.
    var admissionWatermark: Int { max(1, blockCount / 100) }

    /// Rows of one step whose logits are wanted, at most: one for every running request, those of drafts, and those of
    /// prompts whose log-probabilities are wanted.
    package var maxLogitRows: Int {
        maxRunningCount + (speculation.drafter == nil ? 0 : speculation.maxDraftRows) + maxScoredRows
    }

    /// Rows that a draft model computes at once: its requests' next tokens, and as much of what they said before as a
    /// step may cost.
    package var maxDraftModelRows: Int { maxRunningCount + prefillTokensBesideDecode }

    /// The nearest configuration that can work: one request of full length always fits the pool, and every running
    /// request can get a row in every step.
    /// - Precondition: every number is positive; the command line has checked that.
    package func validated() -> EngineConfiguration {
        precondition(maxModelLength > 0 && blockCount > 0 && tokensPerBlock > 0 && maxBatchedTokens > 0)
        precondition(maxRunningCount > 0 && maxWaitingCount > 0 && prefillTokensBesideDecode > 0)
        var result = self
        result.maxModelLength = min(maxModelLength, blockCount * tokensPerBlock)
        result.maxRunningCount = min(maxRunningCount, maxBatchedTokens)
        return result
    }
}
