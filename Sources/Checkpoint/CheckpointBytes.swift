// CheckpointBytes.swift — a model file's bytes: mapped, or held in memory by tests and fuzzers.
// Checkpoint.

import Base
import Kernels

/// Read-only bytes with a name for messages. The parsers see only this, so they are pure functions over bytes.
final class CheckpointBytes {
    let path: String
    /// Valid while this object lives.
    let bytes: UnsafeRawBufferPointer
    /// What holds the memory: a mapping, or nil for `copy`.
    private let mapping: MappedFile?
    private let copy: UnsafeMutableRawBufferPointer?

    init(mapping path: String) throws(CheckpointError) {
        do throws(FileError) {
            let file = try MappedFile(path)
            self.path = path
            bytes = file.bytes
            mapping = file
            copy = nil
        } catch {
            throw .file(error)
        }
    }

    init(copying source: [UInt8], path: String) {
        let memory = UnsafeMutableRawBufferPointer.allocate(byteCount: source.count, alignment: 64)
        memory.copyBytes(from: source)
        self.path = path
        bytes = UnsafeRawBufferPointer(memory)
        mapping = nil
        copy = memory
    }

    /// nil for bytes that are in memory only.
    var identity: FileIdentity? { mapping?.identity }

    deinit { copy?.deallocate() }

    func damaged(_ what: String) -> CheckpointError { .damaged(path: path, what: what) }
}

extension CheckpointBytes: DiscardableMemory {
    func discard(_ bytes: UnsafeRawBufferPointer) { mapping?.discard(bytes) }
}
