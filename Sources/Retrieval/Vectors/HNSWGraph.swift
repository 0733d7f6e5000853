// HNSWGraph.swift — the neighbours of every vector on every level, and the walk over them.
// Retrieval › Vectors.  Malkov and Yashunin, "Efficient and robust approximate nearest neighbor search using
// Hierarchical Navigable Small World graphs", arXiv:1603.09320: `walk` is its SEARCH-LAYER.

internal import Kernels

/// Links between ordinals; the vectors lie in a `VectorTable`.
///
///     level 0        [N, 2M]     every vector; unused places hold `noLink`, all at the end of a row
///     upper levels   [U, M]      level ℓ ≥ 1 of ordinal i is row upperStart[i] + ℓ − 1
///     levels         [N]         the highest level of each ordinal
package struct HNSWGraph: Sendable {
    static let noLink = UInt32.max
    /// With M = 16 a level this high needs 16²⁰ vectors.
    static let highestLevel = 20

    /// M, the links of a node on an upper level; twice as many on level 0.
    package let linkCount: Int
    /// Where every search begins: an ordinal on the highest level. 0 for an empty graph.
    var entry: UInt32
    let nodeCount: Int
    /// All arrays, as `HNSWLayout` says; also what is written to a file.
    package let memory: FrozenBytes
    private let levels: UnsafeOffset<UInt8>
    private let upperStart: UnsafeOffset<UInt32>
    private let level0: UnsafeOffset<UInt32>
    private let upper: UnsafeOffset<UInt32>

    init(linkCount: Int, entry: UInt32, nodeCount: Int, memory: FrozenBytes, layout: HNSWLayout) {
        self.linkCount = linkCount
        self.entry = entry
        self.nodeCount = nodeCount
        self.memory = memory
        levels = UnsafeOffset(HNSWLayout.levels)
        upperStart = UnsafeOffset(layout.upperStart)
        level0 = UnsafeOffset(layout.level0)
        upper = UnsafeOffset(layout.upper)
    }

    var levels_N: UnsafePointer<UInt8> { levels.pointer(in: memory) }
    var highestLevel: Int { nodeCount == 0 ? 0 : Int(levels_N[Int(entry)]) }

    /// The first row of an ordinal's upper links.
    func upperRow(of ordinal: UInt32) -> Int { Int(upperStart.pointer(in: memory)[Int(ordinal)]) }

    /// The neighbours of an ordinal: `count` places, of which the used ones come first.
    @inline(__always)
    func links(of ordinal: UInt32, level: Int) -> (start: UnsafePointer<UInt32>, count: Int) {
        if level == 0 { return (level0.pointer(in: memory) + Int(ordinal) * 2 * linkCount, 2 * linkCount) }
        return (upper.pointer(in: memory) + (upperRow(of: ordinal) + level - 1) * linkCount, linkCount)
    }

    /// Fills `pool` with what is nearest to the scratch's query, walking one level from the entries already in it.
    ///
    /// - Parameter visit: called with every ordinal that the walk scores, for a search that counts only some of them.
    /// - Complexity: O(pool capacity · M) products of vectors.
    @inline(__always)
    func walk(
        level: Int, table: VectorTable, queryScale: Float, scratch: SearchScratch, pool: inout SearchPool,
        visit: (RankedOrdinal) -> Void
    ) {
        let scales_N = table.scales_N
        let products = scratch.products.baseAddress
        let fresh = scratch.fresh.baseAddress
        while let ordinal = pool.next() {
            let (start, count) = links(of: ordinal, level: level)
            let freshCount = scratch.unseen(start, count: count)
            if freshCount == 0 { continue }
            dotProducts(
                ofBytes: scratch.query_W.baseAddress, with: table.bytes_NW, at: fresh, count: freshCount,
                width: table.width, into: products, kernels: scratch.kernels)
            for index in 0..<freshCount {
                let neighbour = fresh[index]
                let score = Float(products[index]) * (scales_N[Int(neighbour)] * queryScale)
                let entry = RankedOrdinal(score: score, ordinal: neighbour)
                pool.offer(entry)
                visit(entry)
            }
        }
    }

    /// Walks greedily from the top to the best entry of `level`, one candidate at a time.
    func descend(to level: Int, table: VectorTable, queryScale: Float, scratch: SearchScratch) -> RankedOrdinal {
        var best = score(entry, table: table, queryScale: queryScale, scratch: scratch)
        var current = highestLevel
        while current > level {
            var pool = scratch.pool(capacity: 1, startingAt: best)
            walk(level: current, table: table, queryScale: queryScale, scratch: scratch, pool: &pool) { _ in }
            best = pool[0]
            current -= 1
        }
        return best
    }

    private func score(
        _ ordinal: UInt32, table: VectorTable, queryScale: Float, scratch: SearchScratch
    ) -> RankedOrdinal {
        let index = scratch.fresh.baseAddress
        index[0] = ordinal
        dotProducts(
            ofBytes: scratch.query_W.baseAddress, with: table.bytes_NW, at: index, count: 1, width: table.width,
            into: scratch.products.baseAddress, kernels: scratch.kernels)
        let product = Float(scratch.products.baseAddress[0])
        return RankedOrdinal(score: product * (table.scales_N[Int(ordinal)] * queryScale), ordinal: ordinal)
    }
}

/// An array's place in a graph's memory.
private struct UnsafeOffset<Element: BitwiseCopyable>: Sendable {
    private let byteOffset: Int

    init(_ byteOffset: Int) { self.byteOffset = byteOffset }

    @inline(__always)
    func pointer(in memory: FrozenBytes) -> UnsafePointer<Element> {
        (memory.bytes.baseAddress! + byteOffset).assumingMemoryBound(to: Element.self)
    }
}
