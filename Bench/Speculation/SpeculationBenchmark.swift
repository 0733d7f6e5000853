// SpeculationBenchmark.swift — the same requests with and without guesses, in turn.
// Bench › Speculation.  Two copies of the model in one process take turns, a step each, so that whatever else the machine
// does hits both; then they exchange roles, because two copies lie differently in memory and differ by some per cent for
// that alone.  Either model may be one of random weights, `random:SHAPE-TYPE`.

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
            OptionDefinition("--concurrency", "LIST", "requests at all times (default: 1,2,4,8,16)"),
            OptionDefinition("--rounds", "N", "pairs of runs of each, after one to warm up (default: 12)"),
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
        let rounds = try arguments.integer("--rounds", in: 1...1000) ?? 12
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

/// Two batches of requests: the second with exchanged roles.
struct SpeculationPair {
    let plain: [EngineRun]
    let guessed: [EngineRun]

    /// What the copies have of their own cancels out of the product.
    var speedup: Double {
        zip(guessed, plain).reduce(1) { $0 * $1.0.decodeTokensPerSecond / $1.1.decodeTokensPerSecond }.squareRoot()
    }
}

/// One copy of the model, and an engine of either kind over it; never both at once.
private struct ModelCopy {
    let plain: EngineCore<DictatedModel>
    let guessing: EngineCore<DictatedModel>
}

/// The same model twice: while one copy guesses, the other does not.
private struct EnginePair {
    private let copies: [ModelCopy]
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
        // A copy's two engines write into one cache: neither may believe that its blocks still hold what it wrote.
        options.sharesPrefixes = false
        threadCount = options.threadCount ?? Machine.usableCoreCount
        // Several threads' time adds up: it would say nothing about how long a step takes.
        guard threadCount == 1 || !arguments.has("--processor-time") else {
            throw UsageError("--processor-time needs --threads 1")
        }
        let time: any TimeSource = arguments.has("--processor-time") ? ProcessorTime() : MonotonicTime()
        // One pool: the threads of the engine that rests must not wait for work at the other's expense.
        let pool = ThreadPool(threadCount: threadCount, kernels: options.kernels)
        copies = try (0..<2).map { [options] _ in
            try Self.makeCopy(path, draftPath, options, agreement.map(Double.init), pool, time)
        }
        self.time = time
        isInvariant = options.speculation.acceptance == .invariant
    }

    private static func makeCopy(
        _ path: String, _ draftPath: String?, _ options: EngineOptions, _ agreement: Double?, _ pool: ThreadPool,
        _ time: any TimeSource
    ) throws -> ModelCopy {
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
        var plain = plan.configuration
        plain.speculation.drafter = nil
        return ModelCopy(
            plain: EngineCore(model: model, configuration: plain, time: time),
            guessing: EngineCore(model: model, configuration: plan.configuration, draftModel: draftModel, time: time))
    }

    /// - Throws: `RunFailure` when the guesses changed an output that they must not change.
    func run(_ workload: Workload, concurrency: Int, seed: UInt64) throws -> SpeculationPair {
        let first = try run(copies[0].plain, copies[1].guessing, workload, concurrency, seed: 2 * seed)
        let second = try run(copies[1].plain, copies[0].guessing, workload, concurrency, seed: 2 * seed + 1)
        return SpeculationPair(plain: [first.plain, second.plain], guessed: [first.guessed, second.guessed])
    }

    private func run(
        _ plain: EngineCore<DictatedModel>, _ guessing: EngineCore<DictatedModel>, _ workload: Workload,
        _ concurrency: Int, seed: UInt64
    ) throws -> (plain: EngineRun, guessed: EngineRun) {
        // Whoever ends is followed by another, so that the load stays what it is: a request that guesses well must not
        // leave the others alone with a smaller batch. It is over when a place stays empty.
        func begin(_ core: EngineCore<DictatedModel>) -> EngineRun {
            EngineRun(
                core, workload, concurrency: concurrency, successors: 2 * concurrency, seed: seed, time: time)
        }
        var (plainRun, guessedRun) = (begin(plain), begin(guessing))
        while !plainRun.isThinning || !guessedRun.isThinning {
            if !plainRun.isThinning { _ = try plainRun.advance(plain) }
            if !guessedRun.isThinning { _ = try guessedRun.advance(guessing) }
        }
        plainRun.cancelRest(plain)
        guessedRun.cancelRest(guessing)
        let isSame = plainRun.outputs.allSatisfy { id, output in
            zip(output, guessedRun.outputs[id] ?? []).allSatisfy { $0 == $1 }
        }
        guard !isInvariant || isSame else {
            throw RunFailure(description: "with guesses the output was another: this must never be; please report it")
        }
        return (plainRun, guessedRun)
    }
}
