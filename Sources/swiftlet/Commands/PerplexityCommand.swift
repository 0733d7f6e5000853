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
            OptionDefinition(
                "--second-half", nil, "score the second half of each full window, as llama.cpp's llama-perplexity does"),
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
        let takesSecondHalf = arguments.has("--second-half")
        let tokens = model.tokenizer.encode(text, addSpecialTokens: takesSecondHalf, parseSpecialTokens: false)
        guard !tokens.isEmpty else { throw UsageError("\(path) is empty") }
        guard !takesSecondHalf || tokens.count >= window else {
            throw UsageError("\(path) has \(tokens.count) tokens, and a window \(window); choose a smaller --window")
        }

        let scorer = try WindowScorer(checkpoint, window: window, options)
        let beginning = model.tokenizer.beginningOfSequence
        let (nats, scoredCount) =
            takesSecondHalf
            ? scorer.secondHalves(of: tokens, window: window, beginning: tokens.first == beginning ? beginning : nil)
            : scorer.everything(in: tokens, window: window, beginning: beginning)
        guard nats.isFinite else {
            throw UnusableModel(
                description: "\(model.path): the model's logits are not finite; it is damaged or wrongly converted")
        }
        report(
            nats: nats, tokens: scoredCount, bytes: takesSecondHalf ? nil : text.count, window: window,
            json: arguments.has("--json"))
    }

    /// - Parameter bytes: that the scored tokens spell; nil where that is not known.
    private static func report(nats: Double, tokens: Int, bytes: Int?, window: Int, json: Bool) {
        let mean = nats / Double(max(tokens, 1))
        let bitsPerByte = bytes.map { nats / log(2) / Double($0) }
        if json {
            var writer = JSONWriter()
            writer.object { writer in
                writer.field("perplexity", exp(mean))
                writer.field("nats_per_token", mean)
                if let bitsPerByte { writer.field("bits_per_byte", bitsPerByte) }
                writer.field("tokens", tokens)
                if let bytes { writer.field("bytes", bytes) }
                writer.field("window", window)
            }
            Output.line(String(decoding: writer.bytes, as: UTF8.self))
        } else {
            func rounded(_ value: Double) -> Double { (value * 1e4).rounded() / 1e4 }
            Output.line(
                "perplexity \(rounded(exp(mean))), \(rounded(mean)) nats per token"
                    + (bitsPerByte.map { ", \(rounded($0)) bits per byte" } ?? ""))
            Output.line("\(tokens) tokens, " + (bytes.map { "\($0) bytes, " } ?? "") + "windows of \(window)")
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

    /// Every token is scored once. A window is the beginning token and as much text as fits; without such a token its
    /// first has no prediction.
    func everything(in tokens: [TokenID], window: Int, beginning: TokenID?) -> (nats: Double, count: Int) {
        var (nats, count) = (0.0, 0)
        let step = beginning == nil ? window : window - 1
        for start in stride(from: 0, to: tokens.count, by: step) {
            let piece = tokens[start..<min(start + step, tokens.count)]
            nats += negativeLogLikelihood((beginning.map { [$0] } ?? []) + piece)
            count += beginning == nil ? piece.count - 1 : piece.count
        }
        return (nats, count)
    }

    /// Only tokens with at least half a window before them are scored; what does not fill a window is left out.
    /// - Parameter beginning: stands in place of each window's first token, where the tokenizer begins texts with it.
    func secondHalves(of tokens: [TokenID], window: Int, beginning: TokenID?) -> (nats: Double, count: Int) {
        var (nats, count) = (0.0, 0)
        for start in stride(from: 0, through: tokens.count - window, by: window) {
            var piece = Array(tokens[start..<start + window])
            if let beginning { piece[0] = beginning }
            nats += negativeLogLikelihood(piece, from: window / 2 + 1)
            count += window - window / 2 - 1
        }
        return (nats, count)
    }

    /// −Σ ln p(token | the tokens before it), over the tokens from index `first` on.
    private func negativeLogLikelihood(_ tokens: [TokenID], from first: Int = 1) -> Double {
        var nats = 0.0
        for start in stride(from: 0, to: tokens.count, by: chunk) {
            let range = start..<min(start + chunk, tokens.count)
            batch.removeAll()
            batch.append(tokens: tokens, range: range, blockTable: blockTable, logits: .everyRow)
            model.forward(batch)
            for position in range where position + 1 >= first && position + 1 < tokens.count {
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
