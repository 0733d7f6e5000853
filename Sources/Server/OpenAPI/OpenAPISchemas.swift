// OpenAPISchemas.swift — the shapes of requests and answers, as JSON Schema.
// Server › OpenAPI.

enum OpenAPISchemas {
    // MARK: - Requests

    static var requests: String {
        """
        "ChatCompletionRequest": {"type": "object", "required": ["messages"], "additionalProperties": false, "properties": {
           "messages": \(messages),
           "max_tokens": \(integer(1, Limits.outputTokens.value)),
           "max_completion_tokens": \(integer(1, Limits.outputTokens.value)),
           "logprobs": \(boolean),
           "top_logprobs": \(integer(0, Limits.topLogprobs.value)),
           \(common),
           \(refused(UnsupportedParameters.chat))}},
          "CompletionRequest": {"type": "object", "required": ["prompt"], "additionalProperties": false, "properties": {
           "prompt": {"anyOf": [{"type": "string"},
            {"type": "array", "minItems": 1, "maxItems": \(Limits.prompts.value), "items": {"type": "string"}},
            \(tokens),
            {"type": "array", "minItems": 1, "maxItems": \(Limits.prompts.value), "items": \(tokens)}]},
           "max_tokens": \(integer(0, Limits.outputTokens.value, "0 only with echo")),
           "echo": \(boolean),
           "logprobs": \(integer(0, Limits.topLogprobs.value)),
           \(common),
           \(refused(UnsupportedParameters.completion))}},
          "EmbeddingRequest": {"type": "object", "required": ["input"], "additionalProperties": false, "properties": {
           "input": {"anyOf": [\(text), {"type": "array", "minItems": 1, "maxItems": \(Limits.embeddingInputs.value), "items": \(text)},
            \(tokens),
            {"type": "array", "minItems": 1, "maxItems": \(Limits.embeddingInputs.value), "items": \(tokens)}]},
           "model": \(string), "encoding_format": {"enum": ["float", "base64", null]},
           "dimensions": \(integer(1, 1 << 20, "the length of this model's vectors, and nothing else")),
           \(refused(EmbeddingRequest.refused))}},
          "RerankRequest": {"type": "object", "required": ["query", "documents"], "additionalProperties": false,
           "properties": {"model": \(string), "query": \(text),
           "documents": {"type": "array", "minItems": 1, "maxItems": \(Limits.rerankDocuments.value), "items": {"anyOf": [
            {"type": "string"}, {"type": "object", "required": ["text"], "properties": {"text": {"type": "string"}}}]}},
           "top_n": \(integer(1, 1 << 20)), "return_documents": \(boolean), "user": \(string)}},
          \(explaining),
          "TokenizeRequest": {"type": "object", "additionalProperties": false,
           "oneOf": [{"required": ["prompt"]}, {"required": ["content"]}, {"required": ["messages"]}], "properties": {
           "model": \(string), "prompt": \(string), "content": \(string),
           "messages": {"anyOf": [{"type": "null"}, \(messages)]},
           "add_special_tokens": \(boolean), "add_special": \(boolean), "parse_special": \(boolean),
           "return_token_strs": \(boolean), "with_pieces": \(boolean),
           \(refused(UnsupportedParameters.template))}},
          "DetokenizeRequest": {"type": "object", "required": ["tokens"], "additionalProperties": false, "properties": {
           "model": \(string), "tokens": {"type": "array", "items": {"type": "integer", "minimum": 0}}}},
          "ApplyTemplateRequest": {"type": "object", "required": ["messages"], "additionalProperties": false, "properties": {
           "model": \(string), "messages": \(messages),
           \(refused(UnsupportedParameters.template))}}
        """
    }

