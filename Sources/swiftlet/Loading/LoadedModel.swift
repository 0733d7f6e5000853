// LoadedModel.swift — opens a model: numbers, weights, tokenizer, defaults.
// swiftlet › Loading.

import Base
import Checkpoint
import Console
import Engine
import Sampling
import Tokenization
import Transformer

/// Everything about a model that is not its weights; those are handed to the engine (`checkpoint` of `open`).
struct LoadedModel: Sendable {
    let name: String
    let path: String
    let configuration: ModelConfiguration
    let tokenizer: Tokenizer
    let defaults: SamplingParameters

    /// - Parameter name: what the user typed after --model; nil for the embedded model.
    /// - Throws: one line for a person, whatever is wrong.
    static func open(_ name: String?) throws -> sending (model: LoadedModel, checkpoint: ModelCheckpoint) {
        let path = try ModelLocator.path(name)
        let checkpoint = try ModelCheckpoint(path: path)
        let tokenizer: Tokenizer
        var defaults = SamplingParameters()
        switch checkpoint.files {
        case .folder:
            tokenizer = try Tokenizer.load(huggingFaceFolder: path)
            defaults = try GenerationDefaults.read(folder: path)
        case .gguf(let file):
            tokenizer = try Tokenizer(gguf: try GGUFVocabulary(file))
        }
        let rows = checkpoint.configuration.vocabularySize
        guard tokenizer.vocabularySize <= rows else {
            throw ModelError.invalid(
                key: "tokenizer", problem: "has \(tokenizer.vocabularySize) tokens, the model only \(rows)",
                source: path)
        }
        let model = LoadedModel(
            name: ModelLocator.displayName(path), path: path, configuration: checkpoint.configuration,
            tokenizer: tokenizer, defaults: defaults)
        return (model, checkpoint)
    }
}

extension GGUFVocabulary {
    /// The vocabulary embedded in a GGUF file's metadata.
    init(_ file: GGUFFile) throws(CheckpointError) {
        let metadata = file.metadata
        func optional<Value>(
            _ key: String, _ read: (String) throws(CheckpointError) -> Value
        ) throws(CheckpointError) -> Value? {
            let key = "tokenizer.ggml." + key
            return metadata.has(key) ? try read(key) : nil
        }
        self.init(
            model: try metadata.string("tokenizer.ggml.model"), pre: try optional("pre", metadata.string),
            tokens: try metadata.stringArray("tokenizer.ggml.tokens"))
        scores = try optional("scores", metadata.floatArray) ?? []
        types = try optional("token_type", metadata.integerArray)?.map { Int32(clamping: $0) } ?? []
        merges = try optional("merges", metadata.stringArray) ?? []
        beginningOfSequence = try optional("bos_token_id", metadata.integer)
        endOfSequence = try optional("eos_token_id", metadata.integer)
        unknown = try optional("unknown_token_id", metadata.integer)
        for key in ["eot_token_id", "eom_token_id"] {
            if let token = try optional(key, metadata.integer) { endOfTurn.append(token) }
        }
        addBeginningOfSequence = try optional("add_bos_token", metadata.bool)
        addEndOfSequence = try optional("add_eos_token", metadata.bool)
        addSpacePrefix = try optional("add_space_prefix", metadata.bool)
        if metadata.has("tokenizer.chat_template") { chatTemplate = try metadata.string("tokenizer.chat_template") }
    }
}
