// TokenizerBenchmark.swift — how long a tokenizer takes to load, and how fast it encodes, on one thread.
// Bench.  Bench/peers/tokenizers.py runs it beside Hugging Face tokenizers on the same text.

import Base
import Console
import Tokenization

enum TokenizerBenchmark: Command {
    static let name = "tokenizer"
    static let summary = "load time of a tokenizer.json, and bytes encoded per second of processor time"
    static let options = [
        OptionDefinition("--tokenizer", "FILE", "the tokenizer.json"),
        OptionDefinition("--text", "FILE", "the text to encode"),
        OptionDefinition("--repeats", "N", "measured runs, after one warm-up (default: 5)"),
        OptionDefinition("--json", nil, "print one JSON document"),
    ]

    /// A text is encoded in documents of at least this many bytes, cut after a line feed: the size of requests.
    private static let documentSize = 4096

    static func run(_ arguments: Arguments) throws {
        guard let file = arguments["--tokenizer"], let text = arguments["--text"] else {
            throw UsageError("tokenizer needs --tokenizer FILE and --text FILE")
        }
        let repeats = try arguments.integer("--repeats", in: 1...1000) ?? 5
        let documents = documents(try ReadFile.bytes(text))

        var tokenizer: Tokenizer?
        let loadSeconds = try median(of: repeats) {
            tokenizer = try Tokenizer(tokenizerFile: try ReadFile.bytes(file))
        }
        guard let tokenizer else { return }
        var tokens: [TokenID] = []
        let encodeSeconds = median(of: repeats) {
            tokens.removeAll(keepingCapacity: true)
            for document in documents {
                tokens += tokenizer.encode(document, addSpecialTokens: false, parseSpecialTokens: true)
            }
        }

        let byteCount = documents.reduce(0) { $0 + $1.count }
        var json = JSONWriter()
        json.object { json in
            json.field("load_ms", loadSeconds * 1e3)
            json.field("encode_ms", encodeSeconds * 1e3)
            json.field("bytes", byteCount)
            json.field("megabytes_per_second", Double(byteCount) / encodeSeconds / 1e6)
            json.field("tokens", tokens.count)
            // Equal checksums: equal ids in equal order, as good as surely.
            json.field("checksum", tokens.reduce(0) { ($0 * 31 + $1.index) % 0x7fff_ffff })
        }
        if arguments.has("--json") {
            Output.line(String(decoding: json.bytes, as: UTF8.self))
        } else {
            Output.line("load \(loadSeconds * 1e3) ms, \(tokens.count) tokens of \(byteCount) bytes")
            Output.line("\(Double(byteCount) / encodeSeconds / 1e6) MB/s")
        }
    }

    private static func documents(_ text: [UInt8]) -> [[UInt8]] {
        var documents: [[UInt8]] = []
        var start = 0
        while start < text.count {
            let rest = text[min(start + documentSize, text.count)...]
            let end = rest.firstIndex(of: UInt8(ascii: "\n")).map { $0 + 1 } ?? text.count
            documents.append(Array(text[start..<end]))
            start = end
        }
        return documents
    }

    /// Seconds of processor time that `body` takes: on one thread the wall's clock tells the same, but also what the
    /// machine does for others meanwhile.
    private static func median(of repeats: Int, _ body: () throws -> Void) rethrows -> Double {
        let time = ProcessorTime()
        var seconds: [Double] = []
        for run in 0...repeats {
            let start = time.nanoseconds()
            try body()
            if run > 0 { seconds.append(Double(time.nanoseconds() - start) / 1e9) }
        }
        return seconds.sorted()[repeats / 2]
    }
}
