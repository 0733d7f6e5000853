// EngineRun.swift — a batch of requests, computed step by step and timed.
// Bench.

import Base
import Engine
import Transformer

/// A request that ended without all its tokens: there is nothing to measure.
struct RunFailure: Error, CustomStringConvertible {
    let description: String
}

/// One batch of requests from submission to the last token.
struct EngineRun {
    /// Of steps in which a request still waits for its first token; in all others everyone decodes.
    private(set) var prefillSeconds = 0.0
    private(set) var decodeSeconds = 0.0
    /// `ProcessorTime`.
    private(set) var prefillProcessorSeconds = 0.0
    private(set) var decodeProcessorSeconds = 0.0
    private(set) var tokensInDecodePhase = 0
    private(set) var stepsInDecodePhase = 0
    private(set) var timeToFirstToken: [Double] = []
    private(set) var timePerOutputToken: [Double] = []
    private(set) var draftedTokens = 0
    private(set) var acceptedTokens = 0
    let promptTokens: Int
    let outputTokens: Int

    /// What every request was answered.
    private(set) var outputs: [RequestID: [TokenID]] = [:]
    private let concurrency: Int
    /// Requests still to be submitted, each when another has ended.
    private var pending: [GenerationRequest]
    private var submittedCount: Int
    private var finishedCount = 0
    private var started: Set<RequestID> = []
    private let time: any TimeSource

    /// Submits the requests. Nothing is computed before `advance`.
    /// - Parameter successors: requests that take the places of the first ones.
    init<Model: LanguageModel>(
        _ core: EngineCore<Model>, _ workload: Workload, concurrency: Int, successors: Int = 0, seed: UInt64,
        time: any TimeSource = MonotonicTime()
    ) {
        promptTokens = (concurrency + successors) * workload.promptTokens
        outputTokens = (concurrency + successors) * workload.outputTokens
        self.concurrency = concurrency
        self.time = time
        let requests = (0..<concurrency + successors).map {
            workload.request($0, run: seed, vocabularySize: core.model.vocabularySize)
        }
        for request in requests.prefix(concurrency) { core.submit(request) }
        submittedCount = concurrency
        pending = requests.dropFirst(concurrency).reversed()
    }

    /// Whether fewer requests are left than were to be computed at once.
    var isThinning: Bool { submittedCount - finishedCount < concurrency }

    static func complete<Model: LanguageModel>(
        _ core: EngineCore<Model>, _ workload: Workload, concurrency: Int, seed: UInt64
    ) throws -> EngineRun {
        var run = EngineRun(core, workload, concurrency: concurrency, seed: seed)
        while try run.advance(core) {}
        return run
    }

    /// Computes one step. Only its own time counts: between two steps another engine may have its turn.
    /// - Returns: false when everything was answered.
    mutating func advance<Model: LanguageModel>(_ core: EngineCore<Model>) throws -> Bool {
        let start = time.nanoseconds()
        let processorStart = ProcessorTime().nanoseconds()
        guard core.step() else { return false }
        let isDecodePhase = started.count == submittedCount
        if isDecodePhase { stepsInDecodePhase += 1 }
        for event in core.takeEvents() {
            switch event.kind {
            case .admitted: break
            case .tokens(let tokens):
                if isDecodePhase { tokensInDecodePhase += tokens.count }
                outputs[event.request, default: []] += tokens
                started.insert(event.request)
            case .finished(let summary):
                if case .failed(let reason) = summary.reason { throw RunFailure(description: reason) }
                note(summary)
                finishedCount += 1
            }
        }
        let processorSeconds = Double(ProcessorTime().nanoseconds() - processorStart) / 1e9
        let seconds = Double(time.nanoseconds() - start) / 1e9
        if isDecodePhase {
            decodeSeconds += seconds
            decodeProcessorSeconds += processorSeconds
        } else {
            prefillSeconds += seconds
            prefillProcessorSeconds += processorSeconds
        }
        while isThinning, let next = pending.popLast() {
            core.submit(next)
            submittedCount += 1
        }
        return true
    }

    /// Ends the requests that are left.
    mutating func cancelRest<Model: LanguageModel>(_ core: EngineCore<Model>) {
        core.cancelAll()
        for event in core.takeEvents() {
            if case .finished(let summary) = event.kind { noteGuesses(summary) }
        }
    }

    private mutating func noteGuesses(_ summary: RequestSummary) {
        draftedTokens += summary.draftedTokenCount
        acceptedTokens += summary.acceptedTokenCount
    }

    private mutating func note(_ summary: RequestSummary) {
        noteGuesses(summary)
        let timings = summary.timings
        timeToFirstToken.append(Double(timings.firstTokenNanoseconds - timings.arrivalNanoseconds) / 1e6)
        guard summary.outputTokenCount > 1 else { return }
        timePerOutputToken.append(
            Double(timings.finishedNanoseconds - timings.firstTokenNanoseconds) / 1e6
                / Double(summary.outputTokenCount - 1))
    }

    var prefillTokensPerSecond: Double { Double(promptTokens) / max(prefillSeconds, 1e-9) }
    var prefillTokensPerProcessorSecond: Double { Double(promptTokens) / max(prefillProcessorSeconds, 1e-9) }
    var decodeTokensPerSecond: Double { Double(tokensInDecodePhase) / max(decodeSeconds, 1e-9) }
    var decodeTokensPerProcessorSecond: Double { Double(tokensInDecodePhase) / max(decodeProcessorSeconds, 1e-9) }
    var totalTokensPerSecond: Double { Double(promptTokens + outputTokens) / (prefillSeconds + decodeSeconds) }
    var outputTokensPerSecond: Double { Double(outputTokens) / (prefillSeconds + decodeSeconds) }
}
