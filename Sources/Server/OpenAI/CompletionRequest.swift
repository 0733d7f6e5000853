// CompletionRequest.swift — the body of POST /v1/completions.
// Server › OpenAI.

package import Base

/// A decoded request: one or more prompts, each continued `choiceCount` times.
package struct CompletionRequest: Sendable, Equatable {
    package enum Prompt: Sendable, Equatable {
        case text([UInt8])
        case tokens([TokenID])
    }

    package var prompts: [Prompt]
    /// The answer begins with the prompt.
    package var echoesPrompt: Bool
    package var parameters: GenerationParameters

    package init(_ body: JSON, _ context: RequestContext) throws(APIError) {
        let fields = try RequestFields(
            body, supported: GenerationParameters.names.union(["prompt", "echo"]),
            refused: UnsupportedParameters.completion, ignoresUnknown: context.ignoresUnknownFields)
        echoesPrompt = try fields.boolean("echo") ?? false
        parameters = try GenerationParameters(fields, context, leastMaxTokens: echoesPrompt ? 0 : 1)
        parameters.topLogprobs = try fields.integer("logprobs", in: 0...Limits.topLogprobs.value)
        prompts = try Self.prompts(fields.required("prompt"), context)
        let sequenceCount = prompts.count * parameters.choiceCount
        guard sequenceCount <= Limits.sequences.value else {
            throw .tooMany("n", Limits.sequences, found: sequenceCount)
        }
    }

    /// A string, an array of strings, an array of token ids, or an array of those.
    private static func prompts(_ value: JSON, _ context: RequestContext) throws(APIError) -> [Prompt] {
        if let text = value.utf8 { return [.text(text)] }
        guard value.kind == .array else {
            throw .wrongType("prompt", expected: "a string, an array of strings, or token ids", found: value.kind)
        }
        guard let first = value[0] else { throw .outOfRange("prompt", mustBe: "an array that is not empty") }
        if first.kind == .number { return [.tokens(try tokens(value, "prompt", context))] }

        guard value.count <= Limits.prompts.value else {
            throw .tooMany("prompt", Limits.prompts, found: value.count)
        }
        var result: [Prompt] = []
        for (index, element) in value.elements.enumerated() {
            let name = "prompt[\(index)]"
            switch (first.kind, element.kind) {
            case (.string, .string): result.append(.text(element.utf8 ?? []))
            case (.array, .array): result.append(.tokens(try tokens(element, name, context)))
            default:
                throw .wrongType(
                    name, expected: first.kind == .array ? "an array of token ids" : "a string", found: element.kind)
            }
        }
        return result
    }

    private static func tokens(_ value: JSON, _ name: String, _ context: RequestContext) throws(APIError) -> [TokenID] {
        let result = try TokenID.array(value, name, context)
        guard !result.isEmpty else { throw .outOfRange(name, mustBe: "at least one token long") }
        return result
    }
}
