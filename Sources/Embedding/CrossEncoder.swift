// CrossEncoder.swift — how well a passage answers a question, read together by one encoder.
// Embedding.  Nogueira and Cho 2019, arXiv:1901.04085.

package import Kernels
import Synchronization
import Tokenization
import Transformer

/// A BERT with a classification head of one score. Any thread may call it; calls take turns.
///
/// A pair's score does not depend on the pairs beside it.
package final class CrossEncoder: Sendable {
    package let name: String
    package let framing: TextFraming
    private let model: Mutex<EncoderModel>

    /// - Parameter folder: config.json, model.safetensors with `classifier.weight`, tokenizer.json.
    /// - Throws: `ModelError` when the model has no head, or one that sorts into classes; else as `EncoderEmbedder`.
    package convenience init(folder: String, pool: ThreadPool) throws {
        let model = try EncoderModel(path: folder, pool: pool)
        try self.init(model, Tokenizer.load(huggingFaceFolder: folder), folder, mostTokens: .max)
    }

    /// An encoder with other layers and a head, which were trained to read pairs; all else is shared.
    ///
    /// - Parameter folder: model.safetensors with `classifier.weight` (`EncoderModel.init(changing:by:)`), perhaps
    ///   sentence_bert_config.json.
    /// - Throws: as the other.
    package convenience init(changing base: EncoderEmbedder, by folder: String) throws {
        try self.init(
            base.changed(by: folder), base.framing.tokenizer, folder, mostTokens: base.framing.maximumTokenCount)
    }

    private init(
        _ model: sending EncoderModel, _ tokenizer: Tokenizer, _ folder: String, mostTokens: Int
    ) throws {
        guard model.labelCount == 1 else {
            throw ModelError.notAModel(
                path: folder,
                problem: model.labelCount.map { "its head gives \($0) scores; a cross-encoder gives one" }
                    ?? "it has no classification head; a cross-encoder needs classifier.weight")
        }
        guard model.configuration.typeCount > 1 else {
            throw ModelError.invalid(key: "type_vocab_size", problem: "is 1; pairs need 2", source: folder)
        }
        let settings = try SentenceTransformerFolder(folder)
        framing = try TextFraming(
            tokenizer,
            maximumTokenCount: min(
                settings.maximumTokenCount ?? mostTokens, model.configuration.maxPositionCount),
            vocabularySize: model.configuration.vocabularySize, source: folder)
        name = folder.split(separator: "/").last.map { String($0) } ?? folder
        self.model = Mutex(model)
    }

    /// One score for each passage, higher is better: the head's output as it is. Its sigmoid is a probability if the
    /// model was trained for one.
    package func scores(_ query: String, _ passages: [String]) -> [Float] {
        let inputs = passages.map { framing.frame(query, $0).input }
        return model.withLock { $0.classify(inputs) }.map { $0[0] }
    }
}
