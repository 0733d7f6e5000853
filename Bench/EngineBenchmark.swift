// EngineBenchmark.swift — prefill, decode and latency of the whole engine at several concurrencies.
// Bench.  No HTTP, no tokenizer: prompts are random token ids, so that no prefix is shared unless one asks for it.

import Base
import Console
import Engine
import Kernels
import Sampling
import Transformer

enum EngineBenchmark: Command {
    static let name = "engine"
    static let summary = "prefill and decode rates, time to first token, time per token"
    static let options =
        [
            OptionDefinition("--prompt-tokens", "N", "tokens of each prompt (default: 512)"),
            OptionDefinition("--output-tokens", "N", "tokens generated for each (default: 64)"),
            OptionDefinition("--concurrency", "LIST", "requests at once, e.g. 1,4,16 (default)"),
            OptionDefinition("--repeats", "N", "measured runs of each, after one warm-up (default: 3)"),
            OptionDefinition("--same-prompt", nil, "send one prompt again and again: what the prefix cache is worth"),
            OptionDefinition("--quote", nil, "answers copy passages of their prompt: what guessing is good at"),
            OptionDefinition("--temperature", "T", "how tokens are drawn (default: 0, greedily)"),
            OptionDefinition("--json", nil, "print one JSON document"),
        ] + EngineOptions.definitions

    static func run(_ arguments: Arguments) throws {
        var workload = Workload()
        workload.promptTokens = try arguments.integer("--prompt-tokens", in: 1...(1 << 20)) ?? 512
        workload.outputTokens = try arguments.integer("--output-tokens", in: 1...(1 << 20)) ?? 64
        workload.repeats = try arguments.integer("--repeats", in: 1...1000) ?? 3
        workload.repeatsPrompt = arguments.has("--same-prompt")
        workload.quotes = arguments.has("--quote")
        workload.temperature = try arguments.number("--temperature") ?? 0
        guard (0...2).contains(workload.temperature) else { throw UsageError("--temperature must be from 0 to 2") }
        let list = (arguments["--concurrency"] ?? "1,4,16").split(separator: ",").map { Int($0) ?? 0 }
        guard !list.isEmpty, list.allSatisfy({ (1...4096).contains($0) }) else {
            throw UsageError("--concurrency must be a list such as 1,4,16")
        }
        var options = try EngineOptions(arguments)
        let path = try ModelLocator.path(arguments["--model"])
        let configuration = try ModelCheckpoint(path: path).configuration
        // Token ids are all that is sent here: that the two tokenizers agree is for `swiftlet` to check.
        let draftPath = try arguments["--draft-model"].map { name throws(UsageError) in try ModelLocator.path(name) }
        let length = workload.promptTokens + workload.outputTokens
        options.maxModelLength = options.maxModelLength ?? length
        options.maxWaitingCount = max(options.maxWaitingCount, list.max() ?? 1)

        var report = EngineReport(name: ModelLocator.displayName(path), workload: workload)
        for concurrency in list {
            let draft = try draftPath.map { try ModelCheckpoint(path: $0) }
            let plan = try EnginePlan(configuration, options, draft: draft?.configuration)
            guard length <= plan.configuration.maxModelLength else {
                throw UsageError("prompt and output, \(length) tokens, do not fit the context of this engine")
            }
            let core = try plan.makeCore(reportingUnused: try ModelCheckpoint(path: path), draft: draft)
            report.threads = plan.threadCount
            report.kernels = "\(plan.kernels)"
            report.model = ModelCost(core.model)
            var runs: [EngineRun] = []
            for index in 0...workload.repeats {
                let run = try EngineRun(core, workload, concurrency: concurrency, seed: UInt64(index))
                if index > 0 { runs.append(run) }
            }
            report.results.append((concurrency, runs, Machine.residentBytes.peak))
            if !arguments.has("--json") { Output.note(report.line(concurrency)) }
        }
        // Last, because its large buffer would count as the engine's memory.
        report.limits = try MachineLimits(
            pool: ThreadPool(threadCount: report.threads), modelBytes: report.model?.weightBytes ?? 0)
        Output.line(arguments.has("--json") ? report.json : report.table)
    }
}

/// What a model costs per step and row.
struct ModelCost {
    let weightBytes: Int
    let multiplyAddsPerRow: Int
    let weightType: ElementType

    init(_ model: DecoderModel) {
        weightBytes = model.weightBytesPerStep
        multiplyAddsPerRow = model.multiplyAddsPerRow
        weightType = model.weightType
    }
}

/// A request that ended without all its tokens: there is nothing to measure.
struct RunFailure: Error, CustomStringConvertible {
    let description: String
}

/// One batch of requests from submission to the last token.
struct EngineRun {
    /// Until every request has its first token; after that everyone decodes.
    private(set) var prefillSeconds = 0.0
    private(set) var decodeSeconds = 0.0
    /// `ProcessorTime`.
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

    init<Model: LanguageModel>(
        _ core: EngineCore<Model>, _ workload: Workload, concurrency: Int, seed: UInt64,
        time: any TimeSource = MonotonicTime()
    ) throws {
        promptTokens = concurrency * workload.promptTokens
        outputTokens = concurrency * workload.outputTokens
        for index in 0..<concurrency {
            core.submit(workload.request(index, run: seed, vocabularySize: core.model.vocabularySize))
        }

        var startedCount: Set<RequestID> = []
        let start = time.nanoseconds()
        var prefillEnd = start
        var processorStart = ProcessorTime().nanoseconds()
        while core.step() {
            let isDecodePhase = startedCount.count == concurrency
            if isDecodePhase { stepsInDecodePhase += 1 }
            for event in core.takeEvents() {
                switch event.kind {
                case .tokens(let tokens):
                    if isDecodePhase { tokensInDecodePhase += tokens.count }
                    outputs[event.request, default: []] += tokens
                    startedCount.insert(event.request)
                case .finished(let summary):
                    if case .failed(let reason) = summary.reason { throw RunFailure(description: reason) }
                    note(summary)
                }
            }
            if !isDecodePhase {
                prefillEnd = time.nanoseconds()
                processorStart = ProcessorTime().nanoseconds()
            }
        }
        decodeProcessorSeconds = Double(ProcessorTime().nanoseconds() - processorStart) / 1e9
        let end = time.nanoseconds()
        prefillSeconds = Double(prefillEnd - start) / 1e9
        decodeSeconds = Double(end - prefillEnd) / 1e9
    }

    private mutating func note(_ summary: RequestSummary) {
        draftedTokens += summary.draftedTokenCount
        acceptedTokens += summary.acceptedTokenCount
        let timings = summary.timings
        timeToFirstToken.append(Double(timings.firstTokenNanoseconds - timings.arrivalNanoseconds) / 1e6)
        guard summary.outputTokenCount > 1 else { return }
        timePerOutputToken.append(
            Double(timings.finishedNanoseconds - timings.firstTokenNanoseconds) / 1e6
                / Double(summary.outputTokenCount - 1))
    }

    var prefillTokensPerSecond: Double { Double(promptTokens) / max(prefillSeconds, 1e-9) }
    var decodeTokensPerSecond: Double { Double(tokensInDecodePhase) / max(decodeSeconds, 1e-9) }
    var decodeTokensPerProcessorSecond: Double { Double(tokensInDecodePhase) / max(decodeProcessorSeconds, 1e-9) }
    var totalTokensPerSecond: Double { Double(promptTokens + outputTokens) / (prefillSeconds + decodeSeconds) }
    var outputTokensPerSecond: Double { Double(outputTokens) / (prefillSeconds + decodeSeconds) }
}
