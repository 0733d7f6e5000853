// TextTools.swift — POST /tokenize, /detokenize and /apply-template: what the model would read, without running it.
// Server › Routes.  Requests in vLLM's words and in llama.cpp's, which differ in names and defaults:
//
//     vLLM        {"prompt": …}     special tokens are added unless add_special_tokens is false
//     llama.cpp   {"content": …}    special tokens are added only if add_special is true
//     both        {"messages": …}   the conversation as the chat template writes it

import Base
import Engine
import Tokenization

/// One of the three.
package enum TextTool: String, CaseIterable, Sendable {
    case tokenize = "/tokenize"
    case detokenize = "/detokenize"
    case applyTemplate = "/apply-template"
}

extension ServedModel {
    /// The answer's body. Pure, so it may run on any thread.
    package func answer(
        _ tool: TextTool, body: [UInt8], ignoresUnknownFields: Bool = false
    ) throws(APIError) -> [UInt8] {
        let json: JSON
        do { json = try JSON.parse(body, maximumDepth: Limits.nesting.value) } catch { throw .notJSON(error) }
        let context = RequestContext(
            defaults: defaultSampling, vocabularySize: service.limits.vocabularySize,
            ignoresUnknownFields: ignoresUnknownFields)
        switch tool {
        case .tokenize: return try tokenize(json, context)
        case .detokenize: return try detokenize(json, context)
        case .applyTemplate: return try applyTemplate(json, context)
        }
    }

    // MARK: - /tokenize

    private func tokenize(_ json: JSON, _ context: RequestContext) throws(APIError) -> [UInt8] {
        let fields = try RequestFields(
            json,
            supported: [
                "model", "prompt", "content", "messages", "add_special_tokens", "add_special", "parse_special",
                "return_token_strs", "with_pieces",
            ], refused: UnsupportedParameters.template, ignoresUnknown: context.ignoresUnknownFields)
        try checkName(fields.string("model"))
        let tokens = try tokens(fields, context)
        let withPieces = try fields.boolean("with_pieces") ?? false
        let withStrings = try fields.boolean("return_token_strs") ?? false

        var json = JSONWriter()
        json.object { json in
            json.field("count", tokens.count)
            json.field("max_model_len", service.limits.maxModelLength)
            json.key("tokens")
            json.array { json in
                for token in tokens {
                    if withPieces { writePiece(token, to: &json) } else { json.integer(token.index) }
                }
            }
            json.key("token_strs")
            if withStrings {
                json.array { json in
                    for token in tokens { json.string(utf8: codec.spelling(of: token)) }
                }
            } else {
                json.null()
            }
        }
        return json.bytes
    }

    private func tokens(_ fields: RequestFields, _ context: RequestContext) throws(APIError) -> [TokenID] {
        let given = ["prompt", "content", "messages"].filter { fields.value($0) != nil }
        guard given.count < 2 else {
            throw .conflict("Give one of 'prompt', 'content' and 'messages'.", parameter: given[1])
        }
        let addsForPrompt = try fields.boolean("add_special_tokens")
        let addsForContent = try fields.boolean("add_special")
        let parsesSpecial = try fields.boolean("parse_special") ?? true
        if let messages = fields.value("messages") {
            let conversation = try ChatCompletionRequest.messages(messages, context)
            do { return try codec.encodeConversation(conversation) } catch { throw .template("\(error)") }
        }
        let name = given.first ?? "prompt"
        guard let text = try fields.required(name).utf8 else {
            throw .wrongType(name, expected: "a string", found: try fields.required(name).kind)
        }
        let adds = addsForPrompt ?? addsForContent ?? (name == "prompt")
        return codec.encode(text, addsSpecialTokens: adds, parsesSpecialTokens: parsesSpecial)
    }

    /// llama.cpp's `{id, piece}`: a string, or the bytes where those are no whole characters.
    private func writePiece(_ token: TokenID, to json: inout JSONWriter) {
        let spelling = codec.spelling(of: token)
        json.object { json in
            json.field("id", token.index)
            json.key("piece")
            if String(validating: spelling, as: UTF8.self) != nil {
                json.string(utf8: spelling)
            } else {
                json.array { json in
                    for byte in spelling { json.integer(Int(byte)) }
                }
            }
        }
    }

    // MARK: - /detokenize

    private func detokenize(_ json: JSON, _ context: RequestContext) throws(APIError) -> [UInt8] {
        let fields = try RequestFields(
            json, supported: ["model", "tokens"], ignoresUnknown: context.ignoresUnknownFields)
        try checkName(fields.string("model"))
        let value = try fields.required("tokens")
        guard value.kind == .array else {
            throw .wrongType("tokens", expected: "an array of token ids", found: value.kind)
        }
        var detokenizer = codec.makePromptDetokenizer()
        var text = try TokenID.array(value, "tokens", context).flatMap { detokenizer.push($0) }
        text += detokenizer.finish()
        var json = JSONWriter()
        json.object { json in
            // vLLM's name, then llama.cpp's.
            json.field("prompt", utf8: text)
            json.field("content", utf8: text)
        }
        return json.bytes
    }

    // MARK: - /apply-template

    private func applyTemplate(_ json: JSON, _ context: RequestContext) throws(APIError) -> [UInt8] {
        let fields = try RequestFields(
            json, supported: ["model", "messages"], refused: UnsupportedParameters.template,
            ignoresUnknown: context.ignoresUnknownFields)
        try checkName(fields.string("model"))
        let messages = try ChatCompletionRequest.messages(fields.required("messages"), context)
        let text: String
        do { text = try codec.renderConversation(messages) } catch { throw .template("\(error)") }
        var json = JSONWriter()
        json.object { $0.field("prompt", text) }
        return json.bytes
    }
}
