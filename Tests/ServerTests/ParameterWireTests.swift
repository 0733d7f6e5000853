// ParameterWireTests.swift — log-probabilities, echo and the finer stops over real sockets.

import Base
import Engine
import Network
import Sampling
import Server
import TestSupport
import Testing

@Suite struct `What is told with a text` {
    /// Each character of `text` is a token; some are half a character.
    func run(
        _ text: String, stop: [String] = [], keepsMatch: Bool = false, minTokens: Int = 0
    ) -> (text: String, entries: [LogprobsEntry], completion: CompletionSession.Completion?) {
        var options = CompletionSession.Options(
            stopStrings: StopStrings(stop.map { Array($0.utf8) }, keepsMatch: keepsMatch))
        options.minTokens = minTokens
        var session = CompletionSession(detokenizer: ByteDetokenizer(), options)
        var (bytes, entries): ([UInt8], [LogprobsEntry]) = ([], [])
        var completion: CompletionSession.Completion?
        func take(_ outcome: CompletionSession.Outcome) {
            bytes += outcome.text
            entries += outcome.logprobs
            completion = outcome.completion ?? completion
        }
        for byte in text.utf8 {
            let token = TokenID(Int(byte))
            let logprobs = TokenLogprobs(chosen: TokenLogprob(token: token, logprob: -1), top: [])
            take(session.received(.tokens([token]), logprobs: [logprobs]))
        }
        let summary = RequestSummary(
            reason: .length, promptTokenCount: 1, cachedTokenCount: 0, outputTokenCount: text.utf8.count,
            timings: RequestTimings())
        take(session.received(.finished(summary)))
        return (String(decoding: bytes, as: UTF8.self), entries, completion)
    }

    @Test func `one entry for each token, with its place in characters`() {
        let result = run("aé質b")
        #expect(result.entries.map(\.token.rawValue) == Array("aé質b".utf8).map(Int32.init))
        #expect(result.entries.map(\.textOffset) == [0, 1, 1, 2, 2, 2, 3])
    }

    @Test(arguments: ["", "b", "bc", "cd", "é", "defg", "xyz"])
    func `a stop string takes its tokens with it`(stop: String) {
        let text = "abcédef"
        let result = run(text, stop: stop.isEmpty ? [] : [stop])
        #expect(text.hasPrefix(result.text))
        #expect(result.entries.count == result.text.utf8.count)
    }

    @Test func `what stopped it may stay`() {
        for stop in ["b", "bc", "é", "cé"] {
            let result = run("abcédef", stop: [stop], keepsMatch: true)
            #expect(result.text.hasSuffix(stop) && result.completion?.ending == .stop)
            #expect(result.entries.count == result.text.utf8.count)
        }
        #expect(run("abcab", stop: ["b"], keepsMatch: true).text == "ab")
    }

    @Test func `stop strings before the least number of tokens are text`() {
        #expect(run("ab ab ab", stop: ["ab"], minTokens: 0).text == "")
        #expect(run("ab ab ab", stop: ["ab"], minTokens: 2).text == "ab ")
        #expect(run("ab ab ab", stop: ["ab"], minTokens: 1).text == "ab ", "its first letter was before the limit")
        #expect(run("ab ab ab", stop: ["ab"], minTokens: 20).text == "ab ab ab")
    }
}

