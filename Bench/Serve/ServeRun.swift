// ServeRun.swift — one run against one server, from its options to its result.
// Bench › Serve.

import Base
import Console
import Glibc
import LoadGeneration
import Network

struct ServeRun: Sendable {
    private let plan: LoadPlan
    private let knowsModel: Bool
    private let description: RunDescription
    private let tokens: TokenCounter

    /// Everything is decided here: texts, lengths and, in an open loop, instants.
    init(_ options: ServeOptions, _ tokens: TokenCounter) throws {
        var sessions: [Session]
        var arrivals: [Double]?
        var random = SeededRandom(seed: options.seed &+ 0x5eed)
        if case .trace(let path) = options.loop {
            let trace = try TraceFile.read(
                path, speed: options.traceSpeed, limit: options.requestCount, wordsPerToken: tokens.wordsPerToken,
                seed: options.seed)
            sessions = trace.sessions
            arrivals = trace.times
        } else {
            sessions = try Self.sessions(options, tokens)
            arrivals = options.process.map { $0.times(count: sessions.count, random: &random) }
        }
        var plan = LoadPlan(baseURL: options.url, model: options.model ?? "", sessions: sessions)
        plan.endpoint = options.endpoint
        plan.headers = options.headers
        plan.arrivals = arrivals
        plan.maxConcurrency = options.maxConcurrency ?? (arrivals == nil ? 1 : nil)
        plan.temperature = options.temperature
        plan.ignoresEndOfSequence = options.ignoresEndOfSequence
        plan.extraBody = options.extraBody
        plan.timeoutSeconds = options.timeoutSeconds
        plan.cancelShare = options.cancelShare
        plan.warmUpCount = options.warmUpCount
        plan.coolDownCount = options.coolDownCount
        plan.seed = options.seed
        self.plan = plan
        self.tokens = tokens
        knowsModel = options.model != nil
        description = options.description(tokenizer: tokens.path, maxConcurrency: plan.maxConcurrency)
    }

    private static func sessions(_ options: ServeOptions, _ tokens: TokenCounter) throws -> [Session] {
        if let shape = SyntheticWorkload.Shape(rawValue: options.dataset) {
            var workload = options.synthetic
            workload.shape = shape
            workload.wordsPerToken = tokens.wordsPerToken
            return workload.sessions(requestCount: options.requestCount, seed: options.seed)
        }
        guard options.dataset.contains(".") || options.dataset.contains("/") else {
            let names = SyntheticWorkload.Shape.allCases.map(\.rawValue).joined(separator: ", ")
            throw UsageError("--dataset must be one of \(names), or a file")
        }
        let all = try DatasetFile.sessions(
            options.dataset, outputTokens: options.outputTokens, tokenCount: { tokens.count($0) })
        // A short file is asked again from its beginning; a long one is sampled in a random order.
        var random = SeededRandom(seed: options.seed)
        let shuffled = all.shuffled(using: &random)
        return (0..<options.requestCount).map { shuffled[$0 % shuffled.count] }
    }

    /// Turns the event loop until the last request has ended. Ctrl-C ends the run early, and what there is remains.
    func perform(_ view: TerminalView?) throws -> RunResult {
        let outcome = OutcomeBox()
        EventLoop.run {
            Task { @EventLoop in
                do {
                    outcome.result = .success(try await load(view))
                } catch {
                    outcome.result = .failure(error)
                }
                EventLoop.stop()
            }
        }
        guard let result = outcome.result else { throw RunFailure(description: "the run ended without a result") }
        return tokens.count(try result.get(), of: plan.sessions)
    }

    @EventLoop private func load(_ view: TerminalView?) async throws -> RunResult {
        let client = try CurlClient(maxConnections: plan.maxConcurrency ?? min(plan.requestCount, 4096))
        var plan = plan
        var description = description
        if !knowsModel { plan.model = try await client.firstModel(plan.baseURL, headers: plan.headers) }
        description.model = plan.model
        let before = await client.speculationCounts(plan.baseURL, headers: plan.headers)

        let driver = try LoadDriver(plan, client: client)
        let signals = try SignalSource([.interrupt, .terminate]) { _ in driver.stop() }
        let screen = view.map { view in
            DeadlineTimer { view.show(driver.progress, of: plan.requestCount) }
        }
        screen?.start(after: .milliseconds(200), every: .milliseconds(200))
        await withCheckedContinuation { continuation in
            driver.onFinished = { continuation.resume() }
            driver.begin()
        }
        screen?.cancel()
        view?.clear()
        withExtendedLifetime(signals) {}

        var result = RunResult(description, records: driver.records)
        result.peakConcurrency = driver.progress.peakRunning
        if let before, let after = await client.speculationCounts(plan.baseURL, headers: plan.headers) {
            result.speculation = after.since(before)
        }
        return result
    }
}

/// Carries the result out of the loop, on whose thread it is also read.
private final class OutcomeBox: @unchecked Sendable {
    var result: Result<RunResult, any Error>?
}

extension ServeOptions {
    /// The schedule's law; nil in a closed loop.
    var process: ArrivalProcess? {
        switch loop {
        case .closed, .trace: nil
        case .rate(let rate): ArrivalProcess(rate: rate, burstiness: burstiness)
        case .ramp(let start, let end): ArrivalProcess(startRate: start, endRate: end, burstiness: burstiness)
        }
    }

    /// In a few words.
    var load: String {
        switch loop {
        case .closed: "closed loop, \(maxConcurrency ?? 1) at once"
        case .rate(let rate): "\(NumberText.short(rate)) requests/s"
        case .ramp(let start, let end): "\(NumberText.short(start)) to \(NumberText.short(end)) requests/s"
        case .trace(let path): "trace \(path)"
        }
    }

    func description(tokenizer: String?, maxConcurrency: Int?) -> RunDescription {
        var description = RunDescription()
        description.label = label
        description.date = Self.now
        description.url = url
        description.endpoint = endpoint
        description.tokenizer = tokenizer
        description.workload = dataset
        if let process {
            description.requestRate = process.startRate
            if process.endRate != process.startRate { description.rampEndRate = process.endRate }
        }
        description.burstiness = burstiness
        description.maxConcurrency = maxConcurrency
        description.objectives = objectives
        description.seed = seed
        description.cancelShare = cancelShare
        description.warmUpCount = warmUpCount
        description.coolDownCount = coolDownCount
        return description
    }

    /// `YYYYMMDD-HHMMSS`, as vLLM writes it.
    private static var now: String {
        var seconds = time(nil)
        var parts = tm()
        unsafe localtime_r(&seconds, &parts)
        func two(_ value: Int32) -> String { (value < 10 ? "0" : "") + String(value) }
        return "\(parts.tm_year + 1900)\(two(parts.tm_mon + 1))\(two(parts.tm_mday))"
            + "-\(two(parts.tm_hour))\(two(parts.tm_min))\(two(parts.tm_sec))"
    }
}
