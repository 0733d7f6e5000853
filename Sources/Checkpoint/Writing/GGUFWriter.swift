// GGUFWriter.swift — writes a GGUF file, version 3.
// Checkpoint › Writing.  Format: ggml-org/ggml, docs/gguf.md; drawn in GGUFParser.swift.

import Base
import Kernels

package enum GGUFWriter {
    /// Writes the file whole or not at all (`AtomicFile`).
    ///
    /// Memory: the keys, and about a mebibyte of rows.
    /// - Parameters:
    ///   - alignment: of every tensor; written as `general.alignment` by the caller if it is not 32.
    ///   - progress: bytes written so far, of how many; after each tensor.
    /// - Throws: `FileError` for what the disk refuses, `CheckpointError` for a tensor that cannot be written.
    package static func write(
        to path: String, keys: [GGUFKeyValue], tensors: [TensorRewrite], alignment: Int = 32,
        progress: (Int, Int) -> Void = { _, _ in }
    ) throws {
        let (header, byteCounts) = try header(keys, tensors, alignment: alignment, path: path)
        let total = byteCounts.reduce(header.count) { $0 + padded($1, alignment) }
        try AtomicFile.write(to: path) { file in
            try file.write(header)
            for (tensor, byteCount) in zip(tensors, byteCounts) {
                try tensor.write { bytes throws(FileError) in try file.write(bytes) }
                try file.write([UInt8](repeating: 0, count: padded(byteCount, alignment) - byteCount))
                progress(file.offset, total)
            }
        }
    }

    /// Everything before the data, padded, and each tensor's size.
    private static func header(
        _ keys: [GGUFKeyValue], _ tensors: [TensorRewrite], alignment: Int, path: String
    ) throws(CheckpointError) -> ([UInt8], byteCounts: [Int]) {
        var header = Array("GGUF".utf8) + littleEndian(UInt32(3))
        header += littleEndian(UInt64(tensors.count)) + littleEndian(UInt64(keys.count))
        for key in keys { header += lengthAndBytes(Array(key.key.utf8)) + key.encoded }
        var byteCounts: [Int] = []
        var offset = 0
        for tensor in tensors {
            guard let code = StoredType.ggmlCode(tensor.type), let byteCount = tensor.byteCount,
                byteCount <= Int.max / 2 - offset
            else {
                throw .unsupported(
                    path: path,
                    what: "tensor \(tensor.name) of shape \(tensor.source.shape) does not fit \(tensor.type)")
            }
            header += lengthAndBytes(Array(tensor.name.utf8)) + littleEndian(UInt32(tensor.source.shape.count))
            // The innermost dimension first.
            for size in tensor.source.shape.reversed() { header += littleEndian(UInt64(size)) }
            header += littleEndian(code) + littleEndian(UInt64(offset))
            byteCounts.append(byteCount)
            offset += padded(byteCount, alignment)
        }
        header += [UInt8](repeating: 0, count: padded(header.count, alignment) - header.count)
        return (header, byteCounts)
    }

    private static func padded(_ count: Int, _ alignment: Int) -> Int {
        (count + alignment - 1) / alignment * alignment
    }
}