@Suite(.onTheLoop) struct `Parameters on the wire` {
    @Test func `the engine is asked for what the client asked`() async throws {
        let service = ScriptedService { _ in .say("xyz") }
        let server = try await TestServer.start(service)
        _ = try await server.post(
            "/v1/completions",
            #"{"prompt":["ab","cd"],"n":2,"logprobs":3,"echo":true,"min_tokens":2,"stop_token_ids":[9],"priority":4}"#)
        let requests = service.submitted
        try #require(requests.count == 4)
        #expect(requests.allSatisfy { $0.outputLogprobs == 3 && $0.minOutputTokens == 2 && $0.priority == 4 })
        #expect(requests.allSatisfy { $0.stopTokens == [ByteCodec.end, 9] })
        // A prompt is told by its first choice alone; the second shares what that one computes.
        #expect(requests.map(\.promptLogprobs) == [3, nil, 3, nil])
        #expect(requests.map(\.leader) == [nil, requests[0].id, nil, requests[2].id])
        try await server.stop()
    }

    @Test func `chat log-probabilities, byte for byte`() async throws {
        let service = ScriptedService { _ in .say("é") }
        let server = try await TestServer.start(service)
        let response = try await server.post(
            "/v1/chat/completions",
            #"{"messages":[{"role":"user","content":"Hi"}],"logprobs":true,"top_logprobs":2}"#)
        let z = #"{"token":"z","logprob":-2.0,"bytes":[122]}"#
        let (first, second) = (
            #""token":"\#u{FFFD}","logprob":-0.5,"bytes":[195]"#, #""token":"\#u{FFFD}","logprob":-0.5,"bytes":[169]"#
        )
        #expect(
            response.body.contains(
                #""logprobs":{"content":[{\#(first),"top_logprobs":[{\#(first)},\#(z)]},"#
                    + #"{\#(second),"top_logprobs":[{\#(second)},\#(z)]}],"refusal":null},"finish_reason":"stop""#))
        try await server.stop()
    }

    @Test func `echoed text with log-probabilities, byte for byte`() async throws {
        let service = ScriptedService { _ in .say("é!") }
        let server = try await TestServer.start(service)
        let response = try await server.post(
            "/v1/completions", #"{"prompt":"ab","echo":true,"logprobs":1,"max_tokens":3}"#)
        #expect(
            response.body.contains(
                #""text":"abé!","logprobs":{"text_offset":[0,1,2,2,3],"token_logprobs":[null,-0.5,-0.5,-0.5,-0.5],"#
                    + #""tokens":["a","b","bytes:\\xc3","bytes:\\xa9","!"],"top_logprobs":[null,{"b":-0.5},"#
                    + #"{"bytes:\\xc3":-0.5},{"bytes:\\xa9":-0.5},{"!":-0.5}]},"finish_reason":"length""#))
        try await server.stop()
    }

    @Test func `a token behind a character that never became whole begins behind its replacement`() async throws {
        let service = ScriptedService()
        let server = try await TestServer.start(service)
        async let answer = server.post(
            "/v1/completions", #"{"prompt":[97,226,98],"echo":true,"logprobs":0,"max_tokens":4}"#)
        let id = try await service.requests(1)[0]
        for byte in [0xE2, 0x80, 0x63, 0xF0] as [UInt8] { service.send(id, [byte]) }
        service.finish(id, .length)
        let choice = try json(try await answer.body)["choices"]?[0]
        #expect(choice?["text"]?.string == "a\u{FFFD}b\u{FFFD}c\u{FFFD}")
        let offsets = choice?["logprobs"]?["text_offset"]?.elements.compactMap(\.integer)
        #expect(offsets == [0, 1, 2, 3, 3, 4, 5])
        try await server.stop()
    }

    @Test(arguments: [true, false])
    func `every choice tells the prompt's scores, whichever is first`(sharesPrefixes: Bool) async throws {
        let service = ScriptedService(sharesPrefixes: sharesPrefixes)
        let server = try await TestServer.start(service)
        async let answer = server.post(
            "/v1/completions", #"{"prompt":"abc","echo":true,"logprobs":0,"max_tokens":1,"n":2}"#)
        let ids = try await service.requests(2)
        // Without shared prefixes the second choice waits for nobody.
        for id in sharesPrefixes ? ids : ids.reversed() {
            service.send(id, "d")
            service.finish(id, .length)
        }
        let choices = try json(try await answer.body)["choices"]
        for index in 0..<2 {
            let scores = choices?[index]?["logprobs"]?["token_logprobs"]?.elements.map(\.double)
            #expect(scores == [nil, -0.5, -0.5, -0.5])
        }
        try await server.stop()
    }

    @Test func `an echo alone costs no output`() async throws {
        let service = ScriptedService { _ in .say("zzz") }
        let server = try await TestServer.start(service)
        let response = try await server.post(
            "/v1/completions", #"{"prompt":[97,98],"echo":true,"logprobs":0,"max_tokens":0}"#)
        let body = try json(response.body)
        #expect(body["choices"]?[0]?["text"]?.string == "ab")
        #expect(body["choices"]?[0]?["finish_reason"]?.string == "length")
        #expect(body["choices"]?[0]?["logprobs"]?["token_logprobs"]?.count == 2)
        #expect(body["usage"]?["completion_tokens"]?.integer == 0)
        #expect(service.submitted.first?.maxOutputTokens == 1)
        try await server.stop()
    }

    @Test func `a stream tells the same as a whole answer`() async throws {
        let service = ScriptedService { request in .say(request.sampling.choice == 0 ? "naïve stop" : "質量") }
        let server = try await TestServer.start(service)
        let members = #""prompt":["ab","c"],"n":2,"echo":true,"logprobs":2,"max_tokens":50,"stop":["st","oh"]"#
        let whole = try json(try await server.post("/v1/completions", "{\(members)}").body)
        let stream = try await server.stream("/v1/completions", "{\(members),\"stream\":true}")
        let chunks = try events(stream.body).dropLast().map { try json($0)["choices"]![0]! }
        for choice in whole["choices"]!.elements {
            let own = chunks.filter { $0["index"]?.integer == choice["index"]?.integer }
            #expect(own.compactMap { $0["text"]?.string }.joined() == choice["text"]?.string)
            for name in ["text_offset", "token_logprobs", "tokens", "top_logprobs"] {
                let streamed = own.flatMap { chunk in (chunk["logprobs"]?[name]).map { Array($0.elements) } ?? [] }
                let expected = Array(choice["logprobs"]![name]!.elements)
                #expect(streamed.map(Self.shown) == expected.map(Self.shown), "\(name)")
            }
        }
        try await server.stop()
    }

    /// Enough of a value to tell two apart.
    static func shown(_ value: JSON) -> [String] {
        [value.string ?? "", "\(value.double ?? 0)"] + value.members.map { String(decoding: $0.key, as: UTF8.self) }
    }

    @Test func `a stop token's text is shown on request`() async throws {
        let service = ScriptedService()
        let server = try await TestServer.start(service)
        for (includes, text) in [("false", "ab"), ("true", "abc")] {
            async let answer = server.post(
                "/v1/completions",
                "{\"prompt\":\"x\",\"stop_token_ids\":[99],\"include_stop_str_in_output\":\(includes),\"logprobs\":0}")
            let id = try await service.requests(includes == "true" ? 2 : 1).last!
            service.send(id, "ab")
            service.finish(id, .stopToken(99))
            let choice = try json(try await answer.body)["choices"]?[0]
            #expect(choice?["text"]?.string == text)
            #expect(choice?["logprobs"]?["tokens"]?.count == text.utf8.count)
            #expect(choice?["finish_reason"]?.string == "stop")
        }
        try await server.stop()
    }
}
