// StackedMatrices.swift — matrices that a file stores one below another in one tensor.
// Transformer › Decoder.  Phi-3's `qkv_proj` and `gate_up_proj`.

import Checkpoint
import Kernels

extension WeightReader {
    /// The parts of tensor `name`, from the top: views of the mapped file, nothing is copied.
    ///
    /// - Parameters:
    ///   - rows: how many each part has.
    ///   - columns: of all.
    /// - Throws: as `take`.
    mutating func takeStacked(_ name: String, rows: [Int], columns: Int) throws(CheckpointError) -> [Matrix] {
        let record = try take(name, shape: [rows.reduce(0, +), columns])
        let whole = Matrix(
            record.elementType, rows: record.shape[0], columns: columns, pointer: record.bytes.baseAddress!,
            owner: record.owner)
        var parts: [Matrix] = []
        var start = 0
        for count in rows {
            parts.append(whole.rows(start..<start + count))
            start += count
        }
        return parts
    }
}