    /// What both completion routes take.
    private static var common: String {
        """
        "model": \(string),
           "temperature": \(number(0, 2)),
           "top_p": {"type": ["number", "null"], "exclusiveMinimum": 0, "maximum": 1},
           "top_k": \(integer(-1, 1_000_000)),
           "min_p": \(number(0, 1)),
           "frequency_penalty": \(number(-2, 2)),
           "presence_penalty": \(number(-2, 2)),
           "repetition_penalty": {"type": ["number", "null"], "exclusiveMinimum": 0, "maximum": 10},
           "logit_bias": {"type": ["object", "null"], "maxProperties": \(Limits.logitBias.value),
            "propertyNames": {"pattern": "^(0|[1-9][0-9]{0,9})$"},
            "additionalProperties": {"type": "number", "minimum": -100, "maximum": 100}},
           "seed": {"type": ["integer", "null"], "minimum": \(Int.min), "maximum": \(Int.max)},
           "min_tokens": \(integer(0, Limits.outputTokens.value)),
           "stop": {"anyOf": [{"type": "null"}, \(stop),
            {"type": "array", "maxItems": \(Limits.stopStrings.value), "items": \(stop)}]},
           "guided_choice": \(choices),
           "structured_outputs": {"type": ["object", "null"], "additionalProperties": false, "properties": {
            "choice": \(choices),
            \(refused(GuidedChoice.refused))}},
           "stop_token_ids": {"type": ["array", "null"], "maxItems": \(Limits.stopTokens.value),
            "items": {"type": "integer", "minimum": 0}},
           "include_stop_str_in_output": \(boolean),
           "n": \(integer(1, Limits.choices.value)),
           "ignore_eos": \(boolean),
           "token_details": \(boolean),
           "cache_salt": {"type": ["string", "null"], "minLength": 1, "maxLength": \(Limits.cacheSaltBytes.value)},
           "priority": \(integer(-1_000_000, 1_000_000)),
           "stream": \(boolean),
           "stream_options": {"type": ["object", "null"], "description": "only with 'stream'",
            "properties": {"include_usage": \(boolean)}}
        """
    }

    private static var messages: String {
        """
        {"type": "array", "minItems": 1, "maxItems": \(Limits.messages.value), "items": {"type": "object",
            "required": ["role", "content"], "additionalProperties": false, "properties": {
            "role": {"enum": \(list(ChatCompletionRequest.roles))},
            "content": {"anyOf": [{"type": "string"}, {"type": "array", "maxItems": \(Limits.contentParts.value), "items":
             {"type": "object", "required": ["type", "text"], "additionalProperties": false,
              "properties": {"type": {"const": "text"}, "text": {"type": "string"}}}}]},
            "name": \(string), "tool_call_id": \(string),
            \(refused(UnsupportedParameters.message))}}}
        """
    }

    /// The byte limit is the real one; a character has at most four.
    private static let stop =
        "{\"type\": \"string\", \"minLength\": 1, \"maxLength\": \(Limits.stopBytes.value)}"
    private static let choices = """
        {"type": ["array", "null"], "minItems": 1, "maxItems": \(Limits.guidedChoices.value), \
        "items": {"type": "string", "minLength": 1, "maxLength": \(Limits.guidedChoiceBytes.value)}}
        """
    private static let text = #"{"type": "string", "minLength": 1}"#
    private static let tokens =
        #"{"type": "array", "minItems": 1, "items": {"type": "integer", "minimum": 0}}"#
    static let string = #"{"type": ["string", "null"]}"#
    static let boolean = #"{"type": ["boolean", "null"]}"#

    static func integer(_ minimum: Int, _ maximum: Int, _ description: String? = nil) -> String {
        let note = description.map { ", \"description\": \"\($0)\"" } ?? ""
        return "{\"type\": [\"integer\", \"null\"], \"minimum\": \(minimum), \"maximum\": \(maximum)\(note)}"
    }

    private static func number(_ minimum: Int, _ maximum: Int) -> String {
        "{\"type\": [\"number\", \"null\"], \"minimum\": \(minimum), \"maximum\": \(maximum)}"
    }

    static func list(_ names: [String]) -> String {
        "[\(names.map(OpenAPIDocument.quoted).joined(separator: ", "))]"
    }

    /// Known parameters that ask for nothing, with the values they may hold.
    private static func refused(_ parameters: [String: NoOpValue]) -> String {
        parameters.sorted { $0.key < $1.key }.map { name, value in
            "\"\(name)\": {\"anyOf\": [{\"type\": \"null\"}, \(value.schema)], \"description\": \"not supported\"}"
        }.joined(separator: ",\n           ")
    }

