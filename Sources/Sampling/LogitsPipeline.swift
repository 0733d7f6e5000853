// LogitsPipeline.swift — one row of logits becomes one token.
// Sampling.  The order of the steps is vLLM's.

package import Base

/// Turns logits into a token. Holds the buffers that a draw needs; one per engine.
///
/// Steps, each a no-op at its neutral setting:
/// 1. constraint mask: tokens that may not come next get −∞
/// 2. logit bias
/// 3. penalties: repetition, then frequency and presence
/// 4. temperature 0: the largest logit wins, the lowest id among equals; done
/// 5. temperature
/// 6. min-p
/// 7. top-k
/// 8. top-p
/// 9. draw: the largest of logit + Gumbel noise
///
/// A row's result depends on nothing but the row, the request's parameters and its position.
package struct LogitsPipeline: Sendable {
    /// What survived step 8 of the last draw; the distribution that was drawn from.
    package private(set) var survivors = CandidateSet()
    private var mask: TokenMask

    package init(vocabularySize: Int) {
        mask = TokenMask(vocabularySize: vocabularySize)
    }

    /// Chooses the token that stands at `position`.
    /// - Parameters:
    ///   - logits: one row, vocabulary wide; overwritten.
    ///   - position: index of the chosen token in prompt plus output, the counter of its noise.
    ///   - history: tokens seen so far, for the penalties.
    ///   - constraint: asked for its mask; the caller tells it what was emitted.
    /// - Returns: nil when no token is possible: every logit is masked, −∞ or NaN.
    package mutating func choose(
        _ logits: UnsafeMutableBufferPointer<Float>, position: Int, parameters: SamplingParameters,
        history: TokenHistory, constraint: inout (any TokenConstraint)?
    ) -> TokenID? {
        let row = unsafe adjusted(logits, parameters: parameters, history: history, constraint: &constraint)  // 1 to 3
        if parameters.isGreedy { return row.largest() }  // 4
        truncate(row, parameters)  // 5 to 8
        return draw(CounterNoise(seed: parameters.seed, choice: parameters.choice), position: position)  // 9
    }

    /// What `choose` would draw from: everything but the draw itself.
    /// - Returns: nil when no token is possible.
    package mutating func distribution(
        _ logits: UnsafeMutableBufferPointer<Float>, parameters: SamplingParameters, history: TokenHistory,
        constraint: inout (any TokenConstraint)?
    ) -> TokenDistribution<Double>? {
        let row = unsafe adjusted(logits, parameters: parameters, history: history, constraint: &constraint)
        if parameters.isGreedy { return row.largest().map { TokenDistribution(certain: $0) } }
        truncate(row, parameters)
        return survivors.distribution()
    }

    private mutating func adjusted(
        _ logits: UnsafeMutableBufferPointer<Float>, parameters: SamplingParameters, history: TokenHistory,
        constraint: inout (any TokenConstraint)?
    ) -> LogitsRow {
        var row = LogitsRow(logits: logits)
        if constraint != nil {  // 1
            mask.removeAll()
            constraint?.fillMask(&mask)
            row.allowed = mask.listedTokens()
            if row.allowed == nil { unsafe mask.apply(to: logits) }
        }
        for entry in parameters.logitBias { unsafe logits[entry.token.index] += entry.bias }  // 2
        unsafe history.apply(parameters, to: logits)  // 3
        return row
    }

    private mutating func truncate(_ row: LogitsRow, _ parameters: SamplingParameters) {
        survivors.collect(row, temperature: parameters.temperature)  // 5
        survivors.keepMinP(parameters.minP)  // 6
        survivors.keepTopK(parameters.topK)  // 7
        survivors.keepTopP(parameters.topP)  // 8
    }

    private func draw(_ noise: CounterNoise, position: Int) -> TokenID? {
        var best = -Double.infinity
        var chosen: TokenID?
        for candidate in survivors.candidates {
            let logit = Double(candidate.logit)
            // Even the largest possible noise could not lift this one.
            guard logit + CounterNoise.largestGumbel >= best else { continue }
            let value = logit + noise.gumbel(position: position, token: candidate.token)
            if value > best || (value == best && candidate.token < chosen!) {
                best = value
                chosen = candidate.token
            }
        }
        return chosen
    }
}
