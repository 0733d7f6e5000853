// PreparationTests.swift — what fits, what does not, and what the error says.

import Base
import Engine
import Server
import Testing

@Suite struct `Completion preparation` {
    static let model = TestServer.model(ScriptedService(maxModelLength: 32))

    func prepare(_ route: CompletionFormat.Route, _ body: String) throws -> PreparedCompletion {
        try Self.model.prepare(route, body: Array(body.utf8))
    }

    func failure(_ route: CompletionFormat.Route, _ body: String) -> APIError? {
        do {
            _ = try prepare(route, body)
            return nil
        } catch {
            return error as? APIError
        }
    }

    static func chat(_ length: Int, _ more: String = "") -> String {
        // `user:` and the line feed are six tokens of the byte tokenizer.
        let text = String(repeating: "x", count: length - 6)
        return #"{"messages":[{"role":"user","content":"\#(text)"}]\#(more)}"#
    }

    static func text(_ length: Int, _ more: String = "") -> String {
        "{\"prompt\":[\(Array(repeating: "5", count: length).joined(separator: ","))]\(more)}"
    }

    @Test func `completions default to 16 tokens, or what is left`() throws {
        #expect(try prepare(.text, Self.text(3)).prompts[0].maxOutputTokens == 16)
        #expect(try prepare(.text, Self.text(30)).prompts[0].maxOutputTokens == 2)
    }

    @Test func `chat defaults to the rest of the context`() throws {
        #expect(try prepare(.chat, Self.chat(10)).prompts[0].maxOutputTokens == 22)
        #expect(try prepare(.chat, Self.chat(31)).prompts[0].maxOutputTokens == 1)
    }

    @Test func `one below, at, and one above the context`() throws {
        #expect(try prepare(.text, Self.text(31, #","max_tokens":1"#)).prompts[0].maxOutputTokens == 1)
        for (prompt, tokens) in [(31, 2), (32, 1), (33, 1)] {
            let error = failure(.text, Self.text(prompt, ",\"max_tokens\":\(tokens)"))
            #expect(error?.status == 400)
            #expect(error?.code == "context_length_exceeded")
            #expect(error?.parameter == "prompt")
            #expect(error?.message.contains(" 32 tokens") == true)
            #expect(error?.message.contains("\(prompt) ") == true)
        }
        #expect(failure(.chat, Self.chat(32))?.code == "context_length_exceeded")
        #expect(failure(.chat, Self.chat(32))?.parameter == "messages")
    }

    @Test func `an explicit limit that cannot fit names prompt, completion and context`() {
        let message = failure(.text, Self.text(20, #","max_tokens":13"#))?.message ?? ""
        for number in ["32", "33", "20", "13"] { #expect(message.contains(number)) }
    }

    @Test func `every prompt must fit`() {
        let long = Array(repeating: "5", count: 40).joined(separator: ",")
        #expect(failure(.text, "{\"prompt\":[[5],[\(long)]]}")?.code == "context_length_exceeded")
    }

    @Test func `an empty prompt begins with the beginning-of-sequence token`() throws {
        #expect(try prepare(.text, #"{"prompt":""}"#).prompts[0].tokens == [256])
    }

    @Test func `another model's name is 404`() {
        let error = failure(.text, #"{"prompt":"a","model":"gpt-9"}"#)
        #expect(error?.status == 404)
        #expect(error?.code == "model_not_found")
        #expect(error?.parameter == "model")
    }

    @Test func `a template's refusal is 400 with its own words`() {
        let error = failure(.chat, #"{"messages":[{"role":"tool","content":"x"}]}"#)
        #expect(error?.status == 400)
        #expect(error?.code == "chat_template_error")
        #expect(error?.message.contains("tools are not for this model") == true)
    }

    @Test(arguments: ["", "{", "{}x", "{\"prompt\":\"a\",}", "[[[", "{'prompt':'a'}", "{\"prompt\":\"\\ud800\"}"])
    func `what is not JSON is 400 with its place`(body: String) {
        let error = failure(.text, body)
        #expect(error?.status == 400)
        #expect(error?.code == "invalid_json")
        #expect(error?.message.contains("line 1, column") == true)
    }

    @Test func `deep nesting is refused, not followed`() {
        #expect(failure(.text, String(repeating: "[", count: 100_000))?.code == "invalid_json")
        let deep = String(repeating: "{\"a\":", count: 40) + "1" + String(repeating: "}", count: 40)
        #expect(failure(.text, "{\"prompt\":\"a\",\"metadata\":\(deep)}")?.code == "invalid_json")
    }
}
