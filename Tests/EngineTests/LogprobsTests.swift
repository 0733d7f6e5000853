// LogprobsTests.swift — log-probabilities of prompt and output, shared prompts, and the least output.

import Base
import Engine
import Kernels
import Sampling
import TestSupport
import Testing
import Transformer

@Suite struct `Log-probabilities from the engine` {
    /// By the definition, from the scripted model's own logits.
    static func expected(_ tokens: [TokenID], from first: Int, top: Int) -> [TokenLogprobs] {
        (first..<tokens.count).map { index in
            var logits = ScriptedModel.logits(after: tokens[..<index])
            var reader = LogprobReader()
            unsafe logits.withUnsafeMutableBufferPointer { unsafe reader.read($0) }
            return reader.logprobs(of: tokens[index], top: top)
        }
    }

    @Test(arguments: [nil, DrafterKind.suffix]) func `are the raw distribution's, whatever the sampler was told`(
        drafter: DrafterKind?
    ) {
        var harness = Harness {
            $0.speculation.drafter = drafter
            $0.speculation.isAdaptive = false
        }
        var request = GenerationRequest.sample(1, output: 40, seed: 7)
        request.sampling.temperature = 0.3
        request.sampling.logitBias = [LogitBias(token: 9, bias: 5)]
        request.sampling.frequencyPenalty = -1
        request.outputLogprobs = 3
        let output = harness.run(request)
        #expect(output == ScriptedModel.expectedOutput(request))
        #expect(harness.logprobs[request.id] == Self.expected(request.promptTokens + output, from: 10, top: 3))
    }

    @Test func `of the prompt need no cache and fill it`() {
        var harness = Harness { $0.maxScoredRows = 7 }
        let plain = GenerationRequest.sample(1, prompt: 0..<50, output: 3)
        _ = harness.run(plain)
        var request = GenerationRequest.sample(2, prompt: 0..<50, output: 3)
        request.promptLogprobs = 2
        #expect(harness.run(request) == harness.outputs[plain.id])
        #expect(harness.summaries[request.id]?.cachedTokenCount == 0)
        #expect(harness.promptLogprobs[request.id] == Self.expected(request.promptTokens, from: 1, top: 2))
        #expect(harness.logprobs[request.id] == nil)
    }

    @Test(arguments: 1...12) func `of the prompt survive a preemption at any step`(step: Int) {
        var harness = Harness { $0.maxScoredRows = 7 }
        var request = GenerationRequest.sample(1, prompt: 0..<50, output: 5)
        (request.promptLogprobs, request.outputLogprobs) = (1, 1)
        harness.core.submit(request)
        for _ in 0..<step { harness.step() }
        harness.core.preempt(request.id)
        harness.runUntilIdle()
        let tokens = request.promptTokens + (harness.outputs[request.id] ?? [])
        #expect(tokens.count == 55)
        #expect(harness.promptLogprobs[request.id] == Self.expected(request.promptTokens, from: 1, top: 1))
        #expect(harness.logprobs[request.id] == Self.expected(tokens, from: 50, top: 1))
    }

    @Test func `two prompts are scored side by side, within the limit of rows`() {
        var harness = Harness { $0.maxScoredRows = 5 }
        let requests = (1...3).map { id in
            var request = GenerationRequest.sample(UInt64(id), prompt: id..<id + 30, output: 2)
            request.promptLogprobs = 0
            return request
        }
        for request in requests { harness.core.submit(request) }
        harness.runUntilIdle()
        for request in requests {
            #expect(harness.promptLogprobs[request.id] == Self.expected(request.promptTokens, from: 1, top: 0))
        }
    }

    @Test func `a prompt of one token has none before it`() {
        var harness = Harness()
        var request = GenerationRequest.sample(1, prompt: 0..<1, output: 2)
        request.promptLogprobs = 3
        #expect(harness.run(request).count == 2)
        #expect(harness.promptLogprobs[request.id] == nil)
    }

