// Support.swift — runs a model by hand, one sequence at a time, and reads the reference files.

import Base
import Kernels
import TestSupport
import Testing
import Transformer

/// A decoder with one sequence whose blocks lie scattered and backwards, as they might after hours of serving.
final class SequenceRunner {
    let model: DecoderModel
    private let blockTable: [Int32]
    private var batch: ForwardBatch
    private(set) var tokens: [TokenID] = []

    init(
        path: String, cacheType: CacheType = .f32, kernels: KernelSet = .best, threads: Int = 1, length: Int = 512,
        packsWeights: Bool = true, panelCacheThreshold: Int? = nil
    ) throws {
        let checkpoint = try ModelCheckpoint(path: path)
        let blockCount = (length + 15) / 16
        var options = DecoderOptions(blockCount: 2 * blockCount + 1, maxModelLength: length)
        options.cacheType = cacheType
        options.maxLogitRows = 360
        options.packsWeights = packsWeights
        options.panelCacheThreshold = panelCacheThreshold
        model = try DecoderModel(
            checkpoint, options: options, pool: ThreadPool(threadCount: threads, kernels: kernels))
        blockTable = (0..<Int32(blockCount)).map { 2 * (Int32(blockCount) - $0) - 1 }
        batch = ForwardBatch(tokensPerBlock: 16)
    }

    /// Computes `new` after what was computed before; logits of every new row.
    func extend(_ new: [TokenID]) -> [[Float]] {
        let range = tokens.count..<tokens.count + new.count
        tokens += new
        batch.removeAll()
        batch.append(tokens: tokens, range: range, blockTable: blockTable, logits: .everyRow)
        model.forward(batch)
        return new.indices.map { Array(model.logits($0)) }
    }

    /// The next `count` greedy tokens after `prompt`.
    func greedy(_ prompt: [TokenID], _ count: Int) -> [TokenID] {
        var output: [TokenID] = []
        var logits = extend(prompt).last!
        while output.count < count {
            let token = TokenID(logits.indices.max { (logits[$0], -$0) < (logits[$1], -$1) }!)
            output.append(token)
            if output.count < count { logits = extend([token])[0] }
        }
        return output
    }
}

/// One prompt of an `expected.json` that Hugging Face transformers wrote.
struct ReferencePrompt: CustomTestStringConvertible {
    let file: String?
    let text: String
    let ids: [TokenID]
    let positions: [Int]
    let logits: [[Float]]
    let greedy: [TokenID]

    var testDescription: String { "\(file ?? "") \(ids.count) tokens" }

    static func read(_ path: String) throws -> [ReferencePrompt] {
        let json = try JSON.parse(try TestFiles.bytes(path))
        func numbers(_ json: JSON) -> [Int] { json.elements.map { $0.integer! } }
        return json["prompts"]!.elements.map { prompt in
            ReferencePrompt(
                file: prompt["file"]?.string, text: prompt["text"]!.string!,
                ids: numbers(prompt["ids"]!).map { TokenID($0) }, positions: numbers(prompt["positions"]!),
                logits: prompt["logits"]!.elements.map { $0.elements.map { Float($0.double!) } },
                greedy: numbers(prompt["greedy"]!).map { TokenID($0) })
        }
    }
}

/// The largest difference, relative to the largest reference logit of the row.
func relativeError(_ found: [Float], _ expected: [Float]) -> Float {
    precondition(found.count == expected.count)
    let scale = expected.map(abs).max()!
    return zip(found, expected).map { abs($0 - $1) }.max()! / scale
}
