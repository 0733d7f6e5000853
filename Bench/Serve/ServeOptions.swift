// ServeOptions.swift — the load generator's command line.
// Bench › Serve.  Names are `vllm bench serve`'s where it has the same thing.

import Base
import Console
import Glibc
import LoadGeneration

struct ServeOptions {
    static let definitions = [
        OptionDefinition("--url", "URL", "the server, e.g. http://127.0.0.1:8080 (default)"),
        OptionDefinition("--endpoint", "PATH", "/v1/chat/completions (default) or /v1/completions"),
        OptionDefinition("--model", "NAME", "sent with each request (default: the first of /v1/models)"),
        OptionDefinition(
            "--header", "LINE", "one more header (default: a bearer of OPENAI_API_KEY, where that is set)"),
        OptionDefinition("--extra-body", "JSON", "members added to every request's body"),
        OptionDefinition("--temperature", "T", "sent with each request (default: 0)"),
        OptionDefinition(
            "--ignore-eos", nil, "ask for exactly the wanted number of tokens (vLLM, llama.cpp, Swiftlet)"),
        OptionDefinition("--timeout", "SECONDS", "for one request, stream included (default: 600)"),
        OptionDefinition(
            "--dataset", "NAME|FILE",
            "synthetic (default), shared-prefix, chat, rag, intruders; or a ShareGPT .json or .jsonl file"),
        OptionDefinition("--num-prompts", "N", "requests in all (default: 100)"),
        OptionDefinition("--input-tokens", "N", "of a prompt; of a turn, in chats (default: 256)"),
        OptionDefinition("--output-tokens", "N", "wanted of each answer (default: 64; of a file, what it says)"),
        OptionDefinition("--spread", "R", "lengths vary by this share to both sides (default: 0)"),
        OptionDefinition("--prefixes", "N", "of shared-prefix: how many (default: 4)"),
        OptionDefinition("--turns", "N", "of chat: per conversation (default: 4)"),
        OptionDefinition("--think", "SECONDS", "of chat: between an answer and the next turn (default: 0)"),
        OptionDefinition("--intruders", "SHARE", "of intruders: share of prompts eight times as long (default: 0.05)"),
        OptionDefinition("--tokenizer", "FILE", "a tokenizer.json: lengths are exact, and usage is checked"),
        OptionDefinition("--request-rate", "R|inf", "arrivals per second; inf (default) is a closed loop"),
        OptionDefinition("--burstiness", "B|inf", "1 (default) is Poisson, less is bursts, inf a constant gap"),
        OptionDefinition("--ramp", "A:B", "arrivals per second at the start and at the end, instead of --request-rate"),
        OptionDefinition(
            "--trace", "FILE", "replay arrivals and lengths, one JSON object per line (Mooncake's format)"),
        OptionDefinition("--trace-speed", "X", "replay X times as fast (default: 1)"),
        OptionDefinition("--max-concurrency", "C", "requests at once (default: no limit; in a closed loop 1)"),
        OptionDefinition("--sweep", "LIST", "one run per value, of the rate, or of the concurrency in a closed loop"),
        OptionDefinition("--warmup", "N", "first requests that are sent and not counted (default: 0)"),
        OptionDefinition("--cooldown", "N", "the same at the end (default: 0)"),
        OptionDefinition("--cancel-rate", "SHARE", "of requests given up in mid-stream (default: 0)"),
        OptionDefinition("--goodput", "LIST", "bounds in ms, e.g. ttft:200,tpot:50,e2el:5000"),
        OptionDefinition("--seed", "N", "of arrivals and texts (default: 0)"),
        OptionDefinition("--label", "TEXT", "what the run is called in reports"),
        OptionDefinition("--json", nil, "print the result as JSON, with vllm bench serve's keys"),
        OptionDefinition("--output", "FILE", "write the result as JSON with one entry per request, for --report"),
        OptionDefinition("--report", "FILE", "write one HTML page of charts, also of the result files given"),
        OptionDefinition("--quiet", nil, "no progress on the terminal"),
    ]

    var url: String
    var endpoint: String
    var model: String?
    var headers: [String]
    var extraBody: JSON?
    var temperature: Double?
    var ignoresEndOfSequence: Bool
    var timeoutSeconds: Double
    var dataset: String
    var synthetic = SyntheticWorkload()
    var outputTokens: Int?
    var requestCount: Int
    var tokenizerFile: String?
    var loop = Loop.closed
    var burstiness: Double
    var traceSpeed: Double
    var maxConcurrency: Int?
    var sweep: [Double]
    var warmUpCount: Int
    var coolDownCount: Int
    var cancelShare: Double
    var objectives: Objectives?
    var seed: UInt64
    var label: String

    /// Where the send times come from.
    enum Loop: Equatable {
        case closed
        case rate(Double)
        case ramp(Double, Double)
        case trace(String)
    }

