import Base
import Engine
import Sampling
import TestSupport
import Testing
import Transformer

/// The real sampler and its noise against the law that it should have.
@Suite struct `Rejection sampler` {
    private static let targetLogits: [Float] = [2.0, 1.5, 1.2, 0.7, 0.7, 0, -0.5, -1, -2, -.infinity, -3, 1.1]
    private static let drafterLogits: [Float] = [0.3, 2.5, 1.2, -1, 1.7, 0, -0.5, 0.4, -2, 1, -.infinity, 1.1]

    private static func parameters(_ setting: Int) -> SamplingParameters {
        var parameters = SamplingParameters()
        parameters.seed = UInt64(500 + setting)
        switch setting {
        case 0: break
        case 1: parameters.temperature = 0.6
        case 2: parameters.topK = 4
        case 3: parameters.topP = 0.7
        case 4: parameters.minP = 0.3
        default:
            parameters.temperature = 1.4
            parameters.topK = 9
            parameters.topP = 0.9
            parameters.frequencyPenalty = 0.8
            parameters.logitBias = [LogitBias(token: 3, bias: 2)]
        }
        return parameters
    }

    private static func distribution(_ logits: [Float], _ parameters: SamplingParameters) -> TokenDistribution<Double> {
        var pipeline = LogitsPipeline(vocabularySize: logits.count)
        var history = TokenHistory()
        history.append(1)
        var copy = logits
        var constraint: (any TokenConstraint)?
        return unsafe copy.withUnsafeMutableBufferPointer {
            unsafe pipeline.distribution($0, parameters: parameters, history: history, constraint: &constraint)
        }!
    }

    private static func law(_ distribution: TokenDistribution<Double>, _ size: Int) -> [Double] {
        (0..<size).map { distribution[TokenID($0)] }
    }

    @Test(arguments: 0..<6) func `emits the filtered target's law, and keeps what both laws share`(setting: Int) {
        let parameters = Self.parameters(setting)
        let noise = CounterNoise(seed: parameters.seed, choice: 0)
        let p = Self.distribution(Self.targetLogits, parameters)
        let q = Self.distribution(Self.drafterLogits, parameters)
        let size = Self.targetLogits.count
        var (counts, kept) = ([Int](repeating: 0, count: size), 0)
        for position in 0..<40_000 {
            let guess = RejectionSampler<LeviathanFormulas>.draw(from: q, position: position, for: .propose, noise)
            let token = RejectionSampler<LeviathanFormulas>.verify(
                guess, drawnFrom: q, target: p, position: position, noise)
            counts[token.index] += 1
            if token == guess { kept += 1 }
        }
        let emitted = chiSquare(counts, Self.law(p, size))
        #expect(emitted.statistic < chiSquareLimit(emitted.degreesOfFreedom))
        let overlap = zip(Self.law(p, size), Self.law(q, size)).reduce(0) { $0 + min($1.0, $1.1) }
        let acceptance = chiSquare([kept, 40_000 - kept], [overlap, 1 - overlap])
        #expect(acceptance.statistic < chiSquareLimit(1))
    }

    /// One stream answers two questions.
    private struct SharedStreams: ChanceSource {
        let noise: CounterNoise
        let first: NoisePurpose
        let second: NoisePurpose
        func uniform(position: Int, purpose: NoisePurpose) -> Double {
            noise.uniform(position: position, purpose: purpose == second ? first : purpose)
        }
    }

    /// How far 40,000 emitted tokens are from the target's law.
    private static func misfit<Chance: ChanceSource>(
        _ chance: Chance, proposal: [Float], stated: TokenDistribution<Double>, _ parameters: SamplingParameters
    ) -> (statistic: Double, degreesOfFreedom: Int) where Chance.Uniform == Double {
        let p = distribution(targetLogits, parameters)
        let proposal = distribution(proposal, parameters)
        var counts = [Int](repeating: 0, count: targetLogits.count)
        for position in 0..<40_000 {
            let guess = RejectionSampler<LeviathanFormulas>.draw(
                from: proposal, position: position, for: .propose, chance)
            let token = RejectionSampler<LeviathanFormulas>.verify(
                guess, drawnFrom: stated, target: p, position: position, chance)
            counts[token.index] += 1
        }
        return chiSquare(counts, law(p, targetLogits.count))
    }

