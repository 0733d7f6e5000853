// GGUFFile.swift — one GGUF file: metadata, and tensors under Hugging Face's names.
// Checkpoint › GGUF.

package import Base

/// A mapped and fully checked GGUF file. Not Sendable, as the mapping is not.
///
/// llama.cpp's converter reorders the rows of `q_proj` and `k_proj` of Llama models, so that rotary embeddings turn
/// adjacent pairs instead of halves. The tensors are served as they are stored: a model that reads them from here must
/// use the adjacent-pair layout.
package final class GGUFFile: TensorSource {
    package let metadata: GGUFMetadata
    package let version: Int
    /// Between the names that are stored and those that are served.
    package let naming: TensorNaming
    private let file: CheckpointBytes
    /// Under Hugging Face's names.
    private let table: TensorTable

    /// - Throws: `file` if it cannot be mapped, `damaged` or `unsupported` if it is not a usable GGUF file.
    package convenience init(path: String) throws(CheckpointError) {
        try self.init(CheckpointBytes(mapping: path))
    }

    /// The same checks over bytes in memory, which are copied. For tests and fuzzing.
    package convenience init(bytes: [UInt8], path: String = "memory") throws(CheckpointError) {
        try self.init(CheckpointBytes(copying: bytes, path: path))
    }

    private init(_ file: CheckpointBytes) throws(CheckpointError) {
        let contents = try GGUFParser.parse(file)
        self.file = file
        metadata = GGUFMetadata(entries: contents.metadata, file: file)
        version = Int(contents.version)
        let parts = try metadata.integer("split.count", default: 1)
        guard parts <= 1 else {
            throw .unsupported(path: file.path, what: "it is one of \(parts) parts; merge them with `llama-gguf-split`")
        }
        naming = TensorNaming.of(architecture: try metadata.string("general.architecture", default: "llama"))
        var renamed = TensorTable()
        for tensor in contents.tensors.tensors {
            let name = naming.huggingFace(tensor.name) ?? tensor.name
            let tensor = StoredTensor(name: name, type: tensor.type, shape: tensor.shape, range: tensor.range)
            guard renamed.append(tensor) else { throw file.damaged("tensor \(name) is listed under two names") }
        }
        table = renamed
    }

    package var path: String { file.path }

    package var identities: [FileIdentity] { file.identity.map { [$0] } ?? [] }

    package var tensorNames: [String] { table.names }

    package func shape(of name: String) -> [Int]? { table[name]?.shape }

    package func tensor(_ name: String) throws(CheckpointError) -> TensorRecord? { try table.record(name, in: file) }
}
