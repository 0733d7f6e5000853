// Support.swift — what the engine's suites share.

import Base
import Engine
import Sampling
import Synchronization
import TestSupport
import Transformer

/// An engine over the scripted model, driven by hand.
struct Harness {
    let core: EngineCore<ScriptedModel>
    let model: ScriptedModel
    private(set) var outputs: [RequestID: [TokenID]] = [:]
    /// Cached tokens, as told with the first step.
    private(set) var admissions: [RequestID: Int] = [:]
    private(set) var summaries: [RequestID: RequestSummary] = [:]
    private(set) var logprobs: [RequestID: [TokenLogprobs]] = [:]
    private(set) var promptLogprobs: [RequestID: [TokenLogprobs]] = [:]

    init(
        blocks: Int = 64, maxModelLength: Int = 512, tokensPerBlock: Int = 16, stateSlots: Int = 4,
        draftModel: ScriptedModel? = nil,
        change: (inout EngineConfiguration) -> Void = { _ in }
    ) {
        model = ScriptedModel(blockCount: blocks, tokensPerBlock: tokensPerBlock, stateSlotCount: stateSlots)
        var configuration = EngineConfiguration(maxModelLength: maxModelLength, blockCount: blocks)
        configuration.tokensPerBlock = tokensPerBlock
        change(&configuration)
        core = EngineCore(
            model: model, configuration: configuration, draftModel: draftModel, time: ManualTime(),
            hasher: BlockHasher(key: SipHashKey(1, 2)))
    }

    /// One step, with the invariants checked and the events sorted by request.
    @discardableResult
    mutating func step() -> Bool {
        let stepped = core.step()
        core.checkInvariants()
        collect()
        return stepped
    }

    mutating func collect() {
        for event in core.takeEvents() {
            precondition(summaries[event.request] == nil, "\(event.request) had an event after its end")
            if !event.logprobs.isEmpty { logprobs[event.request, default: []] += event.logprobs }
            if !event.promptLogprobs.isEmpty { promptLogprobs[event.request, default: []] += event.promptLogprobs }
            switch event.kind {
            case .admitted(let count):
                let isFirst = admissions.updateValue(count, forKey: event.request) == nil
                precondition(isFirst, "\(event.request) was admitted twice")
            case .tokens(let tokens): outputs[event.request, default: []] += tokens
            case .finished(let summary): summaries[event.request] = summary
            }
        }
    }

    mutating func runUntilIdle() { while step() {} }

    /// Submits, runs until idle, and returns what came out.
    mutating func run(_ request: GenerationRequest) -> [TokenID] {
        core.submit(request)
        runUntilIdle()
        return outputs[request.id] ?? []
    }
}

extension GenerationRequest {
    /// A request with made-up prompt tokens.
    static func sample(
        _ id: UInt64, prompt: Range<Int> = 0..<10, output: Int = 8, seed: UInt64? = nil, priority: Int = 0
    ) -> GenerationRequest {
        var parameters = SamplingParameters.greedy
        if let seed {
            parameters.temperature = 1
            parameters.topP = 0.9
            parameters.seed = seed
        }
        return GenerationRequest(
            id: RequestID(id), promptTokens: prompt.map { TokenID(($0 * 7 + $0 / 50 * 13) % 50) }, sampling: parameters,
            maxOutputTokens: output, priority: priority)
    }

    /// The same request, allowed to say only whole spans with connectors between them.
    func constrained(_ generator: inout SeededGenerator, vocabularySize: Int = 50, ends: Bool = true) -> Self {
        func sequences(_ count: Int) -> [[TokenID]] {
            (0..<count).map { _ in
                (0..<Int.random(in: 1...6, using: &generator)).map { _ in
                    TokenID(Int.random(in: 0..<vocabularySize - 1, using: &generator))
                }
            }
        }
        var copy = self
        let endTokens = ends ? [TokenID(vocabularySize - 1)] : []
        copy.constraint = SpanConstraint(spans: sequences(12), connectors: sequences(3), endTokens: endTokens)
        copy.stopTokens = endTokens
        return copy
    }

    /// The same request, allowed to say only one of a few answers, some of which begin alike.
    func choosing(_ generator: inout SeededGenerator, vocabularySize: Int = 50) -> Self {
        func tokens(_ count: Int) -> [TokenID] {
            (0..<count).map { _ in TokenID(Int.random(in: 0..<vocabularySize - 1, using: &generator)) }
        }
        let answers = (0..<8).map { _ in tokens(Int.random(in: 1...maxOutputTokens + 2, using: &generator)) }
        let longer = answers.prefix(4).map { $0 + tokens(3) }
        var copy = self
        copy.stopTokens = [TokenID(vocabularySize - 1)]
        copy.constraint = SpanConstraint(spans: answers + longer, endTokens: copy.stopTokens)
        return copy
    }

    /// The same request, with every token chosen from logits, also where its constraint leaves only one.
    var stepwise: Self {
        guard let constraint = constraint as? SpanConstraint else { return self }
        var copy = self
        copy.constraint = StepwiseConstraint(constraint: constraint)
        return copy
    }
}

/// A constraint that does not tell when it leaves only one token.
private struct StepwiseConstraint: TokenConstraint {
    var constraint: SpanConstraint

    mutating func fillMask(_ mask: inout TokenMask) { constraint.fillMask(&mask) }
    mutating func accept(_ token: TokenID) { constraint.accept(token) }
    mutating func rollback(_ count: Int) { constraint.rollback(count) }
}
