// ServeSettings.swift — what `swiftlet serve` was told, by its command line and its configuration file together.
// swiftlet › Commands.

import Base
import Console
import Engine
import Glibc
import Server

/// All options of `serve`, read and checked.
struct ServeSettings {
    var server = ServerConfiguration()
    var engine: EngineOptions
    var model: String?
    /// The smaller model that guesses for it.
    var draftModel: String?
    /// The model of /v1/embeddings, or "none".
    var encoder: String?
    var drainTimeout: Duration

    /// - Throws: `UsageError` that names the option, and its place in the file if it stands there.
    init(_ arguments: Arguments) throws {
        server.host = arguments["--host"] ?? server.host
        server.port = try arguments.integer("--port", in: 0...65_535) ?? server.port
        server.ignoresUnknownFields = arguments.has("--ignore-unknown-fields")
        if arguments.has("--no-request-log") { server.log = nil }
        if let key = arguments["--api-key"] ?? Self.environmentKey {
            guard !key.isEmpty, key.utf8.allSatisfy({ (0x21...0x7E).contains($0) }) else {
                throw UsageError("an API key must be visible ASCII characters without blanks")
            }
            server.authentication = Authentication(keys: [key])
        }
        drainTimeout = .seconds(try arguments.integer("--drain-timeout", in: 0...3600) ?? 30)
        engine = try EngineOptions(arguments)
        model = arguments["--model"]
        draftModel = arguments["--draft-model"]
        encoder = arguments["--encoder"]
    }

    /// Not on the command line, where everybody on the machine can read it.
    private static var environmentKey: String? { getenv("SWIFTLET_API_KEY").map { String(cString: $0) } }

    // MARK: - Options

    private static let listening = [
        OptionDefinition("--host", "ADDRESS", "where to listen (default: 127.0.0.1)"),
        OptionDefinition("--port", "N", "0 picks a free one (default: 8080)"),
        OptionDefinition("--api-key", "KEY", "what requests must carry (or set SWIFTLET_API_KEY; default: nothing)"),
        OptionDefinition("--ignore-unknown-fields", nil, "skip request fields nobody knows instead of refusing"),
        OptionDefinition("--no-request-log", nil, "do not log one line per request to stderr"),
        OptionDefinition("--drain-timeout", "SECONDS", "how long SIGTERM waits for open answers (default: 30)"),
    ]
    private static let starting = [
        OptionDefinition("--config", "FILE", "options from a JSON5 file; the command line has the last word"),
        OptionDefinition("--check", nil, "read everything, say what is wrong, and end without serving"),
    ]

    private static let embedding = [
        OptionDefinition(
            "--encoder", "DIR|none", "the model of /v1/embeddings (default: \(EmbedCommand.defaultModel))")
    ]

    static let options = listening + starting + embedding + EngineOptions.definitions

    /// What a file cannot say: it would name itself, or end the server it is meant for.
    static let onlyOnCommandLine: Set = ["--config", "--check"]
    /// What SIGHUP takes over from the file; the rest needs a new start.
    static let reloadable: Set = ["--api-key", "--ignore-unknown-fields", "--no-request-log", "--drain-timeout"]

    static let sections: [OptionSection] = {
        let model = ["--model"]
        let memory = [
            "--max-model-len", "--kv-cache-memory", "--kv-cache-dtype", "--block-size", "--no-prefix-caching",
        ]
        let batch = ["--max-num-seqs", "--max-num-batched-tokens", "--prefill-beside-decode", "--max-waiting"]
        let guessing = [
            "--speculative", "--draft-model", "--speculative-acceptance", "--draft-tokens", "--draft-always",
        ]
        func named(_ names: [String]) -> [OptionDefinition] {
            EngineOptions.definitions.filter { names.contains($0.name) }
        }
        return [
            OptionSection("Models", named(model) + embedding),
            OptionSection("Clients", listening),
            OptionSection("Memory: the cache of keys and values", named(memory)),
            OptionSection("Scheduling", named(batch)),
            OptionSection("Guessing tokens ahead", named(guessing)),
            OptionSection(
                "Computing",
                EngineOptions.definitions.filter { !(model + memory + batch + guessing).contains($0.name) }),
            OptionSection("Starting", starting),
        ]
    }()

    static let notes = """
        examples
          swiftlet serve --port 9000
          swiftlet serve --model Qwen2.5-0.5B-Instruct/ --kv-cache-memory 2GiB
          swiftlet serve --config Configs/serve.example.json5 --check

        In a configuration file every option stands without its dashes: { port: 9000, "max-num-seqs": 16 }.
        SIGTERM and Ctrl-C let open answers finish; a second one ends at once. SIGHUP reads the file again and takes
        over: \(reloadable.map { String($0.dropFirst(2)) }.sorted().joined(separator: ", ")).
        """
}
