// GuidedChoiceTests.swift — answers held to some texts: the field, the tokens, and what cannot be spelled.

import Base
import Engine
import Sampling
import Server
import Synchronization
import TestSupport
import Testing
import Tokenization

/// Bytes, but with a blank put before every text that does not begin with a line feed, as SentencePiece does.
private struct BlankCodec: ByteBackedCodec {
    var endOfSequence: [TokenID] = [ByteCodec.end]

    func encodeAnswer(_ text: [UInt8]) -> [TokenID] {
        let isBehindLineFeed = text.first == UInt8(ascii: "\n")
        // It also has no token for the letter z.
        return bytes.encodePrompt(
            (isBehindLineFeed ? [] : [UInt8(ascii: " ")]) + text.filter { $0 != UInt8(ascii: "z") })
    }
}

/// Bytes, and how many answers were spelled.
private final class CountingCodec: ByteBackedCodec {
    private let answers = Atomic<Int>(0)
    var answerCount: Int { answers.load(ordering: .sequentiallyConsistent) }

    func encodeAnswer(_ text: [UInt8]) -> [TokenID] {
        answers.add(1, ordering: .sequentiallyConsistent)
        return bytes.encodeAnswer(text)
    }
}

@Suite struct `Guided choice` {
    private static func prepare(
        _ members: String, codec: any TextCodec = ByteCodec(), maxModelLength: Int = 64
    ) throws -> PreparedCompletion {
        try TestServer.model(ScriptedService(maxModelLength: maxModelLength), codec).prepare(
            .text, body: Array("{\"prompt\":\"hi\",\(members)}".utf8))
    }

    private static func failure(_ members: String, codec: any TextCodec = ByteCodec()) -> APIError? {
        do {
            _ = try prepare(members, codec: codec)
            return nil
        } catch {
            return error as? APIError
        }
    }

    private static func constraint(_ texts: [String]) -> SpanConstraint {
        SpanConstraint(spans: texts.map { $0.utf8.map { TokenID(Int($0)) } }, endTokens: [ByteCodec.end])
    }

    @Test(arguments: [#""structured_outputs":{"choice":["yes","no"]}"#, #""guided_choice":["yes","no"]"#])
    func `becomes the texts' tokens, with room for the longest and its end`(members: String) throws {
        let prompt = try Self.prepare(members).prompts[0]
        #expect(prompt.constraint == Self.constraint(["yes", "no"]))
        #expect(prompt.maxOutputTokens == 4)
        #expect(try Self.prepare(members + #","max_tokens":2"#).prompts[0].maxOutputTokens == 2)
    }

    @Test func `finds the tokens that say the text where the answer begins`() throws {
        let prompt = try Self.prepare(#""guided_choice":["yes"," no"]"#, codec: BlankCodec()).prompts[0]
        #expect(prompt.constraint == Self.constraint(["yes", " no"]))
    }

    @Test func `refuses a text that no tokens say, and a model that cannot end`() {
        let error = Self.failure(#""guided_choice":["yes","zero"]"#, codec: BlankCodec())
        #expect(error?.status == 400 && error?.message.contains("'zero'") == true)
        #expect(Self.failure(#""guided_choice":["yes"]"#, codec: BlankCodec(endOfSequence: []))?.status == 400)
    }

    @Test func `is spelled once for all prompts with text, and once for those without`() throws {
        let codec = CountingCodec()
        let body = #"{"prompt":[[97],[98],[256],[256,256],[99]],"guided_choice":["yes","no"]}"#
        let prepared = try TestServer.model(ScriptedService(), codec).prepare(.text, body: Array(body.utf8))
        #expect(prepared.prompts.map(\.constraint) == Array(repeating: Self.constraint(["yes", "no"]), count: 5))
        #expect(codec.answerCount == 4)
    }

    @Test func `is held to a size in all`() {
        let texts = Array(repeating: "\"" + String(repeating: "x", count: 4096) + "\"", count: 33)
        #expect(Self.failure(#""guided_choice":[\#(texts.joined(separator: ","))]"#)?.status == 400)
        let fitting = texts.prefix(32).joined(separator: ",")
        #expect(Self.failure(#""max_tokens":1,"guided_choice":[\#(fitting)]"#) == nil)
    }

    @Test(arguments: [
        (#""guided_choice":"yes""#, "guided_choice"), (#""guided_choice":[]"#, "guided_choice"),
        (#""guided_choice":["a",1]"#, "guided_choice[1]"), (#""guided_choice":[""]"#, "guided_choice[0]"),
        (#""structured_outputs":[]"#, "structured_outputs"),
        (#""structured_outputs":{"choice":{}}"#, "structured_outputs.choice"),
        (#""structured_outputs":{"regex":"a+"}"#, "structured_outputs.regex"),
        (#""structured_outputs":{"choices":["a"]}"#, "structured_outputs.choices"),
        (#""structured_outputs":{"choice":["a"]},"guided_choice":["a"]"#, "guided_choice"),
        (#""guided_choice":["a"],"ignore_eos":true"#, "ignore_eos"),
    ])
    func `names what is wrong`(members: String, parameter: String) {
        let error = Self.failure(members)
        #expect(error?.status == 400)
        #expect(error?.parameter == parameter)
    }

    @Test func `is nothing when it is null`() throws {
        for members in [#""guided_choice":null"#, #""structured_outputs":null"#, #""structured_outputs":{}"#] {
            #expect(try Self.prepare(members).prompts[0].constraint == nil)
        }
    }

    @Test func `reaches the engine with every choice of every prompt`() async throws {
        let service = ScriptedService { _ in .say("no") }
        let server = try await TestServer.start(service)
        let answer = try await server.post(
            "/v1/completions", #"{"prompt":["a","b"],"n":2,"guided_choice":["no"]}"#)
        #expect(answer.status == 200)
        #expect(service.submitted.count == 4)
        #expect(service.submitted.allSatisfy { $0.constraint as? SpanConstraint == Self.constraint(["no"]) })
        try await server.stop()
    }
}

@Suite struct `Account of guesses` {
    @Test func `stands under OpenAI's names, where anything was guessed`() {
        var writer = JSONWriter()
        var usage = Usage(promptTokens: 3, completionTokens: 9)
        usage.write(to: &writer)
        #expect(!String(decoding: writer.bytes, as: UTF8.self).contains("completion_tokens_details"))
        (usage.draftedTokens, usage.acceptedTokens) = (8, 5)
        writer = JSONWriter()
        usage.write(to: &writer)
        #expect(
            String(decoding: writer.bytes, as: UTF8.self).hasSuffix(
                #""completion_tokens_details":{"accepted_prediction_tokens":5,"rejected_prediction_tokens":3}}"#))
    }

    @Test func `is the engine's, summed over the choices`() throws {
        var session = CompletionSession(detokenizer: ByteDetokenizer(), .init(stopStrings: StopStrings([])))
        var summary = RequestSummary(
            reason: .length, promptTokenCount: 1, cachedTokenCount: 0, outputTokenCount: 0, timings: RequestTimings())
        (summary.draftedTokenCount, summary.acceptedTokenCount) = (7, 4)
        let completion = try #require(session.received(.finished(summary)).completion)
        #expect(completion.draftedTokenCount == 7 && completion.acceptedTokenCount == 4)
    }
}
