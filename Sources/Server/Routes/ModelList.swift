// ModelList.swift — GET /v1/models and /v1/models/{id}.
// Server › Routes.

import Base
import Embedding
import Engine

/// OpenAI's list of models; `max_model_len` is vLLM's addition.
enum ModelList {
    /// - Parameter encoder: the model of /v1/embeddings, listed after the one that answers.
    static func body(_ model: ServedModel, _ encoder: EncoderEmbedder?) -> [UInt8] {
        var json = JSONWriter()
        json.object { json in
            json.field("object", "list")
            json.key("data")
            json.array { json in
                write(model.id, model.created, model.service.limits.maxModelLength, to: &json)
                if let encoder {
                    write(encoder.name, model.created, encoder.framing.maximumTokenCount, to: &json)
                }
            }
        }
        return json.bytes
    }

    static func entry(
        _ id: String, _ model: ServedModel, _ encoder: EncoderEmbedder?
    ) throws(APIError) -> [UInt8] {
        var json = JSONWriter()
        if id == model.id {
            write(id, model.created, model.service.limits.maxModelLength, to: &json)
        } else if let encoder, id == encoder.name {
            write(id, model.created, encoder.framing.maximumTokenCount, to: &json)
        } else {
            throw .modelNotFound(quoted(Array(id.utf8)))
        }
        return json.bytes
    }

    private static func write(_ id: String, _ created: Int, _ maximumLength: Int, to json: inout JSONWriter) {
        json.object { json in
            json.field("id", id)
            json.field("object", "model")
            json.field("created", created)
            json.field("owned_by", "swiftlet")
            json.field("max_model_len", maximumLength)
        }
    }
}
