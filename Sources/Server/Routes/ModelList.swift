// ModelList.swift — GET /v1/models and /v1/models/{id}.
// Server › Routes.

import Base
import Engine

/// OpenAI's list of models; `max_model_len` is vLLM's addition.
enum ModelList {
    static func body(_ model: ServedModel) -> [UInt8] {
        var json = JSONWriter()
        json.object { json in
            json.field("object", "list")
            json.key("data")
            json.array { write(model, to: &$0) }
        }
        return json.bytes
    }

    static func entry(_ id: String, _ model: ServedModel) throws(APIError) -> [UInt8] {
        guard id == model.id else { throw .modelNotFound(quoted(Array(id.utf8))) }
        var json = JSONWriter()
        write(model, to: &json)
        return json.bytes
    }

    private static func write(_ model: ServedModel, to json: inout JSONWriter) {
        json.object { json in
            json.field("id", model.id)
            json.field("object", "model")
            json.field("created", model.created)
            json.field("owned_by", "swiftlet")
            json.field("max_model_len", model.service.limits.maxModelLength)
        }
    }
}
