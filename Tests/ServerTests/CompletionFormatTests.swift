// CompletionFormatTests.swift — the exact JSON of answers and errors.

import Base
import Server
import Testing

@Suite struct `Completion format` {
    func format(_ route: CompletionFormat.Route, usage: Bool = false, fingerprint: String? = nil) -> CompletionFormat {
        CompletionFormat(
            route: route, id: "x-1", created: 7, model: "m", systemFingerprint: fingerprint, includesUsage: usage)
    }

    func text(_ bytes: [UInt8]?) -> String? { bytes.map { String(decoding: $0, as: UTF8.self) } }

    @Test func `a chat stream`() {
        let chat = format(.chat)
        let start = #"{"id":"x-1","object":"chat.completion.chunk","created":7,"model":"m","choices":[{"index":2,"#
        #expect(
            text(chat.roleChunk(choice: 2))
                == start + #""delta":{"role":"assistant","content":""},"logprobs":null,"finish_reason":null}]}"#)
        #expect(
            text(chat.textChunk(choice: 2, Array("\"é\n".utf8)))
                == start + #""delta":{"content":"\"é\n"},"logprobs":null,"finish_reason":null}]}"#)
        #expect(
            text(chat.finishChunk(choice: 2, .length))
                == start + #""delta":{},"logprobs":null,"finish_reason":"length"}]}"#)
    }

    @Test func `a text stream`() {
        let route = format(.text)
        let start = #"{"id":"x-1","object":"text_completion","created":7,"model":"m","choices":[{"index":0,"#
        #expect(route.roleChunk(choice: 0) == nil)
        #expect(
            text(route.textChunk(choice: 0, Array("a".utf8)))
                == start + #""text":"a","logprobs":null,"finish_reason":null}]}"#)
        #expect(
            text(route.finishChunk(choice: 0, .stop))
                == start + #""text":"","logprobs":null,"finish_reason":"stop"}]}"#)
    }

    @Test func `usage is null in every chunk but the last, which has no choices`() {
        let chat = format(.chat, usage: true)
        #expect(text(chat.textChunk(choice: 0, []))?.hasSuffix(#""finish_reason":null}],"usage":null}"#) == true)
        #expect(
            text(chat.usageChunk(Usage(promptTokens: 5, completionTokens: 2, cachedTokens: 4)))
                == #"{"id":"x-1","object":"chat.completion.chunk","created":7,"model":"m","choices":[],"#
                + #""usage":{"prompt_tokens":5,"completion_tokens":2,"total_tokens":7,"#
                + #""prompt_tokens_details":{"cached_tokens":4}}}"#)
    }

    @Test func `whole answers`() {
        let choices = [
            CompletionFormat.Choice(text: [97], finishReason: .stop),
            CompletionFormat.Choice(text: [98], finishReason: .length),
        ]
        let usage =
            #""usage":{"prompt_tokens":3,"completion_tokens":2,"total_tokens":5,"#
            + #""prompt_tokens_details":{"cached_tokens":0}}}"#
        #expect(
            text(format(.chat).response([choices[0]], usage: Usage(promptTokens: 3, completionTokens: 2)))
                == #"{"id":"x-1","object":"chat.completion","created":7,"model":"m","choices":[{"index":0,"message":"#
                + #"{"role":"assistant","content":"a","refusal":null},"logprobs":null,"finish_reason":"stop"}],"#
                + usage)
        #expect(
            text(format(.text).response(choices, usage: Usage(promptTokens: 3, completionTokens: 2)))
                == #"{"id":"x-1","object":"text_completion","created":7,"model":"m","choices":[{"index":0,"#
                + #""text":"a","logprobs":null,"finish_reason":"stop"},{"index":1,"text":"b","logprobs":null,"#
                + #""finish_reason":"length"}],"# + usage)
    }

    @Test func `a fingerprint is shown when there is one`() {
        #expect(
            text(format(.text, fingerprint: "fp").textChunk(choice: 0, []))?.contains(
                #""model":"m","system_fingerprint":"fp","#) == true)
        #expect(text(format(.text).textChunk(choice: 0, []))?.contains("system_fingerprint") == false)
    }

    @Test func `errors have four keys, nulls included`() {
        let bare = APIError(500, .server, "It \"broke\".")
        #expect(
            text(bare.body) == #"{"error":{"message":"It \"broke\".","type":"server_error","param":null,"code":null}}"#)
        #expect(
            text(APIError.missing("prompt").body)
                == #"{"error":{"message":"Missing required parameter: 'prompt'.","type":"invalid_request_error","#
                + #""param":"prompt","code":"missing_required_parameter"}}"#)
    }

    @Test(arguments: [400, 408, 413, 414, 417, 431, 501, 503, 505])
    func `the protocol's own refusals keep their status`(status: Int) throws {
        let error = APIError.refused(status, "because")
        #expect(error.status == status)
        let body = try json(String(decoding: error.body, as: UTF8.self))["error"]
        #expect(body?.count == 4)
        #expect(body?["type"]?.string == (status < 500 ? "invalid_request_error" : "server_error"))
        #expect(body?["code"]?.string != nil)
    }
}
