// RequestDecodingTests.swift — every parameter: a good value, a wrong type, a value out of range.

import Base
import Sampling
import Server
import Testing
import Tokenization

@Suite struct `Request decoding` {
    static let context: RequestContext = {
        var defaults = SamplingParameters()
        defaults.temperature = 0.6
        defaults.topK = 20
        return RequestContext(defaults: defaults, vocabularySize: 100)
    }()

    static func completion(_ members: String, ignoresUnknown: Bool = false) throws -> CompletionRequest {
        var context = context
        context.ignoresUnknownFields = ignoresUnknown
        return try CompletionRequest(json("{\"prompt\":\"a\"\(members.isEmpty ? "" : ",")\(members)}"), context)
    }

    static func chat(_ members: String) throws -> ChatCompletionRequest {
        try ChatCompletionRequest(json("{\(members)}"), context)
    }

    static let hello = #""messages":[{"role":"user","content":"Hi"}]"#

    func failure(_ body: () throws -> some Any) -> APIError? {
        do {
            _ = try body()
            return nil
        } catch {
            return error as? APIError
        }
    }

    // MARK: - Values

    @Test func `a silent request takes the model's defaults`() throws {
        let parameters = try Self.completion("").parameters
        #expect(parameters.sampling == Self.context.defaults)
        #expect(parameters.model == nil && parameters.seed == nil && parameters.maxTokens == nil)
        #expect(parameters.choiceCount == 1 && parameters.stop.isEmpty)
        #expect(!parameters.isStreaming && !parameters.includesUsage && !parameters.ignoresEndOfSequence)
    }

