// AnswerPlan.swift — from evidence to what the engine is asked.
// Explainer › Answer.  Pure: tokenises and measures, so it may run on any thread.

package import Base
package import Engine
package import Sampling

/// One request to the engine, but for its name and its tenant.
package struct AnswerRequest: Sendable {
    package var promptTokens: [TokenID]
    package var maxOutputTokens: Int
    package var stopTokens: [TokenID]
    package var sampling = SamplingParameters.greedy
    package var constraint: (any TokenConstraint)?
    /// Log-probabilities of the chosen tokens are wanted.
    package var wantsLogprobs = false

    package func request(_ id: RequestID) -> GenerationRequest {
        var request = GenerationRequest(
            id: id, promptTokens: promptTokens, sampling: sampling, maxOutputTokens: maxOutputTokens,
            stopTokens: stopTokens, constraint: constraint)
        if wantsLogprobs { request.outputLogprobs = 0 }
        return request
    }
}

/// An answer that is about to be made.
package struct AnswerPlan: Sendable {
    package let evidence: Evidence
    package let options: AnswerOptions
    package let outline: AnswerOutline
    /// What the model is asked; nil where nothing is left for it to do.
    package let request: AnswerRequest?
    let grammar: QuotationGrammar?

    /// - Parameters:
    ///   - note: looks up a note that another refers to.
    ///   - maxLength: tokens of prompt and answer together.
    /// - Throws: when the model's template refuses; the description is its own message.
    package init(
        _ evidence: Evidence, _ options: AnswerOptions, codec: any AnswerCodec, maxLength: Int,
        note: (NoteID) -> Note? = { _ in nil }
    ) throws {
        self.evidence = evidence
        self.options = options
        var outline = AnswerOutline(evidence, options, note: note)
        (request, grammar) = try Self.quotation(evidence, options, &outline, codec, maxLength: maxLength)
        self.outline = outline
    }

    /// What the model may choose and in which order; nil where there is nothing to choose.
    private static func quotation(
        _ evidence: Evidence, _ options: AnswerOptions, _ outline: inout AnswerOutline, _ codec: any AnswerCodec,
        maxLength: Int
    ) throws -> (AnswerRequest?, QuotationGrammar?) {
        let wanted = options.answerSentenceCount - outline.lead.count
        guard evidence.verdict == .sufficient, wanted > 0, !codec.endOfSequence.isEmpty else { return (nil, nil) }
        let lead = codec.encodeAnswer(Array(outline.lead.map(\.line).joined(separator: " ").utf8))
        while !outline.candidates.isEmpty {
            let prompt = AnswerPrompt(question: evidence.question, sentences: outline.lead + outline.candidates)
            let grammar = QuotationGrammar(outline.candidates, codec)
            let tokens = try codec.encodeConversation(prompt.messages()) + lead
            let longest = grammar.longestOutput(sentenceCount: wanted)
            if tokens.count + longest <= maxLength {
                let request = AnswerRequest(
                    promptTokens: tokens, maxOutputTokens: longest, stopTokens: codec.endOfSequence,
                    constraint: grammar.constraint(
                        sentenceCounts: min(options.leastChosenCount, wanted)...wanted, endTokens: codec.endOfSequence))
                return (request, grammar)
            }
            // A prompt is never cut: it gets one sentence less.
            outline.removeLastCandidate()
        }
        return (nil, nil)
    }
}
