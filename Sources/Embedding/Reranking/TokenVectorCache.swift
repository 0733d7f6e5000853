// TokenVectorCache.swift — token vectors of the passages that were looked at last.
// Embedding › Reranking.  A passage costs the encoder some ten milliseconds and 150 KB; popular ones come again.

import Base
import Kernels
import Synchronization

/// A text's token vectors as f16 rows, without its special tokens.
final class TokenVectors: Sendable {
    let rowCount: Int
    /// Numbers in a row: the model's width, filled up with zeros as `VectorWidth` wants it.
    let width: Int
    let halves_TW: [UInt16]

    /// - Parameter rows_TD: of length 1, special tokens first and last.
    init(_ rows_TD: [Float], dimension: Int, width: Int) {
        let rows = rows_TD.count / dimension
        rowCount = max(rows - 2, 0)
        self.width = width
        var halves: [UInt16] = []
        halves.reserveCapacity(rowCount * width)
        for row in 1..<max(rows - 1, 1) {
            halves += rows_TD[row * dimension..<(row + 1) * dimension].map { Float16($0).bitPattern }
            halves += [UInt16](repeating: 0, count: width - dimension)
        }
        halves_TW = halves
    }

    var byteCount: Int { 2 * halves_TW.count }

    /// For a query token, how near the nearest of this text's tokens is: −1 for a text without tokens.
    func nearest(_ query_W: [Float], products: inout [Float]) -> Float {
        guard rowCount > 0 else { return -1 }
        if products.count < rowCount { products = [Float](repeating: 0, count: rowCount) }
        query_W.withUnsafeBufferPointer { query in
            halves_TW.withUnsafeBufferPointer { rows in
                products.withUnsafeMutableBufferPointer { output in
                    dotProducts(
                        of: query.baseAddress!, withHalves: rows.baseAddress!, at: nil, count: rowCount, width: width,
                        into: output.baseAddress!)
                }
            }
        }
        return products[..<rowCount].max() ?? -1
    }
}

/// Holds as many as fit; who was not asked for longest goes first.
final class TokenVectorCache: Sendable {
    private struct Entry {
        let vectors: TokenVectors
        var lastUse: UInt64
    }

    private struct State {
        var entries: [Hash128: Entry] = [:]
        var byteCount = 0
        var clock: UInt64 = 0
    }

    private let state = Mutex(State())
    private let capacity: Int

    /// - Parameter capacity: bytes.
    init(capacity: Int) { self.capacity = capacity }

    static func key(_ text: String) -> Hash128 {
        var hash = SipHash128(key: SipHashKey(0x746f_6b65_6e73, 0x7665_6374_6f72_73))
        hash.append(Array(text.utf8))
        return hash.finish()
    }

    subscript(key: Hash128) -> TokenVectors? {
        state.withLock { state in
            state.clock += 1
            state.entries[key]?.lastUse = state.clock
            return state.entries[key]?.vectors
        }
    }

    func insert(_ vectors: TokenVectors, for key: Hash128) {
        state.withLock { state in
            state.clock += 1
            let old = state.entries.updateValue(Entry(vectors: vectors, lastUse: state.clock), forKey: key)
            state.byteCount += vectors.byteCount - (old?.vectors.byteCount ?? 0)
            while state.byteCount > capacity,
                let oldest = state.entries.min(by: { $0.value.lastUse < $1.value.lastUse })
            {
                state.entries[oldest.key] = nil
                state.byteCount -= oldest.value.vectors.byteCount
            }
        }
    }

    var count: Int { state.withLock { $0.entries.count } }
}
