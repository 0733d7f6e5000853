// SpeculationBenchmark.swift — the same requests with and without guesses, in turn.
// Bench › Speculation.  Two engines in one process take turns, a step each, so that whatever else the machine does hits
// both; the figure is the ratio of the two of a round.  Either model may be one of random weights, `random:SHAPE-TYPE`.

import Base
import Console
import Engine
import Glibc
import Kernels
import Transformer

enum SpeculationBenchmark: Command {
    static let name = "speculation"
    static let summary = "what guessing gains: decoding with and without it, in turn"
    static let options =
        [
            OptionDefinition("--prompt-tokens", "N", "tokens of each prompt (default: 128)"),
            OptionDefinition("--output-tokens", "N", "tokens generated for each (default: 256)"),
            OptionDefinition("--concurrency", "LIST", "requests at once (default: 1,2,4,8,16)"),
            OptionDefinition("--rounds", "N", "pairs of runs of each, after one to warm up (default: 15)"),
            OptionDefinition("--quote", nil, "answers copy passages of their prompt"),
            OptionDefinition("--mislead", nil, "answers repeat pairs of tokens and never what follows them"),
            OptionDefinition("--agreement", "P", "dictate the answers; the draft model knows this share of them"),
            OptionDefinition("--temperature", "T", "how tokens are drawn (default: 0, greedily)"),
            OptionDefinition("--processor-time", nil, "a clock for busy machines, with --threads 1"),
            OptionDefinition("--json", nil, "print one JSON document"),
        ] + EngineOptions.definitions

    static func run(_ arguments: Arguments) throws {
        var workload = Workload()
        workload.promptTokens = try arguments.integer("--prompt-tokens", in: 1...(1 << 20)) ?? 128
        workload.outputTokens = try arguments.integer("--output-tokens", in: 2...(1 << 20)) ?? 256
        guard !(arguments.has("--quote") && arguments.has("--mislead")) else {
            throw UsageError("--quote and --mislead say different things about the answers")
        }
        if arguments.has("--quote") { workload.answers = .quoting }
        if arguments.has("--mislead") { workload.answers = .misleading }
        workload.temperature = try arguments.number("--temperature") ?? 0
        guard (0...2).contains(workload.temperature) else { throw UsageError("--temperature must be from 0 to 2") }
        let rounds = try arguments.integer("--rounds", in: 1...1000) ?? 15
        let list = (arguments["--concurrency"] ?? "1,2,4,8,16").split(separator: ",").map { Int($0) ?? 0 }
        guard !list.isEmpty, list.allSatisfy({ (1...4096).contains($0) }) else {
            throw UsageError("--concurrency must be a list such as 1,4,16")
        }
        let engines = try EnginePair(arguments, length: workload.promptTokens + workload.outputTokens)
        var report = SpeculationReport(arguments: arguments, workload: workload, threads: engines.threadCount)
        for concurrency in list {
            var pairs: [SpeculationPair] = []
            for round in 0...rounds {
                let pair = try engines.run(workload, concurrency: concurrency, seed: UInt64(round))
                if round > 0 { pairs.append(pair) }
            }
            report.results.append((concurrency, pairs))
            if !arguments.has("--json") { Output.note(report.line(concurrency)) }
        }
        Output.line(arguments.has("--json") ? report.json : report.table)
    }
}

/// One batch of requests by either engine.
struct SpeculationPair {
    let plain: EngineRun
    let guessed: EngineRun

    var speedup: Double { guessed.decodeTokensPerSecond / plain.decodeTokensPerSecond }
}

/// The same model twice: one engine guesses, the other does not.
private struct EnginePair {
    private let plain: EngineCore<DictatedModel>
    private let guessing: EngineCore<DictatedModel>
    let threadCount: Int
    private let isInvariant: Bool
    private let time: any TimeSource

    init(_ arguments: Arguments, length: Int) throws {
        var options = try EngineOptions(arguments)
        options.maxModelLength = options.maxModelLength ?? length
        guard let wanted = options.maxModelLength, length <= wanted else {
            throw UsageError("prompt and output, \(length) tokens, do not fit the context of this engine")
        }
        let agreement = try arguments.number("--agreement")
        let path = try RandomModel.path(arguments["--model"])
        let draftPath = try arguments["--draft-model"].map { try RandomModel.path($0) }
        guard agreement == nil || draftPath != nil else {
            throw UsageError("--agreement needs a --draft-model that agrees so often")
        }
        if draftPath == nil, options.speculation.drafter == nil { options.speculation.drafter = .lookup }
        var plainOptions = options
        plainOptions.speculation.drafter = nil
        threadCount = options.threadCount ?? Machine.usableCoreCount
        // Several threads' time adds up: it would say nothing about how long a step takes.
        guard threadCount == 1 || !arguments.has("--processor-time") else {
            throw UsageError("--processor-time needs --threads 1")
        }
        time = arguments.has("--processor-time") ? ProcessorTime() : MonotonicTime()
        // One pool: the threads of the engine that rests must not wait for work at the other's expense.
        let pool = ThreadPool(threadCount: threadCount, kernels: options.kernels)
        plain = try Self.makeCore(path, nil, plainOptions, agreement.map(Double.init), pool, time)
        guessing = try Self.makeCore(path, draftPath, options, agreement.map(Double.init), pool, time)
        isInvariant = options.speculation.acceptance == .invariant
    }

    private static func makeCore(
        _ path: String, _ draftPath: String?, _ options: EngineOptions, _ agreement: Double?,
        _ pool: ThreadPool, _ time: any TimeSource
    ) throws -> EngineCore<DictatedModel> {
        let checkpoint = try ModelCheckpoint(path: path)
        let draft = try draftPath.map { try ModelCheckpoint(path: $0) }
        let plan = try EnginePlan(checkpoint.configuration, options, draft: draft?.configuration)
        let model = DictatedModel(
            try DecoderModel(checkpoint, options: plan.decoder, pool: pool), agreement: agreement.map { _ in 1 })
        var draftModel: DictatedModel?
        if let draft, let decoder = plan.draftDecoder {
            draftModel = DictatedModel(
                try DecoderModel(draft, options: decoder, pool: pool), agreement: agreement)
        }
        return EngineCore(model: model, configuration: plan.configuration, draftModel: draftModel, time: time)
    }

    /// - Throws: `RunFailure` when the guesses changed an output that they must not change.
    func run(_ workload: Workload, concurrency: Int, seed: UInt64) throws -> SpeculationPair {
        var plainRun = EngineRun(plain, workload, concurrency: concurrency, seed: seed, time: time)
        var guessedRun = EngineRun(guessing, workload, concurrency: concurrency, seed: seed, time: time)
        // Who is answered first leaves the other to finish alone.
        var (plainGoesOn, guessingGoesOn) = (true, true)
        while plainGoesOn || guessingGoesOn {
            if plainGoesOn { plainGoesOn = try plainRun.advance(plain) }
            if guessingGoesOn { guessingGoesOn = try guessedRun.advance(guessing) }
        }
        guard !isInvariant || plainRun.outputs == guessedRun.outputs else {
            throw RunFailure(description: "with guesses the output was another: this must never be; please report it")
        }
        return SpeculationPair(plain: plainRun, guessed: guessedRun)
    }
}
