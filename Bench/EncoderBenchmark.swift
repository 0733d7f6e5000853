// EncoderBenchmark.swift — how fast texts become vectors, many at a time and one question at a time.
// Bench.  Bench/peers/encoder.py runs it beside PyTorch and ONNX Runtime on the same texts.

import Base
import Console
import Embedding
import Glibc
import Kernels
import Transformer

enum EncoderBenchmark: Command {
    static let name = "encoder"
    static let summary = "tokens encoded per second, and the time of one short question"
    static let options = [
        OptionDefinition("--model", "PATH_OR_NAME", "the encoder's folder (default: all-MiniLM-L6-v2)"),
        OptionDefinition("--texts", "FILE", "one text a line"),
        OptionDefinition("--query-tokens", "N", "length of a question, special tokens included (default: 16)"),
        OptionDefinition("--threads", "N", "kernel threads (default: 1)"),
        EncoderPrecision.definition(default: .f32),
        OptionDefinition("--repeats", "N", "measured runs, after one warm-up (default: 3)"),
        OptionDefinition("--json", nil, "print one JSON document"),
    ]

    private static let questionCount = 200

    static func run(_ arguments: Arguments) throws {
        guard let file = arguments["--texts"] else { throw UsageError("encoder needs --texts FILE") }
        let repeats = try arguments.integer("--repeats", in: 1...1000) ?? 3
        let queryTokens = try arguments.integer("--query-tokens", in: 3...256) ?? 16
        let precision = try EncoderPrecision.asked(arguments) ?? .f32
        let pool = ThreadPool(threadCount: try arguments.integer("--threads", in: 1...256) ?? 1)
        let path = try ModelLocator.path(arguments["--model"] ?? "all-MiniLM-L6-v2")
        let embedder = try EncoderEmbedder(folder: path, precision: precision, pool: pool)
        let texts = try ReadFile.bytes(file).split(separator: UInt8(ascii: "\n")).map {
            String(decoding: $0, as: UTF8.self)
        }
        let framed = texts.map { embedder.framing.frame($0) }
        let tokenCount = framed.reduce(0) { $0 + $1.tokenCount }
        let questions = try questions(framed, tokenCount: queryTokens, embedder)
        guard !questions.isEmpty else { throw UsageError("no text of \(file) has \(queryTokens) tokens") }

        // From text to vector, tokenizer included.
        var wall: [Double] = []
        var processor: [Double] = []
        for run in 0...repeats {
            let (start, startProcessor) = (seconds(CLOCK_MONOTONIC), seconds(CLOCK_PROCESS_CPUTIME_ID))
            _ = try embedder.embed(texts)
            guard run > 0 else { continue }
            wall.append(seconds(CLOCK_MONOTONIC) - start)
            processor.append(seconds(CLOCK_PROCESS_CPUTIME_ID) - startProcessor)
        }
        var latencies: [Double] = []
        let startQuestions = seconds(CLOCK_PROCESS_CPUTIME_ID)
        for index in 0..<questionCount {
            let start = seconds(CLOCK_MONOTONIC)
            _ = embedder.embed([questions[index % questions.count]])
            latencies.append((seconds(CLOCK_MONOTONIC) - start) * 1e3)
        }
        let questionProcessor = (seconds(CLOCK_PROCESS_CPUTIME_ID) - startQuestions) / Double(questionCount)
        latencies.sort()
        report(
            arguments, tokenCount: tokenCount, textCount: texts.count, threads: pool.threadCount,
            wall: wall.sorted()[repeats / 2], processor: processor.sorted()[repeats / 2], latencies: latencies,
            questionProcessor: questionProcessor)
    }

    /// Beginnings of the texts, framed, all of the same length.
    private static func questions(
        _ texts: [FramedText], tokenCount: Int, _ embedder: EncoderEmbedder
    ) throws -> [FramedText] {
        try texts.filter { $0.tokenCount >= tokenCount }.map {
            let tokens = $0.input.tokens
            return try embedder.framing.frame(tokens: Array(tokens.prefix(tokenCount - 1)) + tokens.suffix(1))
        }
    }

    private static func report(
        _ arguments: Arguments, tokenCount: Int, textCount: Int, threads: Int, wall: Double, processor: Double,
        latencies: [Double], questionProcessor: Double
    ) {
        let (median, slow) = (latencies[latencies.count / 2], latencies[latencies.count * 99 / 100])
        guard arguments.has("--json") else {
            Output.line("\(textCount) texts, \(tokenCount) tokens: \(Int(Double(tokenCount) / wall)) tokens/s")
            Output.line("one question: \(median) ms, \(slow) ms in the 99th of 100")
            return
        }
        var json = JSONWriter()
        json.object { json in
            json.field("texts", textCount)
            json.field("tokens", tokenCount)
            json.field("threads", threads)
            json.field("seconds", wall)
            json.field("cpu_seconds", processor)
            json.field("tokens_per_second", Double(tokenCount) / wall)
            json.field("tokens_per_cpu_second", Double(tokenCount) / processor)
            json.field("question_ms_p50", median)
            json.field("question_ms_p99", slow)
            json.field("question_cpu_ms", questionProcessor * 1e3)
            json.field("question_ms_least", latencies[0])
        }
        Output.line(String(decoding: json.bytes, as: UTF8.self))
    }

    private static func seconds(_ clock: clockid_t) -> Double {
        var time = timespec()
        unsafe clock_gettime(clock, &time)
        return Double(time.tv_sec) + Double(time.tv_nsec) / 1e9
    }
}
