// ChatCompletionRequest.swift — the body of POST /v1/chat/completions.
// Server › OpenAI.

package import Base
package import Tokenization

/// A decoded request: a conversation to be answered.
package struct ChatCompletionRequest: Sendable, Equatable {
    package var messages: [ChatMessage]
    package var parameters: GenerationParameters

    package init(_ body: JSON, _ context: RequestContext) throws(APIError) {
        let fields = try RequestFields(
            body, supported: GenerationParameters.names.union(["messages", "max_completion_tokens", "top_logprobs"]),
            refused: UnsupportedParameters.chat, ignoresUnknown: context.ignoresUnknownFields)
        parameters = try GenerationParameters(fields, context)
        let limit = try fields.integer("max_completion_tokens", in: 1...Limits.outputTokens.value)
        if let limit {
            guard parameters.maxTokens == nil || parameters.maxTokens == limit else {
                throw .conflict(
                    "'max_tokens' and 'max_completion_tokens' differ; give one of them.",
                    parameter: "max_completion_tokens")
            }
            parameters.maxTokens = limit
            try parameters.checkMinTokens(against: limit)
        }
        parameters.topLogprobs = try Self.topLogprobs(fields)
        messages = try Self.messages(fields.required("messages"), context)
    }

    /// `logprobs` turns them on, `top_logprobs` says how many.
    private static func topLogprobs(_ fields: RequestFields) throws(APIError) -> Int? {
        let isWanted = try fields.boolean("logprobs") ?? false
        let count = try fields.integer("top_logprobs", in: 0...Limits.topLogprobs.value)
        guard isWanted || (count ?? 0) == 0 else {
            throw .conflict("'top_logprobs' needs 'logprobs' to be true.", parameter: "top_logprobs")
        }
        return isWanted ? count ?? 0 : nil
    }

    /// The member `messages`, here and wherever else a conversation is taken.
    static func messages(_ value: JSON, _ context: RequestContext) throws(APIError) -> [ChatMessage] {
        guard value.kind == .array else {
            throw .wrongType("messages", expected: "an array of messages", found: value.kind)
        }
        guard value.count > 0 else { throw .outOfRange("messages", mustBe: "an array that is not empty") }
        guard value.count <= Limits.messages.value else {
            throw .tooMany("messages", Limits.messages, found: value.count)
        }
        var result: [ChatMessage] = []
        for element in value.elements {
            result.append(try message(element, path: "messages[\(result.count)].", context))
        }
        return result
    }

    static let roles = ["system", "developer", "user", "assistant", "tool"]

    private static func message(
        _ value: JSON, path: String, _ context: RequestContext
    ) throws(APIError) -> ChatMessage {
        let fields = try RequestFields(
            value, path: path, supported: ["role", "content", "name", "tool_call_id"],
            refused: UnsupportedParameters.message,
            ignoresUnknown: context.ignoresUnknownFields)
        guard let role = try fields.string("role") else { throw .missing(path + "role") }
        guard roles.contains(role) else {
            throw .outOfRange(path + "role", mustBe: "one of \(roles.joined(separator: ", "))")
        }
        let text = try content(fields.required("content"), path: path + "content")
        // What these two mean, if anything, is the template's business.
        var others: [TemplateField] = []
        for name in ["name", "tool_call_id"] {
            if let value = try fields.string(name) { others.append(TemplateField(name, .string(value))) }
        }
        return ChatMessage(role: role, content: .string(text), others: others)
    }

    /// A string, or text parts, which are joined by line feeds as vLLM and llama.cpp do.
    private static func content(_ value: JSON, path: String) throws(APIError) -> String {
        if let text = value.string { return text }
        guard value.kind == .array else {
            throw .wrongType(path, expected: "a string or an array of text parts", found: value.kind)
        }
        guard value.count <= Limits.contentParts.value else {
            throw .tooMany(path, Limits.contentParts, found: value.count)
        }
        var texts: [String] = []
        for part in value.elements {
            let partPath = "\(path)[\(texts.count)]."
            // The type first: an image is "unsupported", not "an unknown parameter 'image_url'".
            if part.kind == .object, let type = part["type"]?.string, type != "text" {
                throw .unsupported(partPath + "type", accepted: "\"text\"")
            }
            let fields = try RequestFields(part, path: partPath, supported: ["type", "text"])
            guard try fields.string("type") != nil else { throw .missing(partPath + "type") }
            guard let text = try fields.string("text") else { throw .missing(partPath + "text") }
            texts.append(text)
        }
        return texts.joined(separator: "\n")
    }
}
