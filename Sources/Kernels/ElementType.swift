// ElementType.swift — the stored number formats that the products understand.
// Kernels.  Formats: IEEE 754 binary32/binary16; bfloat16; GGML's Q8_0 block (one f16 scale, 32 signed bytes).

/// How the numbers of a weight matrix are stored. Raw values are the codes shared with the C kernels.
///
/// A row is a whole number of blocks: for the plain formats a block is one number, for `q8_0` it is 32.
package enum ElementType: Int32, Sendable, Hashable, CaseIterable {
    case f32 = 0
    case f16 = 1
    case bf16 = 2
    case q8_0 = 3

    /// Numbers in one block.
    package var blockSize: Int {
        switch self {
        case .f32, .f16, .bf16: 1
        case .q8_0: 32
        }
    }

    /// Bytes of one block.
    package var bytesPerBlock: Int {
        switch self {
        case .f32: 4
        case .f16, .bf16: 2
        case .q8_0: 34
        }
    }

    /// Bytes of a row of `columns` numbers; nil when that is not a whole number of blocks or does not fit an `Int`.
    package func rowByteCount(columns: Int) -> Int? {
        guard columns >= 0, columns % blockSize == 0 else { return nil }
        let (bytes, overflow) = (columns / blockSize).multipliedReportingOverflow(by: bytesPerBlock)
        return overflow ? nil : bytes
    }
}
