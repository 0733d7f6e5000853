// EmbeddingRequest.swift — the body of POST /v1/embeddings, decoded and framed.
// Server › Embeddings.  Pure, so it may run on any thread.

import Base
package import Embedding

/// A request that can be computed as it stands.
package struct EmbeddingRequest: Sendable {
    package enum Encoding: String, Sendable {
        case float
        /// The numbers as little-endian f32, which is what OpenAI's clients ask for.
        case base64
    }

    package let texts: [FramedText]
    package let encoding: Encoding
    /// Tokens of all texts, special ones included.
    package var tokenCount: Int { texts.reduce(0) { $0 + $1.tokenCount } }

    static let refused: [String: NoOpValue] = [
        "user": .anyString, "truncate_prompt_tokens": .onlyNull, "add_special_tokens": .bool(true),
    ]

    /// - Throws: a 400 that names the member, or a 404 for another model's name.
    package init(
        body: [UInt8], embedder: EncoderEmbedder, ignoresUnknownFields: Bool = false
    ) throws(APIError) {
        let json: JSON
        do { json = try JSON.parse(body, maximumDepth: Limits.nesting.value) } catch { throw .notJSON(error) }
        let fields = try RequestFields(
            json, supported: ["input", "model", "encoding_format", "dimensions"],
            refused: Self.refused,
            ignoresUnknown: ignoresUnknownFields)
        if let model = try fields.string("model"), model != embedder.name {
            throw .modelNotFound(quoted(Array(model.utf8)))
        }
        if let format = try fields.string("encoding_format") {
            guard let encoding = Encoding(rawValue: format) else {
                throw .outOfRange("encoding_format", mustBe: "\"float\" or \"base64\"")
            }
            self.encoding = encoding
        } else {
            encoding = .float
        }
        // Only models that were trained for it can give fewer.
        if let dimensions = try fields.integer("dimensions", in: 1...(1 << 20)), dimensions != embedder.dimension {
            throw .outOfRange("dimensions", mustBe: "\(embedder.dimension), the length of this model's vectors")
        }
        texts = try Self.texts(fields.required("input"), embedder.framing)
        guard tokenCount <= Limits.embeddingTokens.value else {
            throw .tooMany("input", Limits.embeddingTokens, found: tokenCount)
        }
    }

    /// A string, an array of strings, an array of token ids, or an array of those.
    private static func texts(_ value: JSON, _ framing: TextFraming) throws(APIError) -> [FramedText] {
        if value.kind == .string { return [try text(value, "input", framing)] }
        guard value.kind == .array else {
            throw .wrongType("input", expected: "a string, an array of strings, or token ids", found: value.kind)
        }
        guard let first = value[0] else { throw .outOfRange("input", mustBe: "an array that is not empty") }
        if first.kind == .number { return [try tokens(value, "input", framing)] }

        guard value.count <= Limits.embeddingInputs.value else {
            throw .tooMany("input", Limits.embeddingInputs, found: value.count)
        }
        var result: [FramedText] = []
        result.reserveCapacity(value.count)
        for (index, element) in value.elements.enumerated() {
            let name = "input[\(index)]"
            switch (first.kind, element.kind) {
            case (.string, .string): result.append(try text(element, name, framing))
            case (.array, .array): result.append(try tokens(element, name, framing))
            default:
                throw .wrongType(
                    name, expected: first.kind == .array ? "an array of token ids" : "a string", found: element.kind)
            }
        }
        return result
    }

    private static func text(_ value: JSON, _ name: String, _ framing: TextFraming) throws(APIError) -> FramedText {
        let text = value.string ?? ""
        guard !text.isEmpty else { throw .outOfRange(name, mustBe: "a string that is not empty") }
        let framed = framing.frame(text)
        guard !framed.isCut else {
            throw .textTooLong(name, maximum: framing.maximumTokenCount, found: framed.wholeTokenCount)
        }
        return framed
    }

    private static func tokens(_ value: JSON, _ name: String, _ framing: TextFraming) throws(APIError) -> FramedText {
        var tokens: [TokenID] = []
        for element in value.elements {
            guard let id = element.integer, (0..<framing.vocabularySize).contains(id) else {
                throw .outOfRange(
                    "\(name)[\(tokens.count)]", mustBe: "a token id from 0 to \(framing.vocabularySize - 1)")
            }
            tokens.append(TokenID(id))
        }
        do throws(FramingError) {
            return try framing.frame(tokens: tokens)
        } catch .tooLong(let count, let maximum) {
            throw .textTooLong(name, maximum: maximum, found: count)
        } catch {
            throw .outOfRange(name, mustBe: "at least one token long")
        }
    }
}

extension APIError {
    /// Cutting it here would give a vector of something else than was sent, unnoticed.
    fileprivate static func textTooLong(_ parameter: String, maximum: Int, found: Int) -> APIError {
        APIError(
            400, .invalidRequest,
            "This model's maximum context length is \(maximum) tokens. However, '\(parameter)' has \(found), special "
                + "tokens included. Please cut it into parts.",
            parameter: parameter, code: "context_length_exceeded")
    }
}
