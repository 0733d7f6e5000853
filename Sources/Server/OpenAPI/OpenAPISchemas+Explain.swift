// OpenAPISchemas+Explain.swift — the shapes of questions, answers and notes.
// Server › OpenAPI.

import Explainer

extension OpenAPISchemas {
    static var explaining: String {
        """
        "ExplainRequest": {"type": "object", "required": ["question"], "additionalProperties": false, "properties": {
           "question": {"type": "string", "minLength": 1, "maxLength": \(Limits.questionBytes.value), "pattern": "[^\\\\s]"},
           "messages": {"type": ["array", "null"], "maxItems": \(Limits.turns.value), "items": {"type": "object",
            "required": ["role", "content"], "additionalProperties": false, "properties": {
            "role": {"enum": ["user", "assistant"]}, "content": {"type": "string"},
            "notes": {"type": ["array", "null"], "items": {"type": "string"}}}}},
           "level": {"enum": ["junior", "senior", null]},
           "grounding": {"enum": [\(choices(Grounding.self)), null]},
           "unsupported": {"enum": [\(choices(UnsupportedPolicy.self)), null]},
           "top": \(integer(AnswerOptions.sentenceCounts.lowerBound, AnswerOptions.sentenceCounts.upperBound)),
           "seed": \(integer(0, Int.max)), "stream": \(boolean), "model": \(string)}}
        """
    }

    private static func choices<Choice: RawRepresentable<String> & CaseIterable>(_ type: Choice.Type) -> String {
        Choice.allCases.map { OpenAPIDocument.quoted($0.rawValue) }.joined(separator: ", ")
    }

    static let explanation = #"""
        "Span": {"type": "object", "required": ["text", "citation"], "properties": {
           "text": {"type": "string"}, "citation": {"type": ["integer", "null"]}, "unsupported": {"type": "boolean"}}},
          "Explanation": {"type": "object", "required": ["id", "question", "answer", "declined", "confidence", "citations",
           "spans", "sections", "related", "code", "engine", "timings"], "properties": {
           "id": {"type": "string"}, "question": {"type": "string"}, "answer": {"type": "string"},
           "declined": {"type": "boolean"}, "reason": {"type": "string"},
           "verdict": {"enum": ["sufficient", "weak", "declined"]}, "confidence": {"type": "number"},
           "citations": {"type": "array", "items": {"type": "object",
            "required": ["note", "title", "question", "topic", "range", "content_hash", "quote"], "properties": {
            "note": {"type": "string"}, "title": {"type": "string"}, "question": {"type": "string"},
            "topic": {"type": "string"}, "content_hash": {"type": "string"}, "quote": {"type": "string"},
            "range": {"type": "array", "minItems": 2, "maxItems": 2, "items": {"type": "integer"}}}}},
           "spans": {"type": "array", "items": {"$ref": "#/components/schemas/Span"}},
           "sections": {"type": "object", "additionalProperties":
            {"type": "array", "items": {"$ref": "#/components/schemas/Span"}}},
           "related": {"type": "array", "items": {"type": "object", "required": ["note", "title", "question"]}},
           "code": {"type": "array", "items": {"type": "object", "required": ["path"], "properties": {
            "path": {"type": "string"}, "symbol": {"type": "string"}, "line": {"type": "integer", "minimum": 1}}}},
           "engine": {"type": "object", "required": ["cached_tokens", "blocks", "drafted", "accepted"]},
           "timings": {"type": "object", "additionalProperties": {"type": "number"}}}},
          "Note": {"type": "object", "required": ["note", "question", "topic", "level", "kind", "text", "content_hash",
           "sections", "see_also", "sources"], "properties": {
           "note": {"type": "string"}, "question": {"type": "string"}, "topic": {"type": "string"},
           "level": {"type": "string"}, "kind": {"type": "string"}, "text": {"type": "string"},
           "content_hash": {"type": "string"}, "sections": {"type": "array", "items": {"type": "object"}},
           "see_also": {"type": "array", "items": {"type": "string"}},
           "sources": {"type": "array", "items": {"type": "string"}}}}
        """#
}