    // MARK: - Answers

    static let answers = #"""
        "Error": {"type": "object", "required": ["error"], "properties": {"error": {"type": "object",
           "required": ["message", "type", "param", "code"], "additionalProperties": false, "properties": {
           "message": {"type": "string"}, "type": {"enum": ["invalid_request_error", "server_error"]},
           "param": {"type": ["string", "null"]}, "code": {"type": ["string", "null"]}}}}},
          "Usage": {"type": "object", "required": ["prompt_tokens", "completion_tokens", "total_tokens"], "properties": {
           "prompt_tokens": {"type": "integer"}, "completion_tokens": {"type": "integer"},
           "total_tokens": {"type": "integer"}, "prompt_tokens_details": {"type": "object",
            "required": ["cached_tokens"], "properties": {"cached_tokens": {"type": "integer"}}}}},
          "TokenLogprob": {"type": "object", "required": ["token", "logprob", "bytes"], "properties": {
           "token": {"type": "string"}, "logprob": {"type": "number"},
           "bytes": {"type": "array", "items": {"type": "integer", "minimum": 0, "maximum": 255}}}},
          "ChatCompletion": {"type": "object", "required": ["id", "object", "created", "model", "choices", "usage"],
           "properties": {"id": {"type": "string"}, "object": {"const": "chat.completion"},
           "created": {"type": "integer"}, "model": {"type": "string"}, "usage": {"$ref": "#/components/schemas/Usage"},
           "choices": {"type": "array", "minItems": 1, "items": {"type": "object",
            "required": ["index", "message", "logprobs", "finish_reason"], "properties": {
            "index": {"type": "integer"}, "finish_reason": {"enum": ["stop", "length"]},
            "message": {"type": "object", "required": ["role", "content", "refusal"], "properties": {
             "role": {"const": "assistant"}, "content": {"type": "string"}, "refusal": {"type": "null"}}},
            "logprobs": {"anyOf": [{"type": "null"}, {"type": "object", "required": ["content", "refusal"], "properties": {
             "refusal": {"type": "null"}, "content": {"type": "array", "items": {"allOf": [
              {"$ref": "#/components/schemas/TokenLogprob"}, {"type": "object", "required": ["top_logprobs"], "properties":
              {"top_logprobs": {"type": "array", "items": {"$ref": "#/components/schemas/TokenLogprob"}}}}]}}}}]}}}}}},
          "Completion": {"type": "object", "required": ["id", "object", "created", "model", "choices", "usage"],
           "properties": {"id": {"type": "string"}, "object": {"const": "text_completion"},
           "created": {"type": "integer"}, "model": {"type": "string"}, "usage": {"$ref": "#/components/schemas/Usage"},
           "choices": {"type": "array", "minItems": 1, "items": {"type": "object",
            "required": ["index", "text", "logprobs", "finish_reason"], "properties": {
            "index": {"type": "integer"}, "text": {"type": "string"}, "finish_reason": {"enum": ["stop", "length"]},
            "logprobs": {"anyOf": [{"type": "null"}, {"type": "object",
             "required": ["text_offset", "token_logprobs", "tokens", "top_logprobs"], "properties": {
             "text_offset": {"type": "array", "items": {"type": "integer"}},
             "token_logprobs": {"type": "array", "items": {"type": ["number", "null"]}},
             "tokens": {"type": "array", "items": {"type": "string"}},
             "top_logprobs": {"type": "array", "items": {"type": ["object", "null"],
              "additionalProperties": {"type": "number"}}}}}]}}}}}},
          "Embeddings": {"type": "object", "required": ["object", "data", "model", "usage"], "properties": {
           "object": {"const": "list"}, "model": {"type": "string"},
           "usage": {"type": "object", "required": ["prompt_tokens", "total_tokens"], "properties": {
            "prompt_tokens": {"type": "integer"}, "total_tokens": {"type": "integer"}}},
           "data": {"type": "array", "minItems": 1, "items": {"type": "object",
            "required": ["object", "index", "embedding"], "properties": {
            "object": {"const": "embedding"}, "index": {"type": "integer"},
            "embedding": {"anyOf": [{"type": "string"}, {"type": "array", "items": {"type": "number"}}]}}}}}},
          "Tokens": {"type": "object", "required": ["count", "max_model_len", "tokens", "token_strs"], "properties": {
           "count": {"type": "integer"}, "max_model_len": {"type": "integer"},
           "tokens": {"type": "array", "items": {"anyOf": [{"type": "integer"}, {"type": "object",
            "required": ["id", "piece"], "properties": {"id": {"type": "integer"},
            "piece": {"anyOf": [{"type": "string"}, {"type": "array", "items": {"type": "integer"}}]}}}]}},
           "token_strs": {"anyOf": [{"type": "null"}, {"type": "array", "items": {"type": "string"}}]}}},
          "Ranking": {"type": "object", "required": ["model", "results"], "properties": {"model": {"type": "string"},
           "results": {"type": "array", "items": {"type": "object", "required": ["index", "relevance_score"],
            "properties": {"index": {"type": "integer"}, "relevance_score": {"type": "number"}}}}}},
          "SearchAnswer": {"type": "object", "required": ["query", "mode", "hits"], "properties": {
           "query": {"type": "string"}, "mode": {"type": "string"}, "hits": {"type": "array", "items": {"type": "object"}}}},
          "EngineView": {"type": "object", "required": ["step", "busy", "metrics", "blocks", "requests", "steps", "first_tokens"],
           "properties": {"step": {"type": "integer"}, "busy": {"type": "boolean"},
           "metrics": {"type": "object", "additionalProperties": {"type": "integer"}},
           "blocks": {"type": "object", "required": ["count", "tokens_per_block", "free", "cached", "used", "shared", "map"]},
           "requests": {"type": "array", "items": {"type": "object", "required": ["id", "state", "blocks"]}},
           "steps": {"type": "object"}, "first_tokens": {"type": "object"},
           "block": {"anyOf": [{"type": "null"}, {"type": "object", "required": ["id", "state", "references", "requests"]}]}}},
          \#(explanation),
          "Text": {"type": "object", "required": ["prompt", "content"], "properties": {
           "prompt": {"type": "string"}, "content": {"type": "string"}}},
          "Prompt": {"type": "object", "required": ["prompt"], "properties": {"prompt": {"type": "string"}}},
          "Model": {"type": "object", "required": ["id", "object", "created", "owned_by", "max_model_len"], "properties": {
           "id": {"type": "string"}, "object": {"const": "model"}, "created": {"type": "integer"},
           "owned_by": {"type": "string"}, "max_model_len": {"type": "integer"}}},
          "ModelList": {"type": "object", "required": ["object", "data"], "properties": {"object": {"const": "list"},
           "data": {"type": "array", "items": {"$ref": "#/components/schemas/Model"}}}},
          "Status": {"type": "object", "required": ["status"], "properties": {"status": {"enum": ["ok", "ready"]}}}
        """#
}

extension NoOpValue {
    /// JSON Schema of the values that are allowed, besides null.
    fileprivate var schema: String {
        switch self {
        case .anyString: #"{"type": "string"}"#
        case .anyObject: #"{"type": "object"}"#
        case .anyBool: #"{"type": "boolean"}"#
        case .bool(let wanted): "{\"const\": \(wanted)}"
        case .number(let wanted): "{\"const\": \(NoOpValue.number(wanted))}"
        case .emptyArray: #"{"type": "array", "maxItems": 0}"#
        case .emptyObject: #"{"type": "object", "maxProperties": 0}"#
        case .emptyString: #"{"const": ""}"#
        case .strings(let wanted): "{\"enum\": [\(wanted.map(OpenAPIDocument.quoted).joined(separator: ", "))]}"
        case .textType: #"{"const": {"type": "text"}}"#
        case .arrayOf(let wanted): "{\"const\": [\(OpenAPIDocument.quoted(wanted))]}"
        case .onlyNull: #"{"type": "null"}"#
        }
    }
}
