import Base
import Engine
import Sampling
import TestSupport
import Testing

/// A draft model's guesses are as good as its cache is right: the scripted model's logits change with any wrong slot.
@Suite struct `Draft model` {
    private static func draftModel(
        blocks: Int = 64, tokensPerBlock: Int = 16, vocabularySize: Int = 50,
        wrongAfter: @escaping (Int32) -> Bool = { _ in false }
    ) -> ScriptedModel {
        let model = ScriptedModel(
            vocabularySize: vocabularySize, blockCount: blocks, tokensPerBlock: tokensPerBlock)
        model.isWrongAfter = wrongAfter
        return model
    }

    private static func speculate(_ configuration: inout EngineConfiguration, _ draftCount: Int) {
        configuration.speculation.drafter = .model
        configuration.speculation.maxDraftCount = draftCount
        configuration.speculation.isAdaptive = false
    }

    private static func requests(_ generator: inout SeededGenerator, count: Int) -> [GenerationRequest] {
        (0..<count).map { index in
            let start = Int.random(in: 0..<3, using: &generator) * 100
            let request = GenerationRequest.sample(
                UInt64(index), prompt: start..<start + Int.random(in: 1...50, using: &generator),
                output: Int.random(in: 1...40, using: &generator), seed: index % 3 == 0 ? nil : UInt64(index),
                priority: Int.random(in: 0...2, using: &generator))
            return index % 4 == 3 ? request.constrained(&generator) : request
        }
    }

    @Test(arguments: 1...8) func `a model that guesses for itself is always right`(draftCount: Int) {
        let output = 1 + 5 * (draftCount + 1)
        for seed in [nil, 3 as UInt64] {
            let request = GenerationRequest.sample(1, prompt: 0..<30, output: output, seed: seed)
            var harness = Harness(draftModel: Self.draftModel()) { Self.speculate(&$0, draftCount) }
            #expect(harness.run(request) == ScriptedModel.expectedOutput(request))
            // The prompt's step gives one token, each later one all its guesses and one more.
            #expect(harness.core.statistics.stepCount == 6)
            #expect(harness.core.statistics.acceptedTokenCount == UInt64(5 * draftCount))
            #expect(harness.core.statistics.draftedTokenCount == UInt64(5 * draftCount))
        }
    }

    @Test(arguments: [3, 4, 7]) func `forgets a refused guess and goes on from what was emitted`(period: Int32) {
        let (promptCount, output, draftCount) = (10, 60, 4)
        let request = GenerationRequest.sample(1, prompt: 0..<promptCount, output: output)
        let draftModel = Self.draftModel { $0 % period == 0 }
        var harness = Harness(draftModel: draftModel) { Self.speculate(&$0, draftCount) }
        #expect(harness.run(request) == ScriptedModel.expectedOutput(request))
        // Were anything left of a refused guess in the draft's cache, later guesses would be wrong as well.
        var (count, accepted) = (promptCount + 1, 0)
        while count < promptCount + output {
            let room = min(draftCount, promptCount + output - count - 1)
            let right = (0..<room).prefix { (Int32(count + $0) - 1) % period != 0 }.count
            accepted += right
            count += right + 1
        }
        #expect(harness.summaries[request.id]?.acceptedTokenCount == accepted)
    }

