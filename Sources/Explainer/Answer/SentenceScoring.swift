// SentenceScoring.swift — how much likelier the question makes each sentence: another way to choose, for comparison.
// Explainer › Answer.  log p(sentence | notes, question) − log p(sentence | notes): what is likely anyway counts nothing.

import Base
import Sampling

/// The requests that score a plan's sentences, two each, and the order that comes of them.
package struct SentenceScoring: Sendable {
    /// Request 2i says sentence i behind the question, request 2i + 1 without it.
    package private(set) var requests: [AnswerRequest] = []
    private let sentences: [AnswerSentence]

    /// - Returns: nil where the plan leaves no choice.
    /// - Throws: when the model's template refuses.
    package init?(_ plan: AnswerPlan, _ model: AnswerModel) throws {
        guard case .quotations(let grammar) = plan.voice, let request = plan.request else { return nil }
        sentences = grammar.sentences
        let prompt = AnswerPrompt(question: "", sentences: plan.outline.lead + plan.outline.candidates)
        let lead = AnswerPlan.leadTokens(plan.outline, model.codec)
        let without = try model.codec.encodeConversation(prompt.messages()) + lead
        for index in sentences.indices {
            for prompt in [request.promptTokens, without] {
                requests.append(.saying(grammar.tokens(ofSentence: index), after: prompt))
            }
        }
    }

    /// - Parameter logprobs: of each request, the sum over its tokens.
    /// - Returns: the sentences, the one that the question favours most first.
    package func order(_ logprobs: [Double]) -> [AnswerSentence] {
        let gains = sentences.indices.map { logprobs[2 * $0] - logprobs[2 * $0 + 1] }
        let order = sentences.indices.sorted { gains[$0] != gains[$1] ? gains[$0] > gains[$1] : $0 < $1 }
        return order.map { sentences[$0] }
    }
}

extension AnswerRequest {
    /// Holds the model to one text, to hear how likely it finds it.
    fileprivate static func saying(_ tokens: [TokenID], after prompt: [TokenID]) -> AnswerRequest {
        var request = AnswerRequest(
            promptTokens: prompt, maxOutputTokens: max(1, tokens.count), stopTokens: [],
            constraint: SpanConstraint(spans: [tokens], endTokens: []))
        request.wantsLogprobs = true
        return request
    }
}
