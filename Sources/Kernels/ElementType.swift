// ElementType.swift — the stored number formats that the products understand.
// Kernels.  Formats: IEEE 754 binary32/binary16; bfloat16; GGML's block formats (ggml-common.h), drawn in
// CKernels/template/quants.h.

internal import CKernels

/// How the numbers of a weight matrix are stored. Raw values are the codes shared with the C kernels.
///
/// A row is a whole number of blocks: for the plain formats a block is one number, for the others 32 that share a
/// scale, or a super-block of 256.
package enum ElementType: Int32, Sendable, Hashable, CaseIterable {
    case f32 = 0
    case f16 = 1
    case bf16 = 2
    case q8_0 = 3
    case q4_0 = 4
    case q4_1 = 5
    case q5_0 = 6
    case q5_1 = 7
    case q4_k = 8
    case q5_k = 9
    case q6_k = 10
    case q2_k = 11
    case q3_k = 12
    case iq4_nl = 13
    case iq4_xs = 14

    /// Numbers in one block.
    package var blockSize: Int {
        switch self {
        case .f32, .f16, .bf16: 1
        case .q8_0, .q4_0, .q4_1, .q5_0, .q5_1, .iq4_nl: 32
        case .q2_k, .q3_k, .q4_k, .q5_k, .q6_k, .iq4_xs: 256
        }
    }

    /// Bytes of one block.
    package var bytesPerBlock: Int {
        switch self {
        case .f32: 4
        case .f16, .bf16: 2
        case .q8_0: 34
        case .q4_0, .iq4_nl: 18
        case .q4_1: 20
        case .q5_0: 22
        case .q5_1: 24
        case .q2_k: 84
        case .q3_k: 110
        case .iq4_xs: 136
        case .q4_k: 144
        case .q5_k: 176
        case .q6_k: 210
        }
    }

    /// The widest row that a product takes; nil where there is no bound. Types without kernels of their own are
    /// expanded to f32 in a scratch of this size.
    package var maximumRowWidth: Int? {
        switch self {
        case .f32, .f16, .bf16, .q8_0: nil
        default: Int(CK_MAXIMUM_EXPANDED_WIDTH)
        }
    }

    /// Bytes of a row of `columns` numbers; nil when that is not a whole number of blocks or does not fit an `Int`.
    package func rowByteCount(columns: Int) -> Int? {
        guard columns >= 0, columns % blockSize == 0 else { return nil }
        let (bytes, overflow) = (columns / blockSize).multipliedReportingOverflow(by: bytesPerBlock)
        return overflow ? nil : bytes
    }
}
