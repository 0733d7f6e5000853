// StoredType.swift — how a file stores a tensor's numbers, whether or not a kernel can use them.
// Checkpoint.

import Kernels

/// A storage type by its name in the file format, with what is needed to check sizes.
///
/// Files may hold tensors that nobody takes (integer buffers, exotic quantisations): those are sized and listed like
/// all others, and refused by name only when somebody asks for them.
struct StoredType: Sendable {
    /// As the format spells it: "BF16", "Q4_K".
    let name: String
    /// The type the kernels know it by; nil if they do not.
    let elementType: ElementType?
    /// Numbers and bits in one block; nil for a type of unknown layout, whose size cannot be checked.
    let block: (elements: Int, bits: Int)?

    /// Bytes that a tensor with this many numbers occupies; nil if they are not whole blocks and bytes, or overflow.
    func byteCount(elements: Int) -> Int? {
        guard let block, elements % block.elements == 0 else { return nil }
        let (bits, overflow) = (elements / block.elements).multipliedReportingOverflow(by: block.bits)
        return overflow || bits % 8 != 0 ? nil : bits / 8
    }

    /// For error messages: "F32, F16, BF16, Q8_0".
    static let supportedNames = ElementType.allCases.map { "\($0)".uppercased() }.joined(separator: ", ")
}
