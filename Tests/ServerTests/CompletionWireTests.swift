// CompletionWireTests.swift — completions over real sockets, whole and streamed, against a scripted engine.

import Base
import Engine
import Network
import Sampling
import Server
import TestSupport
import Testing

@Suite(.onTheLoop) struct `Completions on the wire` {
    static let hello = #"{"messages":[{"role":"user","content":"Hi"}]}"#
    static let endless = #"{"prompt":"ab","max_tokens":500,"stream":true}"#

    // MARK: - Whole answers

    @Test func `a chat answer`() async throws {
        let service = ScriptedService { _ in .say("Hé!") }
        service.change { $0.cachedTokenCount = 5 }
        let server = try await TestServer.start(service)
        let response = try await server.post("/v1/chat/completions", Self.hello)
        #expect(response.status == 200)
        #expect(response.header("content-type") == "application/json")
        let body = try json(response.body)
        #expect(body["id"]?.string?.hasPrefix("chatcmpl-") == true)
        #expect(body["object"]?.string == "chat.completion")
        #expect(body["model"]?.string == "tiny")
        #expect(body["created"]?.integer ?? 0 > 1_700_000_000)
        #expect(body["choices"]?[0]?["message"]?["content"]?.string == "Hé!")
        #expect(body["choices"]?[0]?["finish_reason"]?.string == "stop")
        // "user:Hi\n" is 8 bytes; the answer 4 bytes and the end token.
        #expect(body["usage"]?["prompt_tokens"]?.integer == 8)
        #expect(body["usage"]?["completion_tokens"]?.integer == 5)
        #expect(body["usage"]?["total_tokens"]?.integer == 13)
        #expect(body["usage"]?["prompt_tokens_details"]?["cached_tokens"]?.integer == 5)
        try await server.stop()
    }

