// ModelCheckpoint.swift — a model on disk: its numbers and where its weights are.
// Transformer.

import Base
package import Checkpoint

/// An opened Hugging Face folder or GGUF file. Weights stay mapped while this, or anything taken from it, lives.
package struct ModelCheckpoint {
    package let path: String
    package let configuration: ModelConfiguration
    package let files: ModelFiles

    /// - Throws: `ModelError`, `CheckpointError`, `FileError`: each one line for a person.
    package init(path: String) throws {
        self.path = path
        files = try ModelFiles.open(path)
        switch files {
        case .gguf(let file): configuration = try ModelConfiguration(gguf: file)
        case .folder:
            let configPath = path + "/config.json"
            configuration = try ModelConfiguration(huggingFace: Self.readJSON(configPath), source: configPath)
        }
    }

    private static func readJSON(_ path: String) throws -> JSON {
        let bytes = try ReadFile.bytes(path, limit: 1 << 20)
        do throws(JSONError) {
            return try JSON.parse(bytes)
        } catch {
            throw ModelError.notAModel(path: path, problem: "not valid JSON: \(error)")
        }
    }
}
