// Checksum64.swift — whether bytes are still those that were written.
// Base › Hashing.  Finds damage, at the speed of memory; who forges on purpose is not its concern (SipHash128 is).

/// 64 bits over the content and its length. Four sums run side by side, since one would wait for its own product; each
/// step is a bijection of the sum, so a change of any single word changes the result.
package func checksum64(_ bytes: UnsafeRawBufferPointer) -> UInt64 {
    let odd: UInt64 = 0x9E37_79B9_7F4A_7C15
    func mix(_ sum: UInt64, _ word: UInt64) -> UInt64 {
        let mixed = (sum ^ word) &* odd
        return mixed ^ mixed >> 32
    }
    let wholeCount = bytes.count / 32 * 32
    var (a, b, c, d): (UInt64, UInt64, UInt64, UInt64) = (1, 2, 3, 4)
    for offset in stride(from: 0, to: wholeCount, by: 32) {
        a = mix(a, bytes.loadUnaligned(fromByteOffset: offset, as: UInt64.self))
        b = mix(b, bytes.loadUnaligned(fromByteOffset: offset + 8, as: UInt64.self))
        c = mix(c, bytes.loadUnaligned(fromByteOffset: offset + 16, as: UInt64.self))
        d = mix(d, bytes.loadUnaligned(fromByteOffset: offset + 24, as: UInt64.self))
    }
    var result = UInt64(bytes.count)
    for byte in bytes[wholeCount...] { result = mix(result, UInt64(byte)) }
    return mix(mix(mix(mix(result, a), b), c), d)
}