    /// Every request is guessed for by the model itself: a guess that is refused means that the draft's cache was wrong.
    @Test(arguments: 0..<40) func `keeps its cache right in any company`(seed: Int) {
        var generator = SeededGenerator(seed: UInt64(seed + 1))
        let requests = Self.requests(&generator, count: Int.random(in: 1...16, using: &generator))
        let (blocks, tokensPerBlock) = (
            Int.random(in: 10...60, using: &generator), [4, 16].randomElement(using: &generator)!
        )
        let draftModel = Self.draftModel(blocks: blocks, tokensPerBlock: tokensPerBlock)
        var harness = Harness(
            blocks: blocks, maxModelLength: 100, tokensPerBlock: tokensPerBlock, draftModel: draftModel
        ) {
            $0.maxBatchedTokens = [4, 17, 512].randomElement(using: &generator)!
            $0.prefillTokensBesideDecode = [1, 8, 128].randomElement(using: &generator)!
            $0.maxRunningCount = [1, 4, 16].randomElement(using: &generator)!
            $0.sharesPrefixes = Bool.random(using: &generator)
            Self.speculate(&$0, Int.random(in: 1...8, using: &generator))
            $0.speculation.maxDraftRows = [1, 5, 32].randomElement(using: &generator)!
            $0.speculation.isAdaptive = Bool.random(using: &generator)
            $0.speculation.acceptance = seed % 4 == 0 ? .rejection : .invariant
        }
        let capacity = harness.core.configuration.maxModelLength
        let fitting = requests.filter { $0.promptTokens.count < capacity }
        for request in fitting {
            harness.core.submit(request)
            for _ in 0..<Int.random(in: 0...3, using: &generator) { harness.step() }
            if Int.random(in: 0..<4, using: &generator) == 0 { harness.core.preempt(request.id) }
        }
        harness.runUntilIdle()
        for request in fitting where harness.core.configuration.speculation.acceptance == .invariant {
            var possible = request
            possible.maxOutputTokens = min(request.maxOutputTokens, capacity - request.promptTokens.count)
            #expect(harness.outputs[request.id] == ScriptedModel.expectedOutput(possible), "\(request.id)")
        }
        // A stop token ends its request before it is compared with its guess.
        let stopCount = Int(harness.core.statistics.finishedByStop)
        let refusedCount = Int(harness.core.statistics.draftedTokenCount - harness.core.statistics.acceptedTokenCount)
        #expect(refusedCount <= stopCount)
        #expect(harness.core.statistics.usedBlockCount == 0)
    }

    @Test(arguments: [31, 40, 50, 64]) func `guesses with a table of another length`(vocabularySize: Int) {
        let request = GenerationRequest.sample(1, output: 40, seed: 4)
        let draftModel = Self.draftModel(vocabularySize: vocabularySize)
        var harness = Harness(draftModel: draftModel) { Self.speculate(&$0, 3) }
        #expect(harness.run(request) == ScriptedModel.expectedOutput(request))
        #expect(harness.core.statistics.acceptedTokenCount > 0)
        #expect(draftModel.largestToken.index < vocabularySize)
    }

    @Test func `guesses after the penalties and the bias of its request`() {
        var request = GenerationRequest.sample(1, output: 60, seed: 9)
        request.sampling.frequencyPenalty = 1.5
        request.sampling.repetitionPenalty = 1.4
        request.sampling.logitBias = [LogitBias(token: 7, bias: 3)]
        var harness = Harness(draftModel: Self.draftModel()) { Self.speculate(&$0, 5) }
        #expect(harness.run(request) == ScriptedModel.expectedOutput(request))
        #expect(harness.core.statistics.acceptedTokenCount == harness.core.statistics.draftedTokenCount)
    }

    @Test func `rests where its guesses are never right, and looks again now and then`() {
        let request = GenerationRequest.sample(1, output: 400)
        let draftModel = Self.draftModel { _ in true }
        var harness = Harness(draftModel: draftModel) {
            Self.speculate(&$0, 4)
            $0.speculation.isAdaptive = true
        }
        #expect(harness.run(request) == ScriptedModel.expectedOutput(request))
        #expect((5...60).contains(harness.core.statistics.draftedTokenCount))
    }

    @Test func `does not take for known what it had guessed before a rest`() {
        let draftModel = Self.draftModel { $0 < 20 }
        var harness = Harness(draftModel: draftModel) {
            Self.speculate(&$0, 3)
            $0.speculation.maxDraftRows = 3
        }
        let resting = GenerationRequest.sample(1, prompt: 0..<10, output: 200, priority: 1)
        harness.core.submit(resting)
        for _ in 0..<4 { harness.step() }
        // Guesses of the other take all rows for drafts; meanwhile this one's tokens are not those that were guessed.
        harness.core.submit(.sample(2, prompt: 100..<150, output: 60, priority: 0))
        harness.runUntilIdle()
        #expect(harness.outputs[resting.id] == ScriptedModel.expectedOutput(resting))
        #expect((harness.summaries[resting.id]?.acceptedTokenCount ?? 0) > 100)
    }
}