    @Test func `a stop token's own come with the end`() throws {
        var harness = Harness()
        var request = GenerationRequest.sample(1, output: 20)
        let output = ScriptedModel.expectedOutput(request)
        request.stopTokens = [output[0]]
        request.outputLogprobs = 1
        #expect(harness.run(request) == [])
        #expect(harness.logprobs[request.id]?.map(\.chosen.token) == [output[0]])
    }

    @Test func `of a real model's prompt are the same bits in any chunks`() throws {
        let path = TestFiles.fixture("reference/llama-mha-f16")
        func score(_ scoredRows: Int, companions: Int) throws -> [TokenLogprobs] {
            var configuration = EngineConfiguration(maxModelLength: 128, blockCount: 100)
            configuration.maxScoredRows = scoredRows
            configuration = configuration.validated()
            var options = DecoderOptions(blockCount: 100, maxModelLength: 128)
            options.maxRows = configuration.maxBatchedTokens
            options.maxLogitRows = configuration.maxLogitRows
            let decoder = try DecoderModel(
                try ModelCheckpoint(path: path), options: options, pool: ThreadPool(threadCount: 2, kernels: .best))
            let core = EngineCore(model: decoder, configuration: configuration)
            for id in 0..<companions {
                core.submit(
                    GenerationRequest(
                        id: RequestID(UInt64(100 + id)), promptTokens: [TokenID(3 + id), 5], sampling: .greedy,
                        maxOutputTokens: 20))
            }
            var request = GenerationRequest(
                id: RequestID(1), promptTokens: (0..<60).map { TokenID(3 + $0 * 17 % 80) }, sampling: .greedy,
                maxOutputTokens: 1)
            request.promptLogprobs = 2
            core.submit(request)
            while core.step() {}
            return core.takeEvents().first { !$0.promptLogprobs.isEmpty }?.promptLogprobs ?? []
        }
        let alone = try score(32, companions: 0)
        #expect(alone.count == 59)
        #expect(try score(1, companions: 0) == alone)
        #expect(try score(7, companions: 5) == alone)
    }
}

@Suite struct `Requests of one prompt` {
    @Test func `wait for the first and take its blocks`() {
        var harness = Harness()
        let requests = (0..<4).map { choice in
            var request = GenerationRequest.sample(UInt64(choice + 1), prompt: 0..<40, output: 6, seed: 9)
            request.sampling.choice = UInt32(choice)
            if choice > 0 { request.leader = RequestID(1) }
            return request
        }
        for request in requests { harness.core.submit(request) }
        harness.runUntilIdle()
        for request in requests {
            #expect(harness.outputs[request.id] == ScriptedModel.expectedOutput(request))
            #expect(harness.summaries[request.id]?.cachedTokenCount == (request.leader == nil ? 0 : 32))
        }
        #expect(Set(requests.map { harness.outputs[$0.id] }).count == 4)
    }

    @Test func `go on when the first is cancelled, is gone, or was never there`() {
        var harness = Harness()
        harness.core.submit(.sample(1, prompt: 0..<40))
        for (id, leader) in [(UInt64(2), UInt64(1)), (3, 77)] {
            var request = GenerationRequest.sample(id, prompt: 0..<40, output: 3)
            request.leader = RequestID(leader)
            harness.core.submit(request)
        }
        harness.core.cancel(RequestID(1))
        harness.runUntilIdle()
        #expect(harness.outputs[RequestID(2)]?.count == 3 && harness.outputs[RequestID(3)]?.count == 3)
    }
}

@Suite struct `Least output` {
    @Test func `no stop token comes before it, and one may come right after`() {
        let free = ScriptedModel.expectedOutput(.sample(1, output: 30))
        for least in [0, 1, 5, 29] {
            var harness = Harness()
            var request = GenerationRequest.sample(1, output: 30)
            // Half of the vocabulary ends the request.
            request.stopTokens = (0..<25).map { TokenID($0 * 2) }
            request.minOutputTokens = least
            let output = harness.run(request)
            #expect(output.count >= least)
            #expect(output.prefix(least).allSatisfy { $0.rawValue % 2 == 1 })
            if least == 0 { #expect(output == Array(free.prefix { $0.rawValue % 2 == 1 })) }
        }
    }
}