    @Test(arguments: [(NoisePurpose.propose, NoisePurpose.accept), (.propose, .recover), (.accept, .recover)])
    func `would be noticed to share the noise of two draws`(first: NoisePurpose, second: NoisePurpose) {
        let parameters = Self.parameters(0)
        let noise = CounterNoise(seed: parameters.seed, choice: 0)
        let q = Self.distribution(Self.drafterLogits, parameters)
        let shared = SharedStreams(noise: noise, first: first, second: second)
        let found = Self.misfit(shared, proposal: Self.drafterLogits, stated: q, parameters)
        #expect(found.statistic > chiSquareLimit(found.degreesOfFreedom))
    }

    @Test func `would be noticed to state another law than the proposal was drawn from`() {
        var filtered = SamplingParameters()
        filtered.topP = 0.7
        let noise = CounterNoise(seed: 9, choice: 0)
        // As if the filters had been applied to the draw, and not to the probabilities handed on.
        let unfiltered = Self.distribution(Self.drafterLogits, SamplingParameters())
        let found = Self.misfit(noise, proposal: Self.drafterLogits, stated: unfiltered, filtered)
        #expect(found.statistic > chiSquareLimit(found.degreesOfFreedom))
        let honest = Self.misfit(
            noise, proposal: Self.drafterLogits, stated: Self.distribution(Self.drafterLogits, filtered), filtered)
        #expect(honest.statistic < chiSquareLimit(honest.degreesOfFreedom))
    }

    /// Gumbel draws of two laws with the same noise agree with probability Σᵢ 1/Σⱼ max(pⱼ/pᵢ, qⱼ/qᵢ).
    @Test func `with shared Gumbel noise two laws agree as often as the formula says`() {
        let parameters = Self.parameters(0)
        let (p, q) = (
            Self.distribution(Self.targetLogits, parameters), Self.distribution(Self.drafterLogits, parameters)
        )
        var (agreement, overlap) = (0.0, 0.0)
        for token in p.tokens where q[token] > 0 {
            let others = (0..<Self.targetLogits.count).map { TokenID($0) }
            agreement += 1 / others.reduce(0) { $0 + max(p[$1] / p[token], q[$1] / q[token]) }
            overlap += min(p[token], q[token])
        }
        #expect(overlap / (2 - overlap) <= agreement && agreement <= overlap)

        var pipeline = LogitsPipeline(vocabularySize: Self.targetLogits.count)
        var constraint: (any TokenConstraint)?
        func draw(_ logits: [Float], _ position: Int) -> TokenID? {
            var copy = logits
            return unsafe copy.withUnsafeMutableBufferPointer {
                unsafe pipeline.choose(
                    $0, position: position, parameters: parameters, history: TokenHistory(), constraint: &constraint)
            }
        }
        let equal = (0..<40_000).count { draw(Self.targetLogits, $0) == draw(Self.drafterLogits, $0) }
        let found = chiSquare([equal, 40_000 - equal], [agreement, 1 - agreement])
        #expect(found.statistic < chiSquareLimit(1))
    }

    @Test func `refuses a guess that no filter lets through, and has an answer where nothing is left`() {
        let p = TokenDistribution(tokens: [1, 4], weights: [3.0, 1.0])
        let noise = CounterNoise(seed: 1, choice: 0)
        for position in 0..<100 {
            let token = RejectionSampler<LeviathanFormulas>.verify(
                2, drawnFrom: TokenDistribution(certain: 2), target: p, position: position, noise)
            #expect(token == 1 || token == 4)
            // A drafter that lies about what it can draw.
            let other = RejectionSampler<LeviathanFormulas>.verify(
                3, drawnFrom: p, target: p, position: position, noise)
            #expect(other == 1 || other == 4)
        }
    }

    // MARK: - Through the engine

    /// Guesses one token, always the same one after the same token.
    private struct Pointer: Drafter {
        mutating func note(_ tokens: borrowing [TokenID], at index: Int) {}
        func propose(after tokens: borrowing [TokenID], atMost count: Int, into draft: inout [TokenID]) {
            for place in 0..<count { draft.append(TokenID((tokens.count + place) % 5)) }
        }
    }

