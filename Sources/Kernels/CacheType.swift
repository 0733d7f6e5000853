// CacheType.swift — how keys and values are stored in the paged cache.
// Kernels.  Layouts: KVLayer.swift and CKernels/template/cache.h.

internal import CKernels

/// Raw values are the codes shared with the C kernels.
package enum CacheType: Int32, Sendable, Hashable, CaseIterable {
    case f32 = 0
    case f16 = 1
    /// Integers from −127 to 127 with one f32 scale per token and KV head, max |x| / 127: no number is further than
    /// half a scale from what was computed.
    case int8 = 100

    /// Bytes of one token's key, or of its value, in one KV head: scales included.
    package func byteCount(headWidth: Int) -> Int {
        switch self {
        case .f32: 4 * headWidth
        case .f16: 2 * headWidth
        case .int8: headWidth + 4
        }
    }
}
