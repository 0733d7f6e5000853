import Base
import Sampling
import TestSupport
import Testing

/// Allows a fixed set of tokens.
private struct FixedConstraint: TokenConstraint {
    let allowed: [TokenID]
    mutating func fillMask(_ mask: inout TokenMask) { for token in allowed { mask[token] = true } }
    mutating func accept(_ token: TokenID) {}
    mutating func rollback(_ count: Int) {}
}

@Suite struct `Logits pipeline` {
    private func parameters(_ change: (inout SamplingParameters) -> Void) -> SamplingParameters {
        var parameters = SamplingParameters()
        change(&parameters)
        return parameters
    }

    // MARK: - Greedy

    @Test func `takes the largest logit at temperature 0, the lowest id among equals`() {
        #expect(choose([1, 3, 2, 3], .greedy) == 1)
        #expect(choose([.nan, 3, .nan, 2], .greedy) == 1)
        #expect(choose([-.infinity, -5], .greedy) == 1)
    }

    @Test func `has no token when every logit is impossible`() {
        #expect(choose([.nan, -.infinity], .greedy) == nil)
        #expect(choose([.nan, -.infinity], SamplingParameters()) == nil)
        #expect(choose([1, 2], .greedy, constraint: FixedConstraint(allowed: [])) == nil)
        #expect(choose([1, 2], SamplingParameters(), constraint: FixedConstraint(allowed: [])) == nil)
    }

    // MARK: - Order of steps

    @Test func `masks before everything else`() {
        let biased = parameters {
            $0.temperature = 0
            $0.logitBias = [LogitBias(token: 0, bias: 100)]
        }
        #expect(choose([9, 1, 2], biased, constraint: FixedConstraint(allowed: [1, 2])) == 2)
    }

    @Test func `applies the mask across word borders`() {
        let logits = (0..<200).map { Float($0) }
        #expect(choose(logits, .greedy, constraint: FixedConstraint(allowed: [63])) == 63)
        #expect(choose(logits, .greedy, constraint: FixedConstraint(allowed: [64, 127, 128])) == 128)
    }

    @Test func `adds bias and subtracts penalties before choosing greedily`() {
        var history = TokenHistory()
        history.append(1)
        history.append(1)
        let frequency = parameters {
            $0.temperature = 0
            $0.frequencyPenalty = 0.6
        }
        #expect(choose([0, 1, 0.1], frequency, history: history) == 2)
        let presence = parameters {
            $0.temperature = 0
            $0.presencePenalty = 0.6
        }
        #expect(choose([0, 1, 0.1], presence, history: history) == 1)
        let biased = parameters {
            $0.temperature = 0
            $0.logitBias = [LogitBias(token: 0, bias: 2)]
        }
        #expect(choose([0, 1, 0.1], biased) == 0)
    }

    @Test func `repels tokens of the prompt with the repetition penalty, whatever the sign of their logit`() {
        let repetition = parameters {
            $0.temperature = 0
            $0.repetitionPenalty = 2
        }
        let history = TokenHistory(prompt: [0], parameters: repetition)
        #expect(choose([3, 2], repetition, history: history) == 1)
        #expect(choose([-1, -1.5], repetition, history: history) == 1)
    }

    @Test func `forgets a token that was taken back`() {
        var history = TokenHistory()
        history.append(1)
        history.removeOne(1)
        let presence = parameters {
            $0.temperature = 0
            $0.presencePenalty = 2
        }
        #expect(choose([0, 1], presence, history: history) == 1)
    }

    @Test(arguments: [Float(1e-3), 1e-20, 1e-38, .leastNonzeroMagnitude])
    func `is greedy in the limit of a tiny temperature`(
        temperature: Float
    ) {
        let tiny = parameters { $0.temperature = temperature }
        #expect(choose([5, 3, 1], tiny) == 0)
        #expect(choose([-50, -40, -60], tiny) == 1)
    }

    // MARK: - Truncation

    @Test func `keeps exactly k candidates and prefers lower ids among equals`() {
        var pipeline = LogitsPipeline(vocabularySize: 6)
        _ = choose([1, 1, 1, 1, 0, 2], parameters { $0.topK = 3 }, &pipeline)
        #expect(Set(pipeline.survivors.candidates.map(\.token)) == [5, 0, 1])
    }

    @Test func `always keeps the likeliest token`() {
        var pipeline = LogitsPipeline(vocabularySize: 3)
        _ = choose([0, 9, 1], parameters { $0.topP = 1e-6 }, &pipeline)
        #expect(pipeline.survivors.candidates.map(\.token) == [1])
        _ = choose([0, 9, 1], parameters { $0.minP = 1 }, &pipeline)
        #expect(pipeline.survivors.candidates.map(\.token) == [1])
    }

