// LoadedModel.swift — opens a model: numbers, weights, tokenizer, defaults.
// swiftlet › Loading.

import Base
import Checkpoint
import Engine
import Sampling
import Tokenization
import Transformer

/// Everything about a model that is not the engine.
struct LoadedModel {
    let name: String
    let path: String
    let checkpoint: ModelCheckpoint
    let tokenizer: Tokenizer
    let defaults: SamplingParameters

    init(_ name: String?) throws {
        path = try ModelLocator.path(name)
        self.name = ModelLocator.displayName(path)
        checkpoint = try ModelCheckpoint(path: path)
        switch checkpoint.files {
        case .folder:
            tokenizer = try Tokenizer.load(huggingFaceFolder: path)
            defaults = try GenerationDefaults.read(folder: path)
        case .gguf(let file):
            tokenizer = try Tokenizer(gguf: try GGUFVocabulary(file))
            defaults = SamplingParameters()
        }
        let rows = checkpoint.configuration.vocabularySize
        guard tokenizer.vocabularySize <= rows else {
            throw ModelError.invalid(
                key: "tokenizer", problem: "has \(tokenizer.vocabularySize) tokens, the model only \(rows)",
                source: path)
        }
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
