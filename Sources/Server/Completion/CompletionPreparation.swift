// CompletionPreparation.swift — from a request's bytes to token ids that fit: pure, so it may run on any thread.
// Server › Completion.

package import Base
import Engine
package import Sampling

/// A request that can be submitted as it stands.
package struct PreparedCompletion: Sendable {
    /// One prompt; each of its choices becomes one engine request.
    package struct Prompt: Sendable, Equatable {
        package var tokens: [TokenID]
        /// 0: only the prompt is wanted back.
        package var maxOutputTokens: Int
        /// What an answer begins with that echoes its prompt: the prompt as written, nil where it came as token ids.
        package var text: [UInt8]?
        /// What its answers are held to.
        package var constraint: SpanConstraint?
    }

    package var route: CompletionFormat.Route
    package var prompts: [Prompt]
    package var echoesPrompt = false
    package var parameters: GenerationParameters
}

extension ServedModel {
    /// Decodes, tokenises and measures.
    package func prepare(
        _ route: CompletionFormat.Route, body: [UInt8], ignoresUnknownFields: Bool = false
    ) throws(APIError) -> PreparedCompletion {
        let json: JSON
        do { json = try JSON.parse(body, maximumDepth: Limits.nesting.value) } catch { throw .notJSON(error) }
        let context = RequestContext(
            defaults: defaultSampling, vocabularySize: service.limits.vocabularySize,
            ignoresUnknownFields: ignoresUnknownFields)

        switch route {
        case .chat:
            let request = try ChatCompletionRequest(json, context)
            try checkName(request.parameters.model)
            var spelling = spelling(of: request.parameters)
            let tokens: [TokenID]
            do { tokens = try codec.encodeConversation(request.messages) } catch { throw .template("\(error)") }
            return PreparedCompletion(
                route: route, prompts: [try fitted(tokens, route, request.parameters, &spelling)],
                parameters: request.parameters)
        case .text:
            let request = try CompletionRequest(json, context)
            try checkName(request.parameters.model)
            var spelling = spelling(of: request.parameters)
            var prompts: [PreparedCompletion.Prompt] = []
            for prompt in request.prompts {
                var fitting = try fitted(encode(prompt), route, request.parameters, &spelling)
                if case .text(let text) = prompt { fitting.text = text }
                prompts.append(fitting)
            }
            return PreparedCompletion(
                route: route, prompts: prompts, echoesPrompt: request.echoesPrompt, parameters: request.parameters)
        }
    }

    func checkName(_ name: String?) throws(APIError) {
        guard let name, name != id else { return }
        throw .modelNotFound(quoted(Array(name.utf8)))
    }

    private func encode(_ prompt: CompletionRequest.Prompt) -> [TokenID] {
        switch prompt {
        case .tokens(let tokens):
            return tokens
        case .text(let text):
            let tokens = codec.encodePrompt(text)
            // The engine needs a token to begin with.
            return tokens.isEmpty ? codec.beginningOfSequence.map { [$0] } ?? [] : tokens
        }
    }

    private func spelling(of parameters: GenerationParameters) -> AnswerSpelling? {
        parameters.guidedChoice.map { AnswerSpelling($0, codec) }
    }

    /// Sets the output limit, or says with both numbers why the request cannot fit: nothing is ever cut silently.
    private func fitted(
        _ tokens: [TokenID], _ route: CompletionFormat.Route, _ parameters: GenerationParameters,
        _ spelling: inout AnswerSpelling?
    ) throws(APIError) -> PreparedCompletion.Prompt {
        let parameter = route == .chat ? "messages" : "prompt"
        let maximum = service.limits.maxModelLength
        let room = maximum - tokens.count
        guard !tokens.isEmpty else { throw .submission(.emptyPrompt, parameter: parameter) }
        guard room >= 1 else {
            throw .contextLength(
                maximum: maximum, promptTokens: tokens.count, outputTokens: nil, parameter: parameter)
        }
        if let wanted = parameters.maxTokens, wanted > room {
            throw .contextLength(
                maximum: maximum, promptTokens: tokens.count, outputTokens: wanted, parameter: parameter)
        }
        var standard = route == .chat ? room : min(room, Self.completionTokens)
        let choice = try spelling?.choice(after: tokens)
        // A whole text, and the token that ends it.
        if let choice { standard = min(room, choice.longest + 1) }
        let limit = parameters.maxTokens ?? standard
        try parameters.checkMinTokens(against: limit)
        return PreparedCompletion.Prompt(tokens: tokens, maxOutputTokens: limit, constraint: choice?.constraint)
    }

    /// OpenAI's default for /v1/completions.
    private static let completionTokens = 16
}
