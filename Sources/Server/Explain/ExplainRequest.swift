// ExplainRequest.swift — the body of POST /v1/explain.
// Server › Explain.  Pure, so it may run on any thread.

import Base
import Explainer

/// A question, what was said before it, and how its answer is wanted.
struct ExplainRequest: Sendable {
    private static let names: Set<String> = [
        "question", "messages", "level", "grounding", "unsupported", "top", "stream", "seed", "model",
    ]

    let question: String
    let conversation: [ConversationTurn]
    let options: AnswerOptions
    let isStreaming: Bool
    /// The name of the model that is asked for.
    let model: String?

    /// - Throws: a 400 that names the member.
    init(body: [UInt8], ignoresUnknownFields: Bool) throws(APIError) {
        let json: JSON
        do { json = try JSON.parse(body, maximumDepth: Limits.nesting.value) } catch { throw .notJSON(error) }
        let fields = try RequestFields(json, supported: Self.names, ignoresUnknown: ignoresUnknownFields)
        question = try Self.question(fields.required("question"), "question")
        conversation = try fields.value("messages").map { value throws(APIError) in try Self.turns(value) } ?? []
        var options = AnswerOptions()
        options.grounding = try Self.choice(fields, "grounding") ?? options.grounding
        options.unsupported = try Self.choice(fields, "unsupported") ?? options.unsupported
        if let level = try fields.string("level") {
            guard let known = ["junior": Note.Level.junior, "senior": .senior][level] else {
                throw .outOfRange("level", mustBe: "junior or senior")
            }
            options.level = known
        }
        options.sentenceCount = try fields.integer("top", in: AnswerOptions.sentenceCounts)
        options.seed = UInt64(try fields.integer("seed", in: 0...Int.max) ?? 0)
        self.options = options
        isStreaming = try fields.boolean("stream") ?? false
        model = try fields.string("model")
    }

    private static func question(_ value: JSON, _ name: String) throws(APIError) -> String {
        guard let text = value.string else { throw .wrongType(name, expected: "a string", found: value.kind) }
        guard text.contains(where: { !$0.isWhitespace }) else {
            throw .outOfRange(name, mustBe: "a text that is not empty")
        }
        guard text.utf8.count <= Limits.questionBytes.value else {
            throw .tooMany(name, Limits.questionBytes, found: text.utf8.count)
        }
        return text
    }

    private static func choice<Choice>(_ fields: RequestFields, _ name: String) throws(APIError) -> Choice?
    where Choice: RawRepresentable<String> & CaseIterable {
        guard let text = try fields.string(name) else { return nil }
        guard let choice = Choice(rawValue: text) else {
            throw .outOfRange(name, mustBe: SearchQuery.choices(Choice.allCases.map(\.rawValue)))
        }
        return choice
    }

    /// A user's message begins a turn. The assistant's message behind it may name the notes that it quoted; what it says
    /// is not evidence: it only tells which sentences have been read.
    private static func turns(_ value: JSON) throws(APIError) -> [ConversationTurn] {
        guard value.kind == .array else {
            throw .wrongType("messages", expected: "an array of messages", found: value.kind)
        }
        guard value.count <= Limits.turns.value else { throw .tooMany("messages", Limits.turns, found: value.count) }
        var turns: [ConversationTurn] = []
        for (index, element) in value.elements.enumerated() {
            let path = "messages[\(index)]."
            let fields = try RequestFields(element, path: path, supported: ["role", "content", "notes"])
            let role = try fields.string("role")
            switch role {
            case "user":
                let question = try question(fields.required("content"), path + "content")
                turns.append(ConversationTurn(question: question))
            case "assistant":
                guard let last = turns.popLast() else {
                    throw .outOfRange(path + "role", mustBe: "'user' in the first message")
                }
                let notes = try fields.value("notes").map { value throws(APIError) in try ids(value, path + "notes") }
                let answer = fields.value("content")?.string ?? last.answer
                turns.append(
                    ConversationTurn(question: last.question, notes: notes ?? last.notes, answer: answer))
            default: throw .outOfRange(path + "role", mustBe: "'user' or 'assistant'")
            }
        }
        return turns
    }

    private static func ids(_ value: JSON, _ name: String) throws(APIError) -> [NoteID] {
        guard value.kind == .array else { throw .wrongType(name, expected: "an array", found: value.kind) }
        guard value.count <= Limits.turns.value else { throw .tooMany(name, Limits.turns, found: value.count) }
        var ids: [NoteID] = []
        for element in value.elements {
            guard let id = element.string.flatMap({ NoteID($0) }) else {
                throw .outOfRange(name, mustBe: "ids of notes, topic/name")
            }
            ids.append(id)
        }
        return ids
    }
}
