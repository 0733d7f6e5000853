// PerplexityCommand.swift — how well a model predicts a text.
// swiftlet › Commands.  The protocol is that of Models/training/evaluate.py, so that the two figures can be compared.

import Base
import Console
import Engine
import Glibc
import Kernels
import Tokenization
import Transformer

enum PerplexityCommand: Command {
    static let name = "perplexity"
    static let summary = "measure how well a model predicts a file"
    static let options =
        [
            OptionDefinition("--file", "FILE", "the text (needed)"),
            OptionDefinition("--window", "N", "tokens per window (default: the model's context)"),
            OptionDefinition("--json", nil, "print one JSON document"),
        ]
        + ["--model", "--threads", "--kv-cache-dtype", "--numerics", "--kernels"].map { name in
            EngineOptions.definitions.first { $0.name == name }!
        }
    static let notes = """
        example
          swiftlet perplexity --model path/to/folder --file text.txt --window 512
        """

    static func run(_ arguments: Arguments) throws {
        guard let path = arguments["--file"] else { throw UsageError("--file is needed") }
        let text = try ReadFile.bytes(path, limit: 1 << 30)
        let (model, checkpoint) = try LoadedModel.open(arguments["--model"])
        let context = model.configuration.maxPositionCount
        let window = try arguments.integer("--window", in: 2...context) ?? min(context, 4096)
        let options = try EngineOptions(arguments)
        let tokens = model.tokenizer.encode(text, addSpecialTokens: false, parseSpecialTokens: false)
        guard !tokens.isEmpty else { throw UsageError("\(path) is empty") }

        let scorer = try WindowScorer(checkpoint, window: window, options)
        let beginning = model.tokenizer.beginningOfSequence
        var nats = 0.0
        var scoredCount = 0
        // A window is the beginning token and as much text as fits; without such a token its first has no prediction.
        let step = beginning == nil ? window : window - 1
        for start in stride(from: 0, to: tokens.count, by: step) {
            let piece = tokens[start..<min(start + step, tokens.count)]
            nats += scorer.negativeLogLikelihood((beginning.map { [$0] } ?? []) + piece)
            scoredCount += beginning == nil ? piece.count - 1 : piece.count
        }
        guard nats.isFinite else {
            throw UnusableModel(
                description: "\(model.path): the model's logits are not finite; it is damaged or wrongly converted")
        }
        report(
            nats: nats, tokens: scoredCount, bytes: text.count, window: window, json: arguments.has("--json"))
    }

    private static func report(nats: Double, tokens: Int, bytes: Int, window: Int, json: Bool) {
        let mean = nats / Double(max(tokens, 1))
        let bitsPerByte = nats / log(2) / Double(bytes)
        if json {
            var writer = JSONWriter()
            writer.object { writer in
                writer.field("perplexity", exp(mean))
                writer.field("nats_per_token", mean)
                writer.field("bits_per_byte", bitsPerByte)
                writer.field("tokens", tokens)
                writer.field("bytes", bytes)
                writer.field("window", window)
            }
            Output.line(String(decoding: writer.bytes, as: UTF8.self))
        } else {
            func rounded(_ value: Double) -> Double { (value * 1e4).rounded() / 1e4 }
            Output.line(
                "perplexity \(rounded(exp(mean))), \(rounded(mean)) nats per token,"
                    + " \(rounded(bitsPerByte)) bits per byte")
            Output.line("\(tokens) tokens, \(bytes) bytes, windows of \(window)")
        }
    }
}

/// The model computes nonsense.
private struct UnusableModel: Error, CustomStringConvertible {
    let description: String
}

/// Scores one window after another with a decoder of its own.
private final class WindowScorer {
    private let model: DecoderModel
    private var batch = ForwardBatch(tokensPerBlock: 16)
    private let blockTable: [Int32]
    private let chunk = 64

    init(_ checkpoint: ModelCheckpoint, window: Int, _ options: EngineOptions) throws {
        let blockCount = (window + 15) / 16
        var decoder = DecoderOptions(blockCount: blockCount, maxModelLength: window)
        decoder.cacheType = options.kvCacheType
        decoder.maxRows = chunk
        decoder.maxLogitRows = chunk
        decoder.numerics = options.numerics
        let threads = options.threadCount ?? Machine.usableCoreCount
        model = try DecoderModel(
            checkpoint, options: decoder, pool: ThreadPool(threadCount: threads, kernels: options.kernels))
        blockTable = Array(0..<Int32(blockCount))
    }

    /// −Σ ln p(token | the tokens before it), from the second token on.
    func negativeLogLikelihood(_ tokens: [TokenID]) -> Double {
        var nats = 0.0
        for start in stride(from: 0, to: tokens.count, by: chunk) {
            let range = start..<min(start + chunk, tokens.count)
            batch.removeAll()
            batch.append(tokens: tokens, range: range, blockTable: blockTable, logits: .everyRow)
            model.forward(batch)
            for position in range where position + 1 < tokens.count {
                nats += surprise(unsafe model.logits(position - start), tokens[position + 1])
            }
        }
        return nats
    }

    private func surprise(_ logits: UnsafeMutableBufferPointer<Float>, _ token: TokenID) -> Double {
        let pointer = unsafe UnsafePointer(logits.baseAddress!)
        let largest = unsafe maximum(pointer, count: logits.count)
        let sum = unsafe sumOfExponentials(pointer, count: logits.count, subtracting: largest)
        return unsafe log(sum) + Double(largest) - Double(logits[token.index])
    }
}
