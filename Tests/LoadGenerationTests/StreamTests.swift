// StreamTests.swift — server-sent events in odd pieces, and what completions in them count for.

import LoadGeneration
import TestSupport
import Testing

@Suite struct `A completion stream` {
    private let chat = """
        : a comment\r
        data: {"choices":[{"delta":{"role":"assistant","content":""}}]}\r
        \r
        event: message
        data: {"choices":[{"delta":{"content":"Zwölf"}}]}

        data:{"choices":[{"delta":{"content":" 🥚"},
        data: "finish_reason":null}]}

        id: 7
        data: {"choices":[{"delta":{},"finish_reason":"length"}]}

        data: {"choices":[],"usage":{"prompt_tokens":9,"completion_tokens":5,"prompt_tokens_details":{"cached_tokens":8}}}

        data: [DONE]


        """

    /// Feeds the bytes in pieces; the time of a piece is its number.
    private func read(_ text: String, cut: (Int) -> Int) -> CompletionStream {
        let bytes = Array(text.utf8)
        var stream = CompletionStream()
        var position = 0
        var piece = 0
        while position < bytes.count {
            let end = min(bytes.count, position + max(1, cut(piece)))
            stream.receive(bytes[position..<end], at: UInt64(piece + 1))
            position = end
            piece += 1
        }
        return stream
    }

    private func check(_ stream: CompletionStream) {
        #expect(String(decoding: stream.text, as: UTF8.self) == "Zwölf 🥚")
        #expect(stream.chunkNanoseconds.count == 2, "a chunk that only names the role is no token")
        #expect(stream.usage.promptTokens == 9)
        #expect(stream.usage.outputTokens == 5)
        #expect(stream.usage.cachedTokens == 8)
        #expect(stream.finishReason == "length")
        #expect(stream.isDone)
        #expect(stream.isComplete)
    }

    @Test(arguments: [1, 2, 3, 5, 7, 16, 61, 10_000]) func `reads the same whatever its pieces`(size: Int) {
        check(read(chat) { _ in size })
    }

    @Test func `reads the same in a thousand random cuts`() {
        var random = SeededGenerator(seed: 5)
        for _ in 0..<1000 {
            check(read(chat) { _ in Int.random(in: 1...40, using: &random) })
        }
    }

    @Test func `stamps each chunk with the time of the piece that completed it`() {
        let first = "data: {\"choices\":[{\"text\":\"a\"}]}\n\n"
        let second = "data: {\"choices\":[{\"text\":\"b\",\"finish_reason\":\"stop\"}]}\n"
        var stream = CompletionStream()
        stream.receive(Array(first.utf8), at: 10)
        stream.receive(Array(second.utf8), at: 20)
        #expect(stream.chunkNanoseconds == [10])
        stream.receive([UInt8(ascii: "\n")], at: 30)
        #expect(stream.chunkNanoseconds == [10, 30])
        #expect(stream.lastNanoseconds == 30)
        #expect(stream.isComplete)
    }

    @Test func `without its end is not complete`() {
        let stream = read("data: {\"choices\":[{\"text\":\"a\"}]}\n\n") { _ in 100 }
        #expect(!stream.isComplete)
        #expect(stream.chunkNanoseconds.count == 1)
    }

    @Test func `that turns into an error is not complete, and says why`() {
        let stream = read("data: {\"error\":{\"message\":\"out of eggs\"}}\n\ndata: [DONE]\n\n") { _ in 4 }
        #expect(stream.errorMessage == "out of eggs")
        #expect(!stream.isComplete)
    }

    @Test(arguments: ["data: {\"choices\":\n\n", "data: 7\n\n", "data: <html>\n\n"])
    func `that is not JSON is malformed`(text: String) {
        let stream = read(text + "data: [DONE]\n\n") { _ in 100 }
        #expect(stream.isMalformed)
        #expect(!stream.isComplete)
    }

    @Test func `with strange values in known places does not trap`() {
        let odd = """
            data: {"choices":{"delta":1},"usage":[],"timings":"x"}

            data: {"choices":[null,7,{"delta":"text","text":null,"finish_reason":3}],"usage":{"prompt_tokens":1e30}}

            data: {"choices":[],"usage":{"completion_tokens_details":{"accepted_prediction_tokens":9223372036854775807,"rejected_prediction_tokens":9223372036854775807}}}


            """
        let stream = read(odd) { _ in 9 }
        #expect(!stream.isMalformed)
        #expect(stream.chunkNanoseconds.isEmpty)
        #expect(stream.usage.promptTokens == nil)
    }

    @Test func `tells what was guessed right, as OpenAI and as llama.cpp do`() {
        let openAI = read(
            "data: {\"choices\":[],\"usage\":{\"completion_tokens\":9,\"completion_tokens_details\":{\"accepted_prediction_tokens\":3,\"rejected_prediction_tokens\":1}}}\n\n"
        ) { _ in 30 }
        #expect(openAI.usage.acceptedTokens == 3)
        #expect(openAI.usage.draftTokens == 4)
        let llama = read("data: {\"choices\":[],\"timings\":{\"cache_n\":2,\"draft_n\":8,\"draft_n_accepted\":6}}\n\n")
        { _ in 30 }
        #expect(llama.usage.acceptedTokens == 6)
        #expect(llama.usage.draftTokens == 8)
        #expect(llama.usage.cachedTokens == 2)
    }

    @Test func `whose event never ends is refused before it fills the memory`() {
        var parser = EventStreamParser()
        let block = [UInt8](repeating: UInt8(ascii: "x"), count: 1 << 20)
        #expect(throws: EventStreamParser.TooLarge.self) {
            for _ in 0..<18 { try parser.receive(block) { _ in } }
        }
    }
}
