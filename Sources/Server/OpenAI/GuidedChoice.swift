// GuidedChoice.swift — answers that must be one of some given texts.
// Server › OpenAI.  vLLM's fields: `structured_outputs.choice`, and `guided_choice`, its older name.

import Base

enum GuidedChoice {
    /// The other ways to hold an answer to a form.
    static let refused: [String: NoOpValue] = [
        "json": .onlyNull, "regex": .onlyNull, "grammar": .onlyNull, "structural_tag": .onlyNull,
        "json_object": .bool(false), "disable_any_whitespace": .bool(false),
        "disable_additional_properties": .bool(false), "whitespace_pattern": .onlyNull,
    ]

    /// The texts, if the request names any.
    static func read(_ fields: RequestFields) throws(APIError) -> [[UInt8]]? {
        let old = try fields.value("guided_choice").map { value throws(APIError) in try texts(value, "guided_choice") }
        guard let structured = fields.value("structured_outputs") else { return old }
        let outputs = try RequestFields(
            structured, path: "structured_outputs.", supported: ["choice"],
            refused: refused)
        guard let choice = outputs.value("choice") else { return old }
        guard old == nil else {
            throw .conflict(
                "'guided_choice' is the old name of 'structured_outputs.choice': give one of them.",
                parameter: "guided_choice")
        }
        return try texts(choice, "structured_outputs.choice")
    }

    private static func texts(_ value: JSON, _ name: String) throws(APIError) -> [[UInt8]] {
        guard value.kind == .array else {
            throw .wrongType(name, expected: "an array of strings", found: value.kind)
        }
        guard value.count > 0 else { throw .outOfRange(name, mustBe: "an array with at least one string") }
        guard value.count <= Limits.guidedChoices.value else {
            throw .tooMany(name, Limits.guidedChoices, found: value.count)
        }
        var texts: [[UInt8]] = []
        for (index, element) in value.elements.enumerated() {
            guard let text = element.utf8 else {
                throw .wrongType("\(name)[\(index)]", expected: "a string", found: element.kind)
            }
            guard !text.isEmpty else {
                throw .outOfRange("\(name)[\(index)]", mustBe: "a string that is not empty")
            }
            guard text.count <= Limits.guidedChoiceBytes.value else {
                throw .tooMany("\(name)[\(index)]", Limits.guidedChoiceBytes, found: text.count)
            }
            texts.append(text)
        }
        let total = texts.reduce(0) { $0 + $1.count }
        guard total <= Limits.guidedChoiceTotal.value else {
            throw .tooMany(name, Limits.guidedChoiceTotal, found: total)
        }
        return texts
    }
}
