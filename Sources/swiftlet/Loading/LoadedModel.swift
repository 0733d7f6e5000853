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

    /// Opens the model that is to guess for this one.
    /// - Parameter name: what the user typed after --draft-model; nil for none.
    /// - Throws: one line for a person, also when the two models' tokens differ.
    func openDraft(_ name: String?) throws -> sending ModelCheckpoint? {
        guard let name else { return nil }
        let (draft, checkpoint) = try LoadedModel.open(name)
        guard let token = tokenizer.firstDifference(from: draft.tokenizer) else { return checkpoint }
        func spelled(_ tokenizer: Tokenizer) -> String {
            token.index < tokenizer.vocabularySize
                ? "'\(String(decoding: tokenizer.spelling(of: token), as: UTF8.self))'" : "nothing"
        }
        throw UsageError(
            "--draft-model \(name): token \(token.index) is \(spelled(draft.tokenizer)) there and"
                + " \(spelled(tokenizer)) in \(self.name); a draft model needs the same tokenizer")
    }
}
