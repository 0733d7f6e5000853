// Penalties.swift — discourages tokens that were already said.
// Sampling.  Frequency and presence after OpenAI's definition (output only); repetition after CTRL
// (Keskar et al. 2019, arXiv:1909.05858; prompt and output).

package import Base

/// Which tokens a request has seen; one per request, updated once per emitted token.
package struct TokenHistory: Sendable {
    private var outputCounts: [TokenID: Int32] = [:]
    private var promptTokens: Set<TokenID> = []
    /// False when no penalty asks.
    private var countsOutput = true

    package init() {}

    /// - Parameter maxOutputCount: makes room for that many tokens, if any penalty needs them.
    /// - Complexity: O(prompt), and nothing when no penalty needs the prompt.
    package init(prompt: some Sequence<TokenID>, parameters: SamplingParameters, maxOutputCount: Int = 0) {
        if parameters.repetitionPenalty != 1 { promptTokens = Set(prompt) }
        countsOutput =
            parameters.repetitionPenalty != 1 || parameters.frequencyPenalty != 0 || parameters.presencePenalty != 0
        if countsOutput { outputCounts.reserveCapacity(maxOutputCount) }
    }

    package mutating func append(_ token: TokenID) {
        if countsOutput { outputCounts[token, default: 0] += 1 }
    }

    /// Forgets one occurrence of a token that turned out not to be emitted.
    package mutating func removeOne(_ token: TokenID) {
        guard let count = outputCounts[token] else { return }
        outputCounts[token] = count > 1 ? count - 1 : nil
    }

    /// - Complexity: O(distinct tokens seen).
    func apply(_ parameters: SamplingParameters, to logits: UnsafeMutableBufferPointer<Float>) {
        if parameters.repetitionPenalty != 1 {
            for token in promptTokens { unsafe repel(&logits[token.index], by: parameters.repetitionPenalty) }
            for token in outputCounts.keys where !promptTokens.contains(token) {
                unsafe repel(&logits[token.index], by: parameters.repetitionPenalty)
            }
        }
        guard parameters.frequencyPenalty != 0 || parameters.presencePenalty != 0 else { return }
        for (token, count) in outputCounts {
            unsafe logits[token.index] -= parameters.frequencyPenalty * Float(count) + parameters.presencePenalty
        }
    }

    private func repel(_ logit: inout Float, by penalty: Float) {
        logit = logit > 0 ? logit / penalty : logit * penalty
    }
}