    init(_ arguments: Arguments) throws {
        func number(_ option: String, _ range: ClosedRange<Double>, default standard: Double) throws -> Double {
            guard let text = arguments[option] else { return standard }
            guard let value = text == "inf" ? .infinity : Double(text), range.contains(value) else {
                throw UsageError("\(option) must be a number from \(range.lowerBound) to \(range.upperBound)")
            }
            return value
        }
        var address = arguments["--url"] ?? "http://127.0.0.1:8080"
        while address.hasSuffix("/") { address.removeLast() }
        // Clients of OpenAI's write the version into the address; the endpoints here have it themselves.
        if address.hasSuffix("/v1") { address.removeLast(3) }
        guard address.hasPrefix("http://") || address.hasPrefix("https://") else {
            throw UsageError("--url must begin with http:// or https://")
        }
        url = address
        endpoint = arguments["--endpoint"] ?? "/v1/chat/completions"
        guard endpoint.hasPrefix("/"), endpoint.hasSuffix("/completions") else {
            throw UsageError("--endpoint must be a path such as /v1/chat/completions or /v1/completions")
        }
        model = arguments["--model"]
        headers = arguments["--header"].map { [$0] } ?? []
        // As OpenAI's own clients do; a key on the command line could be read by everybody on the machine.
        if let key = unsafe getenv("OPENAI_API_KEY"), headers.isEmpty {
            headers = unsafe ["authorization: Bearer " + String(cString: key)]
        }
        guard headers.allSatisfy({ $0.contains(":") && !$0.contains("\n") && !$0.contains("\r") }) else {
            throw UsageError("--header must be one line such as 'authorization: Bearer KEY'")
        }
        if let text = arguments["--extra-body"] {
            guard let json = try? JSON.parse(Array(text.utf8)), json.kind == .object else {
                throw UsageError("--extra-body must be a JSON object, e.g. '{\"min_p\": 0.1}'")
            }
            extraBody = json
        }
        temperature = try number("--temperature", 0...100, default: 0)
        ignoresEndOfSequence = arguments.has("--ignore-eos")
        timeoutSeconds = try number("--timeout", 0.001...1e6, default: 600)
        dataset = arguments["--dataset"] ?? "synthetic"
        requestCount = try arguments.integer("--num-prompts", in: 1...10_000_000) ?? 100
        outputTokens = try arguments.integer("--output-tokens", in: 1...(1 << 20))
        synthetic.inputTokens = try arguments.integer("--input-tokens", in: 1...(1 << 20)) ?? 256
        synthetic.outputTokens = outputTokens ?? 64
        synthetic.spread = try number("--spread", 0...1, default: 0)
        synthetic.prefixCount = try arguments.integer("--prefixes", in: 1...100_000) ?? 4
        synthetic.turnCount = try arguments.integer("--turns", in: 1...1000) ?? 4
        synthetic.thinkSeconds = try number("--think", 0...3600, default: 0)
        synthetic.intruderShare = try number("--intruders", 0...1, default: 0.05)
        tokenizerFile = arguments["--tokenizer"]
        burstiness = try number("--burstiness", 0.001...(.infinity), default: 1)
        traceSpeed = try number("--trace-speed", 0.001...1000, default: 1)
        maxConcurrency = try arguments.integer("--max-concurrency", in: 1...100_000)
        warmUpCount = try arguments.integer("--warmup", in: 0...10_000_000) ?? 0
        coolDownCount = try arguments.integer("--cooldown", in: 0...10_000_000) ?? 0
        cancelShare = try number("--cancel-rate", 0...1, default: 0)
        seed = try arguments.seed("--seed") ?? 0
        label = arguments["--label"] ?? ""
        if let text = arguments["--goodput"] {
            guard let found = Objectives(text) else {
                throw UsageError("--goodput must be bounds in milliseconds such as ttft:200,tpot:50")
            }
            objectives = found
        }
        sweep = try Self.sweep(arguments["--sweep"])
        let rate = try number("--request-rate", 1e-6...(.infinity), default: .infinity)
        if rate.isFinite { loop = .rate(rate) }
        if let text = arguments["--ramp"] { loop = try Self.ramp(text) }
        if let file = arguments["--trace"] { loop = .trace(file) }
        let sources = ["--request-rate", "--ramp", "--trace"].filter { arguments[$0] != nil }
        guard sources.count <= 1 else { throw UsageError("\(sources.joined(separator: " and ")) exclude each other") }
        guard sweep.isEmpty || sources.allSatisfy({ $0 == "--request-rate" }) else {
            throw UsageError("--sweep varies the rate or the concurrency: it does not go with \(sources[0])")
        }
        guard warmUpCount + coolDownCount < requestCount else {
            throw UsageError("--warmup and --cooldown leave nothing of \(requestCount) requests to measure")
        }
    }

    private static func sweep(_ text: String?) throws -> [Double] {
        guard let text else { return [] }
        let values = text.split(separator: ",").map { Double($0) ?? 0 }
        guard !values.isEmpty, values.allSatisfy({ $0 > 0 && $0.isFinite }) else {
            throw UsageError("--sweep must be a list such as 1,2,4,8")
        }
        return values
    }

    private static func ramp(_ text: String) throws -> Loop {
        let ends = text.split(separator: ":").map { Double($0) ?? 0 }
        guard ends.count == 2, ends.allSatisfy({ $0 > 0 && $0.isFinite }) else {
            throw UsageError("--ramp must be two rates such as 1:20")
        }
        return .ramp(ends[0], ends[1])
    }

    /// The options of one point of the sweep.
    func at(_ value: Double) throws -> ServeOptions {
        var point = self
        if case .rate = loop {
            point.loop = .rate(value)
        } else {
            guard value == value.rounded(), value <= 100_000 else {
                throw UsageError("--sweep of a closed loop is a list of whole numbers: users at once")
            }
            point.maxConcurrency = Int(value)
        }
        return point
    }
}