    @Test func `truncates as a full sort would, for 3,000 random rows`() {
        var generator = SeededGenerator(seed: 7)
        for round in 0..<3000 {
            let size = Int.random(in: 1...80, using: &generator)
            // Coarse values make ties common.
            let coarse = round % 2 == 0
            var logits = (0..<size).map { _ in
                coarse ? Float(Int.random(in: -6...6, using: &generator)) : Float.random(in: -8...8, using: &generator)
            }
            if size > 3, round % 5 == 0 { logits[size / 2] = -.infinity }
            let setting = parameters {
                $0.temperature = [0.3, 0.7, 1, 1.7].randomElement(using: &generator)!
                $0.topK = [0, 0, 1, 5, 40].randomElement(using: &generator)!
                $0.topP = [1, 0.95, 0.7, 0.3].randomElement(using: &generator)!
                $0.minP = [0, 0, 0.02, 0.3].randomElement(using: &generator)!
            }
            var pipeline = LogitsPipeline(vocabularySize: size)
            _ = choose(logits, setting, &pipeline)
            let expected = referenceDistribution(logits, setting)
            let survivors = pipeline.survivors
            var found = [Double](repeating: 0, count: size)
            for (candidate, probability) in zip(survivors.candidates, survivors.probabilities()) {
                found[candidate.token.index] = probability
            }
            for token in 0..<size {
                #expect(abs(found[token] - expected[token]) < 1e-6, "round \(round), token \(token)")
            }
        }
    }

    // MARK: - The law of the draw

    /// χ² of 40,000 draws (one per position) against the closed form, for each filter and all together.
    @Test(arguments: 0..<8) func `draws from the filtered softmax`(setting: Int) {
        let logits: [Float] = [2.0, 1.5, 1.2, 0.7, 0.7, 0, -0.5, -1, -2, -.infinity, -3, 1.1]
        let chosen = parameters {
            $0.seed = UInt64(1000 + setting)
            switch setting {
            case 0: break
            case 1: $0.temperature = 0.5
            case 2: $0.temperature = 2
            case 3: $0.topK = 4
            case 4: $0.topP = 0.8
            case 5: $0.minP = 0.2
            case 6:
                $0.temperature = 1.3
                $0.topK = 8
                $0.topP = 0.9
                $0.minP = 0.05
            default: $0.logitBias = [LogitBias(token: 10, bias: 4), LogitBias(token: 0, bias: -1)]
            }
        }
        var biased = logits
        for entry in chosen.logitBias { biased[entry.token.index] += entry.bias }
        let expected = referenceDistribution(biased, chosen)
        var pipeline = LogitsPipeline(vocabularySize: logits.count)
        var counts = [Int](repeating: 0, count: logits.count)
        for position in 0..<40_000 { counts[choose(logits, chosen, position: position, &pipeline)!.index] += 1 }
        let result = chiSquare(counts, expected)
        #expect(result.statistic < chiSquareLimit(result.degreesOfFreedom), "setting \(setting)")
    }

    @Test func `draws the same token for the same seed and another for another, position by position`() {
        let logits = [Float](repeating: 0, count: 1000)
        let first = (0..<50).map { choose(logits, parameters { $0.seed = 5 }, position: $0) }
        let again = (0..<50).map { choose(logits, parameters { $0.seed = 5 }, position: $0) }
        let other = (0..<50).map { choose(logits, parameters { $0.seed = 6 }, position: $0) }
        #expect(first == again)
        #expect(first != other)
        #expect(Set(first.map { $0! }).count > 40)
    }

    @Test func `two choices of one seed are independent`() {
        // Four equally likely tokens: all sixteen pairs must be equally likely.
        let logits: [Float] = [0, 0, 0, 0]
        var counts = [Int](repeating: 0, count: 16)
        for position in 0..<32_000 {
            let first = choose(logits, parameters { $0.choice = 0 }, position: position)!
            let second = choose(logits, parameters { $0.choice = 1 }, position: position)!
            counts[first.index * 4 + second.index] += 1
        }
        let result = chiSquare(counts, [Double](repeating: 1.0 / 16, count: 16))
        #expect(result.statistic < chiSquareLimit(result.degreesOfFreedom))
    }
}

@Suite struct `Sampling parameters` {
    @Test func `accepts its defaults and the greedy setting`() throws {
        try SamplingParameters().validate()
        try SamplingParameters.greedy.validate()
    }

    @Test(arguments: [
        ("temperature", Float(-0.1)), ("temperature", 2.1), ("temperature", .nan), ("top_p", 0), ("top_p", 1.01),
        ("top_p", .nan), ("min_p", -0.1), ("min_p", 1.1), ("frequency_penalty", 2.1), ("presence_penalty", -2.1),
        ("repetition_penalty", 0), ("repetition_penalty", .infinity), ("logit_bias", 101),
    ]) func `refuses what is out of range, by its wire name`(name: String, value: Float) {
        var parameters = SamplingParameters()
        switch name {
        case "temperature": parameters.temperature = value
        case "top_p": parameters.topP = value
        case "min_p": parameters.minP = value
        case "frequency_penalty": parameters.frequencyPenalty = value
        case "presence_penalty": parameters.presencePenalty = value
        case "repetition_penalty": parameters.repetitionPenalty = value
        default: parameters.logitBias = [LogitBias(token: 0, bias: value)]
        }
        #expect {
            try parameters.validate()
        } throws: {
            ($0 as? SamplingParameterError)?.parameter == name
        }
    }
}