    /// 20,000 seeds of one request: the law of three tokens in a row, guesses or not.
    @Test(arguments: [DraftAcceptance.invariant, .rejection], [1, 2, 3])
    func `the engine emits the model's law of sequences`(acceptance: DraftAcceptance, draftCount: Int) {
        Self.checkLaw(acceptance, draftCount, DrafterKind(name: "pointer") { Pointer() }, draftModel: nil)
    }

    /// The draft model mistakes each token for the next: its law is another than the target's.
    @Test(arguments: [DraftAcceptance.invariant, .rejection], [1, 3])
    func `the engine emits the model's law with a draft model of another`(
        acceptance: DraftAcceptance, draftCount: Int
    ) {
        let draftModel = ScriptedModel(vocabularySize: 5, blockCount: 80)
        draftModel.isWrongAfter = { $0 % 3 != 0 }
        Self.checkLaw(acceptance, draftCount, .model, draftModel: draftModel)
    }

    private static func checkLaw(
        _ acceptance: DraftAcceptance, _ draftCount: Int, _ drafter: DrafterKind, draftModel: ScriptedModel?
    ) {
        let prompt: [TokenID] = [1, 2, 3]
        var sampling = SamplingParameters()
        sampling.topP = 0.9
        sampling.presencePenalty = 0.7

        let model = ScriptedModel(vocabularySize: 5, blockCount: 80)
        var configuration = EngineConfiguration(maxModelLength: 8, blockCount: 80)
        configuration.speculation.drafter = drafter
        configuration.speculation.maxDraftCount = draftCount
        configuration.speculation.maxDraftRows = 64 * draftCount
        configuration.speculation.isAdaptive = false
        configuration.speculation.acceptance = acceptance
        let core = EngineCore(
            model: model, configuration: configuration, draftModel: draftModel, time: ManualTime())
        var outputs: [RequestID: [TokenID]] = [:]
        for seed in 0..<20_000 {
            var request = GenerationRequest(
                id: RequestID(UInt64(seed)), promptTokens: prompt, sampling: sampling, maxOutputTokens: 4)
            request.sampling.seed = UInt64(seed)
            core.submit(request)
            guard seed % 64 == 63 || seed == 19_999 else { continue }
            while core.step() {}
            for event in core.takeEvents() {
                if case .tokens(let tokens) = event.kind { outputs[event.request, default: []] += tokens }
            }
        }
        #expect(core.statistics.acceptedTokenCount > 0)
        #expect(core.statistics.acceptedTokenCount < core.statistics.draftedTokenCount)

        var counts = [Int](repeating: 0, count: 125)
        for output in outputs.values { counts[output[1].index * 25 + output[2].index * 5 + output[3].index] += 1 }
        // The first token comes with the prompt's step; those after it are the ones that were guessed.
        var law = [Double](repeating: 0, count: 125)
        follow([], 1, prompt, sampling) { tokens, chance in
            law[tokens[1].index * 25 + tokens[2].index * 5 + tokens[3].index] += chance
        }
        let result = chiSquare(counts, law)
        #expect(result.statistic < chiSquareLimit(result.degreesOfFreedom))
    }

    /// Every sequence of four tokens and its chance.
    private static func follow(
        _ output: [TokenID], _ chance: Double, _ prompt: [TokenID], _ sampling: SamplingParameters,
        _ body: ([TokenID], Double) -> Void
    ) {
        guard output.count < 4 else { return body(output, chance) }
        var history = TokenHistory(prompt: prompt, parameters: sampling)
        for token in output { history.append(token) }
        var pipeline = LogitsPipeline(vocabularySize: 5)
        var constraint: (any TokenConstraint)?
        var logits = ScriptedModel.logits(after: prompt + output, vocabularySize: 5)
        let next = unsafe logits.withUnsafeMutableBufferPointer {
            unsafe pipeline.distribution($0, parameters: sampling, history: history, constraint: &constraint)
        }!
        for (token, probability) in zip(next.tokens, next.probabilities) {
            follow(output + [token], chance * probability, prompt, sampling, body)
        }
    }
}