    @Test func `every parameter arrives`() throws {
        let parameters = try Self.completion(
            #"""
            "model":"m","temperature":1.25,"top_p":0.5,"top_k":7,"min_p":0.1,"frequency_penalty":-1,
            "presence_penalty":1.5,"repetition_penalty":1.1,"logit_bias":{"3":-100,"99":2.5},"seed":-1,
            "max_tokens":9,"stop":["é","\u0000"],"n":3,"ignore_eos":true,"stream":true,
            "stream_options":{"include_usage":true},"min_tokens":2,"stop_token_ids":[4,5],"priority":-3,
            "include_stop_str_in_output":true,"logprobs":0
            """#
        ).parameters
        #expect(parameters.model == "m")
        #expect(parameters.sampling.temperature == 1.25)
        #expect(parameters.sampling.topP == 0.5)
        #expect(parameters.sampling.topK == 7)
        #expect(parameters.sampling.minP == 0.1)
        #expect(parameters.sampling.frequencyPenalty == -1)
        #expect(parameters.sampling.presencePenalty == 1.5)
        #expect(parameters.sampling.repetitionPenalty == 1.1)
        #expect(parameters.sampling.logitBias == [LogitBias(token: 3, bias: -100), LogitBias(token: 99, bias: 2.5)])
        #expect(parameters.seed == UInt64.max)
        #expect(parameters.maxTokens == 9)
        #expect(parameters.stop == [[0xC3, 0xA9], [0]])
        #expect(parameters.choiceCount == 3)
        #expect(parameters.ignoresEndOfSequence && parameters.isStreaming && parameters.includesUsage)
        #expect(parameters.minTokens == 2 && parameters.stopTokens == [4, 5] && parameters.priority == -3)
        #expect(parameters.includesStop && parameters.topLogprobs == 0)
    }

    @Test(arguments: [
        #""temperature":0"#, #""temperature":2"#, #""top_p":1"#, #""top_k":0"#, #""top_k":-1"#, #""top_k":3.0"#,
        #""min_p":0"#, #""min_p":1"#, #""frequency_penalty":2"#, #""presence_penalty":-2"#,
        #""repetition_penalty":10"#, #""logit_bias":{}"#, #""seed":9223372036854775807"#,
        #""seed":-9223372036854775808"#, #""max_tokens":1"#, #""stop":null"#, #""stop":[]"#, #""stop":"x""#,
        #""stop":["a","b","c","d"]"#, #""n":16"#, #""ignore_eos":false"#, #""stream":false"#,
        #""stream":true,"stream_options":{}"#, #""stream":true,"stream_options":null"#, #""model":null"#,
        #""echo":true,"max_tokens":0"#, #""logprobs":20"#, #""logprobs":null"#, #""priority":0"#,
        #""temperature":null,"top_p":null,"seed":null,"max_tokens":null,"n":null,"logit_bias":null"#,
    ])
    func `good values`(members: String) throws { _ = try Self.completion(members) }

    static let bad: [(members: String, parameter: String, code: String)] = [
        (#""model":3"#, "model", "invalid_type"),
        (#""temperature":"1""#, "temperature", "invalid_type"),
        (#""temperature":-0.1"#, "temperature", "invalid_value"),
        (#""temperature":2.01"#, "temperature", "invalid_value"),
        (#""temperature":1e999"#, "temperature", "invalid_value"),
        (#""top_p":true"#, "top_p", "invalid_type"),
        (#""top_p":0"#, "top_p", "invalid_value"),
        (#""top_p":1.5"#, "top_p", "invalid_value"),
        (#""top_k":"5""#, "top_k", "invalid_type"),
        (#""top_k":-2"#, "top_k", "invalid_value"),
        (#""top_k":1.5"#, "top_k", "invalid_value"),
        (#""min_p":[]"#, "min_p", "invalid_type"),
        (#""min_p":1.1"#, "min_p", "invalid_value"),
        (#""frequency_penalty":{}"#, "frequency_penalty", "invalid_type"),
        (#""frequency_penalty":2.1"#, "frequency_penalty", "invalid_value"),
        (#""presence_penalty":"x""#, "presence_penalty", "invalid_type"),
        (#""presence_penalty":-2.1"#, "presence_penalty", "invalid_value"),
        (#""repetition_penalty":false"#, "repetition_penalty", "invalid_type"),
        (#""repetition_penalty":0"#, "repetition_penalty", "invalid_value"),
        (#""logit_bias":[]"#, "logit_bias", "invalid_type"),
        (#""logit_bias":{"100":1}"#, "logit_bias", "invalid_value"),
        (#""logit_bias":{"-1":1}"#, "logit_bias", "invalid_value"),
        (#""logit_bias":{"x":1}"#, "logit_bias", "invalid_value"),
        (#""logit_bias":{"7":1,"07":1}"#, "logit_bias", "invalid_value"),
        (#""logit_bias":{"5":"1"}"#, "logit_bias.5", "invalid_type"),
        (#""logit_bias":{"5":101}"#, "logit_bias", "invalid_value"),
        (#""seed":"1""#, "seed", "invalid_type"),
        (#""seed":1.5"#, "seed", "invalid_value"),
        (#""seed":9223372036854775808"#, "seed", "invalid_value"),
        (#""max_tokens":"9""#, "max_tokens", "invalid_type"),
        (#""max_tokens":0"#, "max_tokens", "invalid_value"),
        (#""max_tokens":-5"#, "max_tokens", "invalid_value"),
        (#""max_tokens":1e30"#, "max_tokens", "invalid_value"),
        (#""stop":5"#, "stop", "invalid_type"),
        (#""stop":[5]"#, "stop[0]", "invalid_type"),
        (#""stop":"""#, "stop", "invalid_value"),
        (#""stop":["a",""]"#, "stop[1]", "invalid_value"),
        (#""stop":["a","b","c","d","e"]"#, "stop", "limit_exceeded"),
        (#""stop":"\#(String(repeating: "x", count: 1025))""#, "stop", "limit_exceeded"),
        (#""n":"2""#, "n", "invalid_type"),
        (#""n":0"#, "n", "invalid_value"),
        (#""n":17"#, "n", "invalid_value"),
        (#""ignore_eos":1"#, "ignore_eos", "invalid_type"),
        (#""stream":"true""#, "stream", "invalid_type"),
        (#""stream_options":{"include_usage":true}"#, "stream_options", "invalid_value"),
        (#""stream":true,"stream_options":[]"#, "stream_options", "invalid_type"),
        (#""stream":true,"stream_options":{"include_usage":1}"#, "stream_options.include_usage", "invalid_type"),
        (#""stream":true,"stream_options":{"x":1}"#, "stream_options.x", "unknown_parameter"),
        (#""best_of":2"#, "best_of", "unsupported_parameter"),
        (#""logprobs":true"#, "logprobs", "invalid_type"),
        (#""logprobs":21"#, "logprobs", "invalid_value"),
        (#""logprobs":-1"#, "logprobs", "invalid_value"),
        (#""echo":1"#, "echo", "invalid_type"),
        (#""min_tokens":-1"#, "min_tokens", "invalid_value"),
        (#""min_tokens":3,"max_tokens":2"#, "min_tokens", "invalid_value"),
        (#""stop_token_ids":5"#, "stop_token_ids", "invalid_type"),
        (#""stop_token_ids":["a"]"#, "stop_token_ids[0]", "invalid_type"),
        (#""stop_token_ids":[1,100]"#, "stop_token_ids[1]", "invalid_value"),
        (
            #""stop_token_ids":[\#(Array(repeating: "1", count: 65).joined(separator: ","))]"#, "stop_token_ids",
            "limit_exceeded"
        ),
        (#""include_stop_str_in_output":"yes""#, "include_stop_str_in_output", "invalid_type"),
        (#""priority":1.5"#, "priority", "invalid_value"),
        (#""priority":9999999"#, "priority", "invalid_value"),
        (#""suffix":"x""#, "suffix", "unsupported_parameter"),
        (#""messages":[]"#, "messages", "unknown_parameter"),
        (#""temprature":1"#, "temprature", "unknown_parameter"),
        (#""seed":1,"seed":1"#, "seed", "duplicate_parameter"),
        (#""seed":1,"se\u0065d":1"#, "seed", "duplicate_parameter"),
    ]

    @Test(arguments: bad) func `bad values name their parameter`(
        example: (members: String, parameter: String, code: String)
    ) {
        let error = failure { try Self.completion(example.members) }
        #expect(error?.status == 400)
        #expect(error?.parameter == example.parameter)
        #expect(error?.code == example.code)
    }

    @Test func `too many biases are refused by count`() {
        let biases = (0...1024).map { "\"\($0)\":1" }.joined(separator: ",")
        let error = failure { try Self.completion("\"logit_bias\":{\(biases)}") }
        #expect(error?.code == "limit_exceeded")
    }

    @Test func `unknown fields are skipped when told so, known ones are not`() throws {
        _ = try Self.completion(#""nobody_knows":1,"stream":true"#, ignoresUnknown: true)
        #expect(failure { try Self.completion(#""suffix":"x""#, ignoresUnknown: true) }?.parameter == "suffix")
    }

    @Test func `long names are cut in messages`() {
        let error = failure { try Self.completion("\"\(String(repeating: "é", count: 5000))\":1") }
        #expect((error?.message.utf8.count ?? 0) < 300)
    }

    // MARK: - Prompts

    @Test func `prompts in four forms`() throws {
        func prompts(_ text: String) throws -> [CompletionRequest.Prompt] {
            try CompletionRequest(json("{\"prompt\":\(text)}"), Self.context).prompts
        }
        #expect(try prompts(#""ab""#) == [.text([97, 98])])
        #expect(try prompts(#""""#) == [.text([])])
        #expect(try prompts(#"["a","b"]"#) == [.text([97]), .text([98])])
        #expect(try prompts("[1,2]") == [.tokens([1, 2])])
        #expect(try prompts("[[1],[2,3]]") == [.tokens([1]), .tokens([2, 3])])
    }

    static let badPrompts: [(prompt: String, parameter: String, code: String)] = [
        ("5", "prompt", "invalid_type"), ("{}", "prompt", "invalid_type"), ("true", "prompt", "invalid_type"),
        ("null", "prompt", "missing_required_parameter"), ("[]", "prompt", "invalid_value"),
        ("[[]]", "prompt[0]", "invalid_value"), ("[100]", "prompt[0]", "invalid_value"),
        ("[5,-1]", "prompt[1]", "invalid_value"), ("[5,1.5]", "prompt[1]", "invalid_value"),
        (#"[5,"a"]"#, "prompt[1]", "invalid_type"), (#"["a",5]"#, "prompt[1]", "invalid_type"),
        (#"["a",["b"]]"#, "prompt[1]", "invalid_type"), (#"[[1],"a"]"#, "prompt[1]", "invalid_type"),
        (#"[["a"]]"#, "prompt[0][0]", "invalid_type"), ("[null]", "prompt[0]", "invalid_type"),
        ("[\(Array(repeating: "\"a\"", count: 65).joined(separator: ","))]", "prompt", "limit_exceeded"),
        ("[\(Array(repeating: "\"a\"", count: 33).joined(separator: ","))],\"n\":2", "n", "limit_exceeded"),
    ]

    @Test(arguments: badPrompts) func `bad prompts name their place`(
        example: (prompt: String, parameter: String, code: String)
    ) {
        let error = failure { try CompletionRequest(json("{\"prompt\":\(example.prompt)}"), Self.context) }
        #expect(error?.parameter == example.parameter)
        #expect(error?.code == example.code)
    }

    // MARK: - Conversations

    @Test func `messages with strings and with text parts`() throws {
        let request = try Self.chat(
            #""messages":[{"role":"system","content":"S"},{"role":"user","content":[{"type":"text","text":"a"},"#
                + #"{"type":"text","text":"b"}]},{"role":"assistant","content":"","tool_calls":[]}]"#)
        #expect(
            request.messages == [
                ChatMessage(role: "system", content: "S"), ChatMessage(role: "user", content: "a\nb"),
                ChatMessage(role: "assistant", content: ""),
            ])
    }

    @Test func `names and tool call ids go to the template`() throws {
        let request = try Self.chat(
            #""messages":[{"role":"tool","content":"x","name":"n","tool_call_id":"7"}]"#)
        #expect(
            request.messages == [
                ChatMessage(
                    role: "tool", content: .string("x"),
                    others: [TemplateField("name", .string("n")), TemplateField("tool_call_id", .string("7"))])
            ])
    }

    static let badConversations: [(members: String, parameter: String, code: String)] = [
        ("", "messages", "missing_required_parameter"),
        (#""messages":"Hi""#, "messages", "invalid_type"),
        (#""messages":[]"#, "messages", "invalid_value"),
        (#""messages":["Hi"]"#, "messages[0]", "invalid_type"),
        (#""messages":[{"content":"Hi"}]"#, "messages[0].role", "missing_required_parameter"),
        (#""messages":[{"role":"user"}]"#, "messages[0].content", "missing_required_parameter"),
        (#""messages":[{"role":"king","content":"Hi"}]"#, "messages[0].role", "invalid_value"),
        (#""messages":[{"role":"user","content":5}]"#, "messages[0].content", "invalid_type"),
        (#""messages":[{"role":"user","content":["a"]}]"#, "messages[0].content[0]", "invalid_type"),
        (
            #""messages":[{"role":"user","content":[{"type":{},"text":"a"}]}]"#, "messages[0].content[0].type",
            "invalid_type"
        ),
        (
            #""messages":[{"role":"user","content":[{"type":"image_url","image_url":{}}]}]"#,
            "messages[0].content[0].type", "unsupported_parameter"
        ),
        (
            #""messages":[{"role":"user","content":[{"text":"a"}]}]"#, "messages[0].content[0].type",
            "missing_required_parameter"
        ),
        (
            #""messages":[{"role":"user","content":[{"type":"text"}]}]"#, "messages[0].content[0].text",
            "missing_required_parameter"
        ),
        (#""messages":[{"role":"user","content":"a","x":1}]"#, "messages[0].x", "unknown_parameter"),
        (#""messages":[{"role":"user","role":"user","content":"a"}]"#, "messages[0].role", "duplicate_parameter"),
        (
            #""messages":[{"role":"assistant","content":"a","tool_calls":[{}]}]"#, "messages[0].tool_calls",
            "unsupported_parameter"
        ),
        (#""messages":[{"role":"user","content":"a","name":5}]"#, "messages[0].name", "invalid_type"),
        (hello + #","tools":[{}]"#, "tools", "unsupported_parameter"),
        (hello + #","tool_choice":"required""#, "tool_choice", "unsupported_parameter"),
        (hello + #","response_format":{"type":"json_object"}"#, "response_format", "unsupported_parameter"),
        (hello + #","logprobs":1"#, "logprobs", "invalid_type"),
        (hello + #","logprobs":true,"top_logprobs":21"#, "top_logprobs", "invalid_value"),
        (hello + #","top_logprobs":1"#, "top_logprobs", "invalid_value"),
        (hello + #","echo":true"#, "echo", "unsupported_parameter"),
        (hello + #","min_tokens":5,"max_completion_tokens":4"#, "min_tokens", "invalid_value"),
        (hello + #","store":true"#, "store", "unsupported_parameter"),
        (hello + #","chat_template":"{{ x }}""#, "chat_template", "unsupported_parameter"),
        (hello + #","max_completion_tokens":0"#, "max_completion_tokens", "invalid_value"),
        (hello + #","max_tokens":4,"max_completion_tokens":5"#, "max_completion_tokens", "invalid_value"),
        (hello + #","prompt":"a""#, "prompt", "unknown_parameter"),
    ]

    @Test(arguments: badConversations) func `bad conversations name their place`(
        example: (members: String, parameter: String, code: String)
    ) {
        let error = failure { try Self.chat(example.members) }
        #expect(error?.parameter == example.parameter)
        #expect(error?.code == example.code)
    }

    @Test(arguments: [
        #""tools":[]"#, #""tool_choice":"none""#, #""response_format":{"type":"text"}"#, #""user":"me""#,
        #""store":false"#, #""metadata":{"a":"b"}"#, #""logprobs":false"#, #""top_logprobs":0"#,
        #""logprobs":true,"top_logprobs":20"#, #""logprobs":true"#, #""modalities":["text"]"#,
        #""service_tier":"auto""#, #""parallel_tool_calls":true"#, #""audio":null"#,
        #""best_of":1"#, #""min_tokens":0"#, #""stop_token_ids":[]"#, #""chat_template_kwargs":{}"#,
        #""length_penalty":1.0"#, #""max_completion_tokens":5,"max_tokens":5"#,
    ])
    func `values that ask for nothing are accepted`(members: String) throws {
        _ = try Self.chat(Self.hello + "," + members)
    }

    @Test func `max_completion_tokens is the limit`() throws {
        #expect(try Self.chat(Self.hello + #","max_completion_tokens":5"#).parameters.maxTokens == 5)
    }

    @Test(arguments: ["[]", "null", "\"a\"", "3"]) func `a body must be an object`(body: String) {
        #expect(failure { try CompletionRequest(json(body), Self.context) } == .bodyNotObject)
    }
}
