// TensorRewrite.swift — one tensor in another type, under another name, its rows in another order: into a GGUF file, or
// into memory.
// Checkpoint › Writing.

import Base
package import Kernels

/// What to write for one tensor, and where its numbers come from.
package struct TensorRewrite {
    /// GGUF's name.
    package let name: String
    package let source: TensorRecord
    package let type: ElementType
    /// Heads whose rows change from halves to adjacent pairs; nil to leave the rows as they are.
    ///
    ///     halves     a0 a1 a2 a3 b0 b1 b2 b3        feature i is rotated with feature i + K/2
    ///     pairs      a0 b0 a1 b1 a2 b2 a3 b3        feature 2i with feature 2i + 1, as llama.cpp has it for Llama
    package let interleavedHeads: Int?

    /// - Precondition: heads of an even number of rows each make up the rows; `type` is the source's, or writable with
    ///   rows of whole blocks.
    package init(name: String, source: TensorRecord, type: ElementType, interleavedHeads: Int? = nil) {
        self.name = name
        self.source = source
        self.type = type
        self.interleavedHeads = interleavedHeads
    }

    /// Numbers in a row; a vector is one row, unless its entries are to be reordered like rows.
    private var columns: Int { source.shape.count == 1 && interleavedHeads != nil ? 1 : source.shape.last ?? 1 }
    private var rows: Int { columns == 0 ? 0 : source.shape.reduce(1, *) / columns }

    /// Bytes as `type`; nil if that overflows or rows are not whole blocks.
    var byteCount: Int? {
        guard let rowByteCount = type.rowByteCount(columns: columns) else { return nil }
        return checkedProduct([rows, rowByteCount])
    }

    /// Hands the tensor's bytes on, a few rows at a time.
    ///
    /// - Throws: `CheckpointError.unsupported` naming the tensor for a number that `type` cannot hold.
    func write(_ body: (UnsafeRawBufferPointer) throws(FileError) -> Void) throws {
        guard rows > 0, let rowByteCount = type.rowByteCount(columns: columns) else { return }
        let matrix = Matrix(
            source.elementType, rows: rows, columns: columns, pointer: source.bytes.baseAddress!, owner: source.owner)
        let isCopy = type == source.elementType
        let numbers = UnsafeMutableBufferPointer<Float>.allocate(capacity: isCopy ? 0 : columns)
        defer { numbers.deallocate() }
        let rowsAtOnce = min(rows, max(1, (1 << 20) / max(rowByteCount, 1)))
        let encoded = UnsafeMutableRawBufferPointer.allocate(byteCount: rowsAtOnce * rowByteCount, alignment: 16)
        defer { encoded.deallocate() }
        for first in stride(from: 0, to: rows, by: rowsAtOnce) {
            let count = min(rowsAtOnce, rows - first)
            for row in first..<first + count {
                let source = sourceRow(row)
                let output = encoded.baseAddress! + (row - first) * rowByteCount
                if isCopy {
                    output.copyMemory(from: matrix.pointer + source * rowByteCount, byteCount: rowByteCount)
                } else {
                    matrix.expand(rows: source..<source + 1, into: numbers.baseAddress!)
                    try encode(UnsafeBufferPointer(numbers), to: output)
                }
            }
            try body(UnsafeRawBufferPointer(rebasing: encoded[..<(count * rowByteCount)]))
        }
    }

    /// What would be written, in memory of its own.
    ///
    /// - Precondition: rows are whole blocks of the type.
    /// - Throws: as `write`.
    package func inMemory() throws -> TensorRecord {
        var bytes: [UInt8] = []
        bytes.reserveCapacity(byteCount!)
        try write { (piece) throws(FileError) in bytes.append(contentsOf: piece) }
        return TensorRecord(bytes, type, shape: source.shape, name: name)
    }

    private func encode(_ row: UnsafeBufferPointer<Float>, to output: UnsafeMutableRawPointer) throws(CheckpointError) {
        do throws(UnwritableNumber) {
            try RowEncoder.encode(row, as: type, to: output)
        } catch {
            throw .unsupported(
                path: (source.owner as? CheckpointBytes)?.path ?? source.name,
                what: "tensor \(source.name) holds \(error.value), which \(type) cannot express")
        }
    }

    private func sourceRow(_ row: Int) -> Int {
        guard let heads = interleavedHeads else { return row }
        let width = rows / heads
        let (head, place) = row.quotientAndRemainder(dividingBy: width)
        return head * width + place % 2 * (width / 2) + place / 2
    }
}
