// AnswerPlan.swift — from evidence to what the engine is asked.
// Explainer › Answer.  Pure: tokenises and measures, so it may run on any thread.

package import Base
package import Engine
package import Sampling

/// One request to the engine, but for its name and its tenant.
package struct AnswerRequest: Sendable {
    package var promptTokens: [TokenID]
    /// So many of them are the instruction's and the notes': the same for everybody who is shown these notes.
    package var commonTokenCount = 0
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
        request.sharedPrefixCount = commonTokenCount
        if wantsLogprobs { request.outputLogprobs = 0 }
        return request
    }
}

/// An answer that is about to be made.
package struct AnswerPlan: Sendable {
    /// How what the model says is to be read.
    enum Voice: Sendable {
        /// Sentences of the notes and connecting phrases.
        case quotations(QuotationGrammar)
        /// Its own words, to be checked.
        case cited(SupportCheck)
        /// Its own words.
        case free
    }

    package let evidence: Evidence
    package let options: AnswerOptions
    package let outline: AnswerOutline
    package let limits: EngineLimits
    /// What the model is asked; nil where nothing is left for it to do.
    package let request: AnswerRequest?
    let voice: Voice?
    let codec: any AnswerCodec

    /// - Parameter note: looks up a note that another refers to.
    /// - Throws: when the model's template refuses; the description is its own message.
    package init(
        _ evidence: Evidence, _ options: AnswerOptions, _ model: AnswerModel, note: (NoteID) -> Note? = { _ in nil }
    ) throws {
        self.evidence = evidence
        self.options = options
        limits = model.limits
        codec = model.codec
        var outline = AnswerOutline(evidence, options, note: note)
        (request, voice) = try Self.request(evidence, options, &outline, model) ?? (nil, nil)
        self.outline = outline
    }

    /// A prompt is never cut: one that does not fit gets a sentence less, until none is left.
    private static func request(
        _ evidence: Evidence, _ options: AnswerOptions, _ outline: inout AnswerOutline, _ model: AnswerModel
    ) throws -> (AnswerRequest, Voice)? {
        guard evidence.verdict == .sufficient, !model.codec.endOfSequence.isEmpty else { return nil }
        while !outline.candidates.isEmpty {
            let prompt = AnswerPrompt(question: evidence.question, sentences: outline.lead + outline.candidates)
            let tokens = try model.codec.encodeConversation(prompt.messages(options.grounding))
            let asked =
                options.grounding == .strict
                ? quotation(tokens, options, outline, model) : own(tokens, prompt, options, model)
            guard let (planned, voice) = asked else { return nil }
            var request = planned
            if request.promptTokens.count + request.maxOutputTokens <= model.limits.maxModelLength {
                // Up to where another question would begin to differ.
                let unasked = AnswerPrompt(question: "", sentences: prompt.sentences).messages(options.grounding)
                request.commonTokenCount = try zip(tokens, model.codec.encodeConversation(unasked))
                    .prefix { $0 == $1 }.count
                return (request, voice)
            }
            outline.removeLastCandidate()
        }
        return nil
    }

    /// The model goes on behind the short answer.
    private static func quotation(
        _ prompt: [TokenID], _ options: AnswerOptions, _ outline: AnswerOutline, _ model: AnswerModel
    ) -> (AnswerRequest, Voice)? {
        let wanted = min(options.answerSentenceCount - outline.lead.count, outline.mostChosenCount)
        guard wanted > 0 else { return nil }
        let codec = model.codec
        let lead = leadTokens(outline, codec)
        let grammar = QuotationGrammar(outline.candidates, codec)
        let request = AnswerRequest(
            promptTokens: prompt + lead, maxOutputTokens: grammar.longestOutput(sentenceCount: wanted),
            stopTokens: codec.endOfSequence,
            constraint: grammar.constraint(
                sentenceCounts: min(outline.leastChosenCount, wanted)...wanted, endTokens: codec.endOfSequence))
        return (request, .quotations(grammar))
    }

    /// The short answer as the model would have said it: a sentence's space belongs to its first token.
    static func leadTokens(_ outline: AnswerOutline, _ codec: any AnswerCodec) -> [TokenID] {
        outline.lead.enumerated().flatMap { index, sentence in
            index == 0 ? codec.encodeAnswer(Array(sentence.line.utf8)) : codec.encodeContinuation(" " + sentence.line)
        }
    }

    /// The model says it in its own words.
    private static func own(
        _ tokens: [TokenID], _ prompt: AnswerPrompt, _ options: AnswerOptions, _ model: AnswerModel
    ) -> (AnswerRequest, Voice) {
        var request = AnswerRequest(
            promptTokens: tokens, maxOutputTokens: options.answerSentenceCount * Self.tokensPerSentence,
            stopTokens: model.codec.endOfSequence)
        if options.seed != 0 {
            request.sampling.temperature = 0.7
            request.sampling.topP = 0.9
            request.sampling.seed = options.seed
        }
        guard options.grounding == .cite else { return (request, .free) }
        request.constraint = MarkerConstraint(model.markers, count: prompt.sentences.count)
        return (request, .cited(SupportCheck(prompt.sentences)))
    }

    /// Room for a sentence that nobody has written yet.
    private static let tokensPerSentence = 40
}
