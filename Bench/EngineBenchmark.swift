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
        if arguments.has("--quote") { workload.answers = .quoting }
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
                let run = try EngineRun.complete(core, workload, concurrency: concurrency, seed: UInt64(index))
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
    let headMultiplyAdds: Int
    let weightType: ElementType

    init(_ model: DecoderModel) {
        weightBytes = model.weightBytesPerStep
        multiplyAddsPerRow = model.multiplyAddsPerRow
        headMultiplyAdds = model.headMultiplyAdds
        weightType = model.weightType
    }
}
