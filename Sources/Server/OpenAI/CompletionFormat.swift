// CompletionFormat.swift — the JSON of answers: whole, and in chunks of a stream.
// Server › OpenAI.  Shapes of openai-openapi: CreateChatCompletionResponse, …StreamResponse, CreateCompletionResponse.

import Base

/// Writes the answers to one request. Both routes differ only in what stands inside a choice.
package struct CompletionFormat: Sendable {
    package enum Route: Sendable {
        case chat, text
    }

    package enum FinishReason: String, Sendable {
        case stop, length
    }

    /// One complete choice.
    package struct Choice: Sendable, Equatable {
        package var text: [UInt8]
        package var logprobs: [LogprobsEntry]
        package var finishReason: FinishReason

        package init(text: [UInt8], logprobs: [LogprobsEntry] = [], finishReason: FinishReason) {
            self.text = text
            self.logprobs = logprobs
            self.finishReason = finishReason
        }
    }

    package let route: Route
    /// `chatcmpl-…` or `cmpl-…`.
    package let id: String
    /// Seconds since 1970.
    package let created: Int
    package let model: String
    /// Changes when equal requests may give other bits; nil leaves the member out.
    package let systemFingerprint: String?
    /// Whether every chunk carries `usage`, null until the last.
    package let includesUsage: Bool
    /// Names tokens where log-probabilities were asked for; nil writes `"logprobs": null`.
    private let logprobsFormat: LogprobsFormat?

    package init(
        route: Route, id: String, created: Int, model: String, systemFingerprint: String? = nil,
        includesUsage: Bool = false, logprobs: LogprobsFormat? = nil
    ) {
        logprobsFormat = logprobs
        self.route = route
        self.id = id
        self.created = created
        self.model = model
        self.systemFingerprint = systemFingerprint
        self.includesUsage = includesUsage
    }

    // MARK: - Chunks of a stream

    /// A chat choice's first chunk; the text route has none.
    package func roleChunk(choice: Int) -> [UInt8]? {
        guard route == .chat else { return nil }
        return chunk(choice: choice, finishReason: nil) { json in
            json.field("role", "assistant")
            json.field("content", "")
        }
    }

    package func textChunk(choice: Int, _ text: [UInt8], logprobs: [LogprobsEntry] = []) -> [UInt8] {
        chunk(choice: choice, text: text, logprobs: logprobs, finishReason: nil) { $0.field("content", utf8: text) }
    }

    package func finishChunk(choice: Int, _ reason: FinishReason) -> [UInt8] {
        chunk(choice: choice, finishReason: reason) { _ in }
    }

    /// The last chunk of a stream that asked for it: no choices, only usage.
    package func usageChunk(_ usage: Usage) -> [UInt8] {
        document(object: chunkObject) { json in
            json.key("choices")
            json.array { _ in }
            json.key("usage")
            usage.write(to: &json)
        }
    }

    /// A chunk that only says where the time went, for a client that asked.
    package func timingsChunk(_ timings: TimingReport) -> [UInt8] {
        document(object: chunkObject) { json in
            json.key("choices")
            json.array { _ in }
            if includesUsage { json.nullField("usage") }
            json.key("timings")
            timings.write(to: &json)
        }
    }

    private func chunk(
        choice: Int, text: [UInt8] = [], logprobs: [LogprobsEntry] = [], finishReason: FinishReason?,
        delta: (inout JSONWriter) -> Void
    ) -> [UInt8] {
        document(object: chunkObject) { json in
            json.key("choices")
            json.array { json in
                json.object { json in
                    json.field("index", choice)
                    switch route {
                    case .chat:
                        json.key("delta")
                        json.object(delta)
                    case .text:
                        json.field("text", utf8: text)
                    }
                    write(logprobs, isLast: finishReason != nil, to: &json)
                    json.field("finish_reason", finishReason?.rawValue)
                }
            }
            if includesUsage { json.nullField("usage") }
        }
    }

    private var chunkObject: String { route == .chat ? "chat.completion.chunk" : "text_completion" }

    // MARK: - Whole answers

    package func response(_ choices: [Choice], usage: Usage, timings: TimingReport? = nil) -> [UInt8] {
        document(object: route == .chat ? "chat.completion" : "text_completion") { json in
            json.key("choices")
            json.array { json in
                for (index, choice) in choices.enumerated() {
                    json.object { json in
                        json.field("index", index)
                        content(choice.text, to: &json)
                        write(choice.logprobs, to: &json)
                        json.field("finish_reason", choice.finishReason.rawValue)
                    }
                }
            }
            json.key("usage")
            usage.write(to: &json)
            guard let timings else { return }
            json.key("timings")
            timings.write(to: &json)
        }
    }

    /// - Parameter isLast: a stream's chunk that only says why it ended, and has none.
    private func write(_ logprobs: [LogprobsEntry], isLast: Bool = false, to json: inout JSONWriter) {
        guard let logprobsFormat, !(isLast && logprobs.isEmpty) else { return json.nullField("logprobs") }
        json.key("logprobs")
        switch route {
        case .chat: logprobsFormat.writeChat(logprobs, to: &json)
        case .text: logprobsFormat.writeText(logprobs, to: &json)
        }
    }

    private func content(_ text: [UInt8], to json: inout JSONWriter) {
        switch route {
        case .text:
            json.field("text", utf8: text)
        case .chat:
            json.key("message")
            json.object { json in
                json.field("role", "assistant")
                json.field("content", utf8: text)
                json.nullField("refusal")
            }
        }
    }

    private func document(object: String, _ body: (inout JSONWriter) -> Void) -> [UInt8] {
        var json = JSONWriter()
        json.object { json in
            json.field("id", id)
            json.field("object", object)
            json.field("created", created)
            json.field("model", model)
            if let systemFingerprint { json.field("system_fingerprint", systemFingerprint) }
            body(&json)
        }
        return json.bytes
    }
}
