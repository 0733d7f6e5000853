// EncoderEmbedder.swift — texts to vectors: tokenizer, encoder and pooling of one model folder.
// Embedding.

import Base
package import Kernels
import Synchronization
import Tokenization
package import Transformer

/// A sentence encoder, such as all-MiniLM-L6-v2. Any thread may call it; calls take turns, some hundred tokens at a
/// time, so that a question never waits for the end of a long list.
///
/// A text's vector has length 1 and does not depend on the texts beside it, nor on the number of threads.
package final class EncoderEmbedder: Sendable {
    package let folder: String
    /// The last part of the folder's path.
    package let name: String
    /// Numbers in a vector.
    package let dimension: Int
    /// Changes with whatever changes a vector: weights, tokenizer, pooling, the cut. 32 hexadecimal digits.
    package let fingerprint: String
    package let framing: TextFraming
    /// One line for each thing about the folder that a person should know.
    package let warnings: [String]
    private let pooling: Pooling
    private let model: Mutex<EncoderModel>

    /// Tokens of one turn.
    static let rowsPerTurn = 512

    /// - Parameters:
    ///   - folder: config.json, model.safetensors, tokenizer.json, and the files of `SentenceTransformerFolder`.
    ///   - precision: of the products.
    ///   - pool: may be shared with others.
    /// - Throws: `ModelError`, `CheckpointError`, `TokenizerError`, `AllocationError`: each one line for a person.
    package convenience init(folder: String, precision: EncoderPrecision = .f32, pool: ThreadPool) throws {
        let model = try EncoderModel(path: folder, precision: precision, rowsPerPass: Self.rowsPerTurn, pool: pool)
        let settings = try SentenceTransformerFolder(folder)
        let configuration = model.configuration
        let framing = try TextFraming(
            Tokenizer.load(huggingFaceFolder: folder),
            maximumTokenCount: min(settings.maximumTokenCount ?? .max, configuration.maxPositionCount),
            vocabularySize: configuration.vocabularySize, source: folder)
        var hash = model.fingerprint
        hash.append(try ReadFile.bytes(folder + "/tokenizer.json"))
        hash.append(Array(settings.pooling.rawValue.utf8))
        hash.append(UInt64(framing.maximumTokenCount))
        self.init(model, folder, framing, settings.pooling, hash)
    }

    /// The same encoder with other layers, which were trained for something else (`EncoderModel`): other vectors of the
    /// same texts, under a fingerprint of their own.
    /// - Throws: `CheckpointError`, `AllocationError`: each one line for a person.
    package convenience init(changing base: EncoderEmbedder, by folder: String) throws {
        let model = try base.changed(by: folder)
        var hash = model.fingerprint
        hash.append(Array(base.fingerprint.utf8))
        self.init(model, folder, base.framing, base.pooling, hash)
    }

    /// This encoder's weights but for those that a folder has.
    func changed(by folder: String) throws -> sending EncoderModel {
        try model.withLock { try EncoderModel(changing: $0, by: folder) }
    }

    private init(
        _ model: sending EncoderModel, _ folder: String, _ framing: TextFraming, _ pooling: Pooling, _ hash: SipHash128
    ) {
        self.folder = folder
        self.framing = framing
        self.pooling = pooling
        name = folder.split(separator: "/").last.map { String($0) } ?? folder
        dimension = model.configuration.modelWidth
        let unused = model.unusedTensorNames
        warnings = unused.isEmpty ? [] : ["\(folder): \(unused.count) tensors are not used, \(unused[0]) first"]
        fingerprint = hash.finish().description
        self.model = Mutex(model)
    }

    /// The vectors of texts, in order. A text beyond `framing.maximumTokenCount` is cut; to know, frame it yourself.
    package func embed(_ texts: [String]) throws -> [[Float]] { embed(texts.map { framing.frame($0) }) }

    /// The vectors of framed texts, in order.
    package func embed(_ texts: [FramedText]) -> [[Float]] {
        var vectors: [[Float]] = []
        vectors.reserveCapacity(texts.count)
        for turn in turns(texts) {
            vectors += model.withLock { $0.embed(turn, pooling: pooling) }
        }
        return vectors
    }

    /// A vector of length 1 for every token of a framed text: [T, D], one row after the other.
    package func tokenVectors(_ text: FramedText) -> [Float] { model.withLock { $0.tokenVectors(text.input) } }

    /// Word pieces of a text, without the two special tokens around it.
    package func tokenCount(_ text: String) -> Int { framing.pieceCount(text) }

    private func turns(_ texts: [FramedText]) -> [[EncoderInput]] {
        var turns: [[EncoderInput]] = []
        var rows = 0
        for text in texts {
            if turns.isEmpty || rows + text.tokenCount > Self.rowsPerTurn {
                turns.append([])
                rows = 0
            }
            turns[turns.count - 1].append(text.input)
            rows += text.tokenCount
        }
        return turns
    }
}
