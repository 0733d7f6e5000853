// ModelFiles.swift — what a path given to `--model` turns out to be.
// Checkpoint.

import Base

/// The two ways in which people own a model.
package enum ModelFiles {
    /// `config.json`, `model.safetensors`, `tokenizer.json`.
    case folder(HuggingFaceFolder)
    /// One file with everything in its metadata.
    case gguf(GGUFFile)

    /// A folder is taken for Hugging Face's layout, a file for GGUF.
    package static func open(_ path: String) throws(CheckpointError) -> ModelFiles {
        do throws(CheckpointError) {
            return .gguf(try GGUFFile(path: path))
        } catch .file(let error) where error.reason == .isFolder {
            return .folder(try HuggingFaceFolder(path: path))
        } catch .unsupported where path.hasSuffix(".safetensors") {
            throw .unsupported(
                path: path, what: "it holds only weights; give the folder that also has config.json and tokenizer.json")
        }
    }

    package var tensors: any TensorSource {
        switch self {
        case .folder(let folder): folder
        case .gguf(let file): file
        }
    }
}
