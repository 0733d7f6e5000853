// ServeCommand.swift — serves a model over HTTP.
// swiftlet › Commands.  README, "One request", follows a request from here.

import Base
import Console
import Engine
import Glibc
import Network
import Server
import Synchronization
import Tokenization
import Transformer

enum ServeCommand: Command {
    static let name = "serve"
    static let summary = "serve a model over HTTP, with OpenAI's API"
    static let options = ServeSettings.options
    static var sections: [OptionSection] { ServeSettings.sections }
    static var notes: String { ServeSettings.notes }

    static func run(_ commandLine: Arguments) throws {
        guard commandLine.positionals.isEmpty else { throw UsageError("unexpected '\(commandLine.positionals[0])'") }
        let arguments = try withFile(commandLine)
        let settings = try ServeSettings(arguments)
        guard !arguments.has("--check") else { return try check(settings) }

        let outcome = ServeOutcome()
        var signals: SignalSource?
        try EventLoop.run {
            // The port first: a second server on it should fail before it spends time on a model. Probes are answered
            // while the model is loaded on another thread.
            let server = try SwiftletServer(settings.server)
            do { server.serve(try StaticPage.shipped()) } catch {
                Output.note("warning: there is no page at /: \(error)")
            }
            signals = try ServeSignals(server, commandLine, started: arguments, settings).watch()
            EventLoop.offload {
                Result { try LoadedEngine(settings) { events in server.events.push(events) } }
            } then: { result in
                do {
                    let loaded = try result.get()
                    outcome.engine = loaded.client
                    server.serve(loaded.served)
                    if let encoder = loaded.encoder { try server.serve(encoder) }
                    server.serve(loaded.search)
                    if let explain = loaded.explain { server.serve(explain) }
                    warn(loaded.model)
                    announce(loaded, settings.server.host, server.port)
                } catch {
                    outcome.failure = error
                    EventLoop.stop()
                }
            }
        }
        withExtendedLifetime(signals) {}
        outcome.engine?.shutDown()
        if let failure = outcome.failure { throw failure }
    }

    /// The command line, and behind it what its configuration file says.
    static func withFile(_ commandLine: Arguments) throws -> Arguments {
        guard let path = commandLine["--config"] else { return commandLine }
        var arguments = commandLine
        arguments.fill(
            from: try ConfigurationFile(
                path: path, options: ServeSettings.options, excluding: ServeSettings.onlyOnCommandLine))
        return arguments
    }

    /// Everything a start needs but the memory and the port, which the server that runs now may hold.
    private static func check(_ settings: ServeSettings) throws {
        let (model, _) = try LoadedModel.open(settings.model)
        let draft = try model.openDraft(settings.draftModel)
        let plan = try EnginePlan(model.configuration, settings.engine, draft: draft?.configuration)
        _ = try LoadedEngine.encoder(settings.encoder, threadCount: 1)
        if let warning = plan.warning { Output.note("warning: \(model.path): \(warning)") }
        warn(model)
        describe(model, plan)
        Output.line("good: \(model.name) can be served on \(settings.server.host) port \(settings.server.port)")
    }

    private static func warn(_ model: LoadedModel) {
        guard let problem = model.tokenizer.chatTemplateProblem else { return }
        Output.note("warning: \(model.path): /v1/chat/completions will refuse every request: \(problem)")
    }

    private static func announce(_ loaded: LoadedEngine, _ host: String, _ port: Int) {
        let address = host.contains(":") ? "[\(host)]:\(port)" : "\(host):\(port)"
        describe(loaded.model, loaded.plan)
        Output.note("weights  \(loaded.client.limits.weightBytes >> 20) MiB in memory")
        Output.note("try      \(curl(loaded.model, address))")
        Output.line("listening on http://\(address)")
    }

    private static func describe(_ model: LoadedModel, _ plan: EnginePlan) {
        let cache = plan.configuration
        Output.note(
            """
            model    \(model.name) (\(model.path))
            context  \(cache.maxModelLength) tokens; at most \(cache.maxRunningCount) requests at once
            cache    \(plan.kvCacheBytes >> 20) MiB: \(cache.blockCount) blocks of \(cache.tokensPerBlock) tokens
            compute  \(plan.threadCount) threads, \(plan.kernels) kernels
            """)
    }

    /// A line to paste into another terminal.
    private static func curl(_ model: LoadedModel, _ address: String) -> String {
        let (route, content) =
            model.tokenizer.chatTemplate == nil
            ? ("completions", #""prompt":"Once upon a time","max_tokens":60"#)
            : ("chat/completions", #""messages":[{"role":"user","content":"What is a transformer?"}]"#)
        return "curl -N http://\(address)/v1/\(route) -H 'content-type: application/json'"
            + " -d '{\"model\":\"\(model.name)\",\(content),\"stream\":true}'"
    }
}

/// What is left when the loop has ended.
private final class ServeOutcome: Sendable {
    private let state = Mutex<(engine: EngineClient?, failure: (any Error)?)>((nil, nil))

    var engine: EngineClient? {
        get { state.withLock { $0.engine } }
        set { state.withLock { $0.engine = newValue } }
    }

    var failure: (any Error)? {
        get { state.withLock { $0.failure } }
        set { state.withLock { $0.failure = newValue } }
    }
}
