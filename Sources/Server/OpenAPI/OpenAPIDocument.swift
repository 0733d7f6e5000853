// OpenAPIDocument.swift — GET /openapi.json: what the routes take and give, with the caps of `Limits`.
// Server › OpenAPI.  OpenAPI 3.1. Numbers come from the code; a test holds the ranges against what is accepted.

import Base

package enum OpenAPIDocument {
    /// The whole document.
    package static let body: [UInt8] = Array(text.utf8)

    private static var text: String {
        """
        {"openapi": "3.1.0",
         "info": {"title": "Swiftlet", "version": "1", "description": "OpenAI's completion routes, and a few of its own."},
         "x-limits": [\(Limits.all.map(row).joined(separator: ",\n  "))],
         "paths": {
          "/v1/chat/completions": {"post": \(completion("ChatCompletionRequest", "ChatCompletion", "chat"))},
          "/v1/completions": {"post": \(completion("CompletionRequest", "Completion", "a text"))},
          "/v1/embeddings": {"post": \(operation("EmbeddingRequest", "Embeddings", "Texts as vectors"))},
          "/v1/search": {"get": \(reading("SearchAnswer", "Searches an index", [400, 404, 503], parameters: search))},
          "/v1/rerank": {"post": \(operation("RerankRequest", "Ranking", "Which of these texts answers best"))},
          "/v1/engine": {"get": \(reading("EngineView", "The engine between two steps", [400, 401, 503], parameters: blockParameter))},
          "/v1/explain": {"post": \(explaining)},
          "/v1/notes/{topic}/{slug}": {"get": \(reading("Note", "A note, as it is quoted", [400, 404], parameters: noteParameters))},
          "/tokenize": {"post": \(operation("TokenizeRequest", "Tokens", "Text or a conversation as token ids"))},
          "/detokenize": {"post": \(operation("DetokenizeRequest", "Text", "Token ids as text"))},
          "/apply-template": {"post": \(operation("ApplyTemplateRequest", "Prompt", "A conversation as the model reads it"))},
          "/v1/models": {"get": \(reading("ModelList", "The served model", [503]))},
          "/v1/models/{id}": {"get": \(reading("Model", "One model", [400, 404, 503], parameters: modelParameter))},
          "/health": {"get": \(reading("Status", "Live: the engine makes steps while it has work", [503]))},
          "/ready": {"get": \(reading("Status", "The model is loaded and the server is not shutting down", [503]))},
          "/metrics": {"get": {"summary": "Prometheus metrics", "responses": {
           "200": {"description": "Text format 0.0.4", "content": {"text/plain": {"schema": {"type": "string"}}}}}}},
          "/": {"get": {"summary": "The web page", "responses": {
           "200": {"description": "The page", "content": {"text/html": {"schema": {"type": "string"}}}},
           "304": {"description": "The copy that if-none-match names is still good"}}}},
          "/openapi.json": {"get": {"summary": "This document", "responses": {
           "200": {"description": "OpenAPI 3.1", "content": {"application/json": {"schema": {"type": "object"}}}}}}}
         },
         "components": {"schemas": {
          \(OpenAPISchemas.requests),
          \(OpenAPISchemas.answers)
         }}
        }

        """
    }

    private static func row(_ limit: Limit) -> String {
        "{\"name\": \(quoted(limit.name)), \"value\": \(limit.value), \"meaning\": \(quoted(limit.meaning))}"
    }

    // MARK: - Operations

    private static func completion(_ request: String, _ answer: String, _ what: String) -> String {
        """
        {"summary": "Continues \(what)", \(takes(request)),
           "responses": {"200": {"description": "The answer, or a stream of events where 'stream' is true", "content": {
            "application/json": {"schema": {"$ref": "#/components/schemas/\(answer)"}},
            "text/event-stream": {}}},
            \(errors([400, 401, 403, 404, 408, 413, 415, 429, 500, 503]))}}
        """
    }

    private static let explaining = """
        {"summary": "Answers a question with sentences of the notes", \(takes("ExplainRequest")),
           "responses": {"200": {"description": "The answer, or a stream of events where 'stream' is true", "content": {
            "application/json": {"schema": {"$ref": "#/components/schemas/Explanation"}},
            "text/event-stream": {}}},
            \(errors([400, 401, 403, 404, 408, 413, 415, 429, 500, 503]))}}
        """

    private static func operation(_ request: String, _ answer: String, _ summary: String) -> String {
        """
        {"summary": "\(summary)", \(takes(request)),
           "responses": {\(success(answer)), \(errors([400, 401, 403, 404, 408, 413, 415, 429, 503]))}}
        """
    }

    private static func reading(
        _ answer: String, _ summary: String, _ statuses: [Int], parameters: String = ""
    ) -> String {
        """
        {"summary": "\(summary)", \(parameters)"responses": {\(success(answer)), \(errors(statuses))}}
        """
    }

    private static let modelParameter = """
        "parameters": [{"name": "id", "in": "path", "required": true, "schema": {"type": "string", "minLength": 1}}], \

        """

    private static let blockParameter = """
        "parameters": [{"name": "block", "in": "query", "schema": {"type": "integer", "minimum": 0}}], \

        """

    private static let noteParameters: String = {
        let parameters = ["topic", "slug"].map {
            #"{"name": "\#($0)", "in": "path", "required": true, "schema": {"type": "string", "minLength": 1}}"#
        }
        return #""parameters": [\#(parameters.joined(separator: ", "))], "#
    }()

    private static let search: String = {
        func parameter(_ name: String, _ schema: String, required: Bool = false) -> String {
            #"{"name": "\#(name)", "in": "query", "required": \#(required), "schema": \#(schema)}"#
        }
        let parameters = [
            parameter("q", #"{"type": "string", "minLength": 1}"#, required: true),
            parameter("top", #"{"type": "integer", "minimum": 1, "maximum": \#(Limits.searchHits.value)}"#),
            parameter("mode", #"{"enum": ["bm25", "dense", "hybrid"]}"#),
            parameter("fusion", #"{"enum": ["convex", "rrf"]}"#),
            parameter("alpha", #"{"type": "number", "minimum": 0, "maximum": 1}"#),
            parameter("filter", #"{"type": "string"}"#),
            parameter("rerank", #"{"type": "string"}"#),
            parameter("explain", #"{"type": "boolean"}"#),
        ]
        return #""parameters": [\#(parameters.joined(separator: ", "))], "#
    }()

    private static func takes(_ request: String) -> String {
        """
        "requestBody": {"required": true, "content": {"application/json": {"schema":
           {"$ref": "#/components/schemas/\(request)"}}}}
        """
    }

    private static func success(_ answer: String) -> String {
        """
        "200": {"description": "\(answer)", "content": {"application/json": {"schema":
            {"$ref": "#/components/schemas/\(answer)"}}}}
        """
    }

    private static func errors(_ statuses: [Int]) -> String {
        statuses.map { status in
            """
            "\(status)": {"description": "\(meaning(of: status))", "content": {"application/json": {"schema":
                {"$ref": "#/components/schemas/Error"}}}}
            """
        }.joined(separator: ",\n    ")
    }

    private static func meaning(of status: Int) -> String {
        switch status {
        case 400: "The request is wrong; the message says where"
        case 401: "A key is needed, and this is none"
        case 403: "This key may not use this model"
        case 404: "No such model"
        case 429: "A limit of this key or tenant; retry-after says when to come back"
        case 408: "The request did not arrive in time"
        case 413: "The body is too large"
        case 415: "The body is not announced as JSON"
        case 500: "The engine failed"
        default: "Loading, full, or shutting down; try again"
        }
    }

    /// A JSON string.
    static func quoted(_ text: String) -> String {
        var json = JSONWriter()
        json.string(text)
        return String(decoding: json.bytes, as: UTF8.self)
    }
}
