// SafetensorsFile.swift — one safetensors file as a source of tensors.
// Checkpoint › Safetensors.

package import Base

/// A mapped and fully checked safetensors file. Not Sendable, as the mapping is not.
package final class SafetensorsFile: TensorSource {
    private let file: CheckpointBytes
    private let table: TensorTable

    /// - Throws: `file` if it cannot be mapped, `damaged` if its header contradicts the format or the file.
    package convenience init(path: String) throws(CheckpointError) {
        try self.init(CheckpointBytes(mapping: path))
    }

    /// The same checks over bytes in memory, which are copied. For tests and fuzzing.
    package convenience init(bytes: [UInt8], path: String = "memory") throws(CheckpointError) {
        try self.init(CheckpointBytes(copying: bytes, path: path))
    }

    private init(_ file: CheckpointBytes) throws(CheckpointError) {
        self.file = file
        table = try SafetensorsHeader.parse(file)
    }

    package var path: String { file.path }

    package var identities: [FileIdentity] { file.identity.map { [$0] } ?? [] }

    package var tensorNames: [String] { table.names }

    package func shape(of name: String) -> [Int]? { table[name]?.shape }

    package func tensor(_ name: String) throws(CheckpointError) -> TensorRecord? { try table.record(name, in: file) }
}