    @Test func `the engine gets what was asked`() async throws {
        let service = ScriptedService { _ in .say("x") }
        let server = try await TestServer.start(service)
        _ = try await server.post(
            "/v1/completions",
            #"{"prompt":"ab","seed":7,"temperature":0.5,"n":2,"max_tokens":3,"ignore_eos":true}"#)
        _ = try await server.post("/v1/completions", #"{"prompt":"ab"}"#)
        _ = try await server.post("/v1/completions", #"{"prompt":"ab"}"#)
        let requests = service.submitted
        try #require(requests.count == 4)
        #expect(requests.allSatisfy { $0.promptTokens == [97, 98] })
        #expect(requests[0].sampling.seed == 7 && requests[1].sampling.seed == 7)
        #expect(requests[0].sampling.choice == 0 && requests[1].sampling.choice == 1)
        #expect(requests[0].sampling.temperature == 0.5)
        #expect(requests[0].maxOutputTokens == 3 && requests[2].maxOutputTokens == 16)
        #expect(requests[0].stopTokens == [] && requests[2].stopTokens == [ByteCodec.end])
        #expect(requests[2].sampling.seed != requests[3].sampling.seed, "without a seed every request draws its own")
        #expect(Set(requests.map(\.id)).count == 4)
        try await server.stop()
    }

    @Test func `several prompts with several choices keep their order`() async throws {
        let service = ScriptedService { request in
            .say(
                "\(request.promptTokens.map { Character(Unicode.Scalar(UInt8($0.rawValue))) }.map(String.init).joined())\(request.sampling.choice)"
            )
        }
        let server = try await TestServer.start(service)
        let response = try await server.post("/v1/completions", #"{"prompt":["a","bb"],"n":2}"#)
        let body = try json(response.body)
        let choices = Array(try #require(body["choices"]).elements)
        #expect(choices.compactMap { $0["text"]?.string } == ["a0", "a1", "bb0", "bb1"])
        #expect(choices.compactMap { $0["index"]?.integer } == [0, 1, 2, 3])
        // Each prompt counts once.
        #expect(body["usage"]?["prompt_tokens"]?.integer == 3)
        #expect(body["usage"]?["completion_tokens"]?.integer == 3 + 3 + 4 + 4)
        try await server.stop()
    }

    @Test func `a stop string cancels the engine's request and is not billed`() async throws {
        let service = ScriptedService()
        let server = try await TestServer.start(service)
        async let answer = server.post("/v1/completions", #"{"prompt":"a","max_tokens":100,"stop":["two"]}"#)
        let id = try await service.requests(1)[0]
        for character in "one two three" { service.send(id, String(character)) }
        #expect(try await eventuallyTrue { service.cancelled == [id] })
        let body = try json(try await answer.body)
        #expect(body["choices"]?[0]?["text"]?.string == "one ")
        #expect(body["choices"]?[0]?["finish_reason"]?.string == "stop")
        #expect(body["usage"]?["completion_tokens"]?.integer == 7)
        try await server.stop()
    }

    @Test func `a failing engine is 500`() async throws {
        let service = ScriptedService()
        let server = try await TestServer.start(service)
        async let answer = server.post("/v1/completions", #"{"prompt":"a","n":2}"#)
        let ids = try await service.requests(2)
        service.finish(ids[0], .failed("out of blocks"))
        let response = try await answer
        #expect(response.status == 500)
        #expect(try json(response.body)["error"]?["code"]?.string == "engine_error")
        #expect(service.cancelled == [ids[1]], "its sister need not go on")
        try await server.stop()
    }

    @Test func `a long prompt is prepared off the loop and answered the same`() async throws {
        let service = ScriptedService(maxModelLength: 200_000) { _ in .say("ok") }
        let server = try await TestServer.start(service)
        let text = String(repeating: "long ", count: 10_000)
        let response = try await server.post("/v1/completions", "{\"prompt\":\"\(text)\"}")
        #expect(try json(response.body)["usage"]?["prompt_tokens"]?.integer == 50_000)
        let refused = try await server.post("/v1/completions", "{\"prompt\":\"\(text)\",\"x\":1}")
        #expect(refused.status == 400)
        try await server.stop()
    }

    // MARK: - Streams

    @Test func `a chat stream, byte for byte`() async throws {
        let service = ScriptedService { _ in .say("aé") }
        let server = try await TestServer.start(service)
        let (head, body) = try await server.stream(
            "/v1/chat/completions",
            #"{"messages":[{"role":"user","content":"Hi"}],"stream":true,"stream_options":{"include_usage":true}}"#)
        #expect(head.status == 200)
        #expect(head.header("content-type") == "text/event-stream; charset=utf-8")
        #expect(head.header("cache-control") == "no-cache")
        #expect(head.header("x-request-id") != nil)
        let frames = events(body)
        let first = try json(frames[0])
        let start =
            "{\"id\":\"\(first["id"]!.string!)\",\"object\":\"chat.completion.chunk\","
            + "\"created\":\(first["created"]!.integer!),\"model\":\"tiny\",\"choices\":["
        let end = #","logprobs":null,"finish_reason":null}],"usage":null}"#
        #expect(
            frames == [
                start + #"{"index":0,"delta":{"role":"assistant","content":""}"# + end,
                start + #"{"index":0,"delta":{"content":"a"}"# + end,
                start + #"{"index":0,"delta":{"content":"é"}"# + end,
                start + #"{"index":0,"delta":{},"logprobs":null,"finish_reason":"stop"}],"usage":null}"#,
                start + #"],"usage":{"prompt_tokens":8,"completion_tokens":4,"total_tokens":12,"#
                    + #""prompt_tokens_details":{"cached_tokens":0}}}"#,
                "[DONE]",
            ])
        #expect(body.hasSuffix("data: [DONE]\n\n"))
        try await server.stop()
    }

    @Test func `a text stream without usage`() async throws {
        let service = ScriptedService { _ in .say("abcdef") }
        let server = try await TestServer.start(service)
        let (_, body) = try await server.stream("/v1/completions", #"{"prompt":"a","stream":true,"max_tokens":3}"#)
        let frames = events(body)
        #expect(frames.last == "[DONE]")
        let chunks = try frames.dropLast().map(json)
        #expect(chunks.compactMap { $0["choices"]?[0]?["text"]?.string }.joined() == "abc")
        #expect(chunks.last?["choices"]?[0]?["finish_reason"]?.string == "length")
        #expect(chunks.allSatisfy { $0["usage"] == nil })
        try await server.stop()
    }

    @Test func `choices of one stream interleave and each begins and ends once`() async throws {
        let service = ScriptedService()
        let server = try await TestServer.start(service)
        async let stream = server.stream(
            "/v1/chat/completions", #"{"messages":[{"role":"user","content":"Hi"}],"stream":true,"n":2}"#)
        let ids = try await service.requests(2)
        service.send(ids[1], "x")
        service.send(ids[0], "y")
        service.finish(ids[1], .length)
        service.send(ids[0], "z")
        service.finish(ids[0], .stopToken(ByteCodec.end))
        let choices = try events(try await stream.body).dropLast().map { try json($0)["choices"]![0]! }
        for (index, text, reason) in [(0, "yz", "stop"), (1, "x", "length")] {
            let own = choices.filter { $0["index"]?.integer == index }
            #expect(own.first?["delta"]?["role"]?.string == "assistant")
            #expect(own.compactMap { $0["delta"]?["content"]?.string }.joined() == text)
            #expect(own.compactMap { $0["finish_reason"]?.string } == [reason])
        }
        try await server.stop()
    }

    @Test func `an answer without text still has a role and a reason`() async throws {
        let service = ScriptedService { _ in .say("") }
        let server = try await TestServer.start(service)
        let (_, body) = try await server.stream(
            "/v1/chat/completions", #"{"messages":[{"role":"user","content":"Hi"}],"stream":true}"#)
        let choices = try events(body).dropLast().map { try json($0)["choices"]![0]! }
        #expect(choices.count == 2)
        #expect(choices[0]["delta"]?["role"]?.string == "assistant")
        #expect(choices[1]["finish_reason"]?.string == "stop")
        try await server.stop()
    }

    @Test func `a failure in mid-stream is an event, then the end`() async throws {
        let service = ScriptedService()
        let server = try await TestServer.start(service)
        async let stream = server.stream("/v1/completions", Self.endless)
        let id = try await service.requests(1)[0]
        service.send(id, "a")
        service.finish(id, .failed("out of blocks"))
        let frames = events(try await stream.body)
        #expect(frames.count == 2)
        let error = try json(frames[1])["error"]
        #expect(error?.count == 4)
        #expect(error?["code"]?.string == "engine_error")
        try await server.stop()
    }

    @Test func `silence is filled with comments`() async throws {
        let service = ScriptedService()
        let server = try await TestServer.start(service) { $0.keepAliveInterval = .milliseconds(20) }
        let port = server.port
        try await LoopThread.blocking {
            let client = try TestClient(port: port)
            try client.send(TestServer.post("/v1/completions", Self.endless))
            _ = try client.receive(until: ": keepalive\n\n")
            _ = try client.receive(until: ": keepalive\n\n")
            let id = try #require(service.submitted.first).id
            service.send(id, "a")
            _ = try client.receive(until: #""text":"a""#)
            _ = try client.receive(until: ": keepalive\n\n")
            service.finish(id, .length)
            _ = try client.receive(until: "data: [DONE]\n\n")
        }
        try await server.stop()
    }

    @Test func `two requests on one connection, a stream first`() async throws {
        let service = ScriptedService { _ in .say("ab") }
        let server = try await TestServer.start(service)
        let port = server.port
        try await LoopThread.blocking {
            let client = try TestClient(port: port)
            try client.send(
                TestServer.post("/v1/completions", #"{"prompt":"a","stream":true}"#)
                    + TestServer.post("/v1/completions", #"{"prompt":"a"}"#))
            #expect(try client.stream().body.hasSuffix("[DONE]\n\n"))
            #expect(try client.response().status == 200)
        }
        try await server.stop()
    }
}
