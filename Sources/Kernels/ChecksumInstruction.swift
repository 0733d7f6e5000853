// ChecksumInstruction.swift — CRC-32C where the CPU has an instruction for it.
// Kernels.  Without it, whoever sums up has tables.

internal import CKernels

/// A CRC-32C's state after some more bytes; nil where the CPU cannot do it itself.
package func advancedCRC32C(_ state: UInt32, over bytes: UnsafeRawBufferPointer) -> UInt32? {
    var state = state
    return ck_crc32c(&state, bytes.baseAddress, bytes.count) ? state : nil
}
