// ServeCommand.swift — serves a model over HTTP.
// swiftlet › Commands.  README, "One request", follows a request from here.

import Base
import Console
import Embedding
import Engine
import Glibc
import Kernels
import Network
import Retrieval
import Server
import Tokenization
import Transformer

enum ServeCommand: Command {
    static let name = "serve"
    static let summary = "serve a model over HTTP, with OpenAI's API"
    static let options =
        [
            OptionDefinition("--host", "ADDRESS", "where to listen (default: 127.0.0.1)"),
            OptionDefinition("--port", "N", "0 picks a free one (default: 8080)"),
            OptionDefinition(
                "--encoder", "DIR|none", "the model of /v1/embeddings (default: \(EmbedCommand.defaultModel))"),
            OptionDefinition(
                "--index", "DIR|none", "what /v1/search searches (default: the notes in the program)"),
            RerankerLocator.crossEncoderOption,
            OptionDefinition("--ignore-unknown-fields", nil, "skip request fields nobody knows instead of refusing"),
            OptionDefinition("--no-request-log", nil, "do not log one line per request to stderr"),
            OptionDefinition("--drain-timeout", "SECONDS", "how long SIGTERM waits for open answers (default: 30)"),
        ] + EngineOptions.definitions

    static func run(_ arguments: Arguments) throws {
        guard arguments.positionals.isEmpty else { throw UsageError("unexpected '\(arguments.positionals[0])'") }
        var configuration = ServerConfiguration()
        configuration.host = arguments["--host"] ?? configuration.host
        configuration.port = try arguments.integer("--port", in: 0...65_535) ?? configuration.port
        configuration.ignoresUnknownFields = arguments.has("--ignore-unknown-fields")
        if arguments.has("--no-request-log") { configuration.log = nil }
        let drainTimeout = try arguments.integer("--drain-timeout", in: 0...3600) ?? 30

        let options = try EngineOptions(arguments)

        // Held until the loop ends.
        var running: (server: SwiftletServer, signals: SignalSource)?
        var engine: EngineClient?
        try EventLoop.run {
            // The port first: a second server on it should fail before it spends time on a model.
            let server = try SwiftletServer(configuration)
            let (model, checkpoint) = try LoadedModel.open(arguments["--model"])
            let draft = try model.openDraft(arguments["--draft-model"])
            let plan = try EnginePlan(model.configuration, options, draft: draft?.configuration)
            let core = try plan.makeCore(reportingUnused: checkpoint, draft: draft)
            let client = try EngineClient(core: core, kvCacheBytes: plan.kvCacheBytes) { events in
                server.events.push(events)
            }
            server.serve(
                ServedModel(
                    id: model.name, created: Int(time(nil)), codec: model.tokenizer, service: client,
                    defaultSampling: model.defaults))
            let encoder = try encoder(arguments["--encoder"], threadCount: plan.threadCount)
            if let encoder { try server.serve(encoder) }
            server.serve(try search(arguments, encoder))
            running = (server, try stopOnSignal(server, drainTimeout: .seconds(drainTimeout)))
            engine = client
            if let problem = model.tokenizer.chatTemplateProblem {
                Output.note("warning: \(model.path): /v1/chat/completions will refuse every request: \(problem)")
            }
            announce(model, plan, configuration.host, server.port)
        }
        engine?.shutDown()
        withExtendedLifetime(running) {}
    }

    /// nil when none is wanted, and with a warning when the default one has not been fetched.
    private static func encoder(_ wanted: String?, threadCount: Int) throws -> EncoderEmbedder? {
        if wanted == "none" { return nil }
        let path: String
        do throws(UsageError) {
            path = try EmbedCommand.path(wanted)
        } catch {
            guard wanted == nil else { throw error }
            Output.note("warning: /v1/embeddings is off, and /v1/search looks at words alone (BM25): \(error)")
            return nil
        }
        let encoder = try EncoderEmbedder(folder: path, pool: ThreadPool(threadCount: threadCount))
        for warning in encoder.warnings { Output.note("warning: \(warning)") }
        return encoder
    }

    /// What is searched, and the rerankers that are there; an index that is named must be one.
    private static func search(_ arguments: Arguments, _ encoder: EncoderEmbedder?) throws -> SearchService {
        let rerankers = try RerankerLocator.all(arguments, embedder: encoder)
        let wanted = arguments["--index"]
        guard wanted != "none" else { return SearchService(snapshot: nil, embedder: encoder, rerankers: rerankers) }
        let index = try ServedIndex(wanted, embedder: encoder)
        return SearchService(snapshot: { try index.snapshot() }, embedder: encoder, rerankers: rerankers)
    }

    /// SIGTERM and Ctrl-C drain; a second one ends at once.
    @EventLoop private static func stopOnSignal(
        _ server: SwiftletServer, drainTimeout: Duration
    ) throws(NetworkError) -> SignalSource {
        try SignalSource([.terminate, .interrupt]) { signal in
            if server.isDraining { _exit(128 + signal.number) }
            Output.note(
                "draining: open answers may finish within \(drainTimeout.components.seconds) s; again to stop now")
            server.drain(deadline: drainTimeout) { EventLoop.stop() }
        }
    }

    private static func announce(_ model: LoadedModel, _ plan: EnginePlan, _ host: String, _ port: Int) {
        let address = host.contains(":") ? "[\(host)]:\(port)" : "\(host):\(port)"
        let cache = plan.configuration
        Output.note(
            """
            model    \(model.name) (\(model.path))
            context  \(cache.maxModelLength) tokens; at most \(cache.maxRunningCount) requests at once
            cache    \(plan.kvCacheBytes >> 20) MiB: \(cache.blockCount) blocks of \(cache.tokensPerBlock) tokens
            compute  \(plan.threadCount) threads, \(plan.kernels) kernels
            try      \(curl(model, address))
            """)
        Output.line("listening on http://\(address)")
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
