// HNSWBuilder.swift — inserts the vectors of a table into a graph, one after the other.
// Retrieval › Vectors.  arXiv:1603.09320: INSERT with SELECT-NEIGHBORS-HEURISTIC. One thread and levels drawn from
// (seed, ordinal), so a table and a seed give the same graph always and everywhere.

internal import Kernels

/// How a graph is built.
package struct HNSWOptions: Sendable, Equatable {
    /// M: links of a new node, and of a node on an upper level; level 0 takes 2M.
    package var linkCount = 16
    /// Candidates that an insertion looks at.
    package var constructionPool = 200
    package var seed: UInt64 = 0x5357_4946_544C_4554

    package init() {}
}

/// Builds one graph.
struct HNSWBuilder {
    private let table: VectorTable
    private let options: HNSWOptions
    private let scratch: SearchScratch
    private let memory: SharedBuffer<UInt32>
    private let layout: HNSWLayout
    private var graph: HNSWGraph
    private let neighbours: NeighbourSelection

    init(_ table: VectorTable, _ options: HNSWOptions, kernels: KernelSet) throws(VectorIndexError) {
        self.table = table
        self.options = options
        let levels = (0..<table.count).map { Self.level(of: $0, options) }
        let upperRowCount = levels.reduce(0, +)
        let linkCount = options.linkCount
        guard
            (2...512).contains(linkCount),
            let layout = HNSWLayout(nodeCount: table.count, linkCount: linkCount, upperRowCount: upperRowCount)
        else { throw .damagedGraph("\(linkCount) links a node for \(table.count) vectors") }
        do {
            memory = try SharedBuffer(count: layout.byteCount / 4)
            scratch = try SearchScratch(
                count: table.count, width: table.width, poolCapacity: max(options.constructionPool, 1),
                kernels: kernels)
        } catch {
            throw .outOfMemory(error.description)
        }
        self.layout = layout
        let start = UnsafeMutableRawPointer(memory.baseAddress)
        start.copyMemory(from: HNSWLayout.magic, byteCount: 8)
        let header = [HNSWLayout.format, UInt32(linkCount), UInt32(table.count), UInt32(upperRowCount)]
        for (index, word) in header.enumerated() { memory.baseAddress[2 + index] = word }
        let links = memory.baseAddress + layout.level0 / 4
        links.update(repeating: HNSWGraph.noLink, count: (layout.byteCount - layout.level0) / 4)
        var upperRow: UInt32 = 0
        for ordinal in 0..<table.count {
            start.storeBytes(
                of: UInt8(levels[ordinal]), toByteOffset: HNSWLayout.levels + ordinal, as: UInt8.self)
            memory.baseAddress[layout.upperStart / 4 + ordinal] = upperRow
            upperRow += UInt32(levels[ordinal])
        }
        // The walk reads what this builder writes: both happen on one thread, in turn.
        let bytes = UnsafeRawBufferPointer(start: start, count: layout.byteCount)
        graph = HNSWGraph(
            linkCount: linkCount, entry: 0, nodeCount: table.count, memory: FrozenBytes(bytes, owner: memory),
            layout: layout)
        neighbours = NeighbourSelection(table, kernels: kernels)
    }

    /// - Parameter progress: called now and then with the vectors inserted so far; returning false stops the build.
    /// - Returns: nil when `progress` stopped it.
    mutating func build(progress: (Int) -> Bool) -> HNSWGraph? {
        for ordinal in 0..<table.count {
            if ordinal % 1024 == 0, !progress(ordinal) { return nil }
            if ordinal > 0 { insert(UInt32(ordinal)) }
        }
        memory.baseAddress[6] = graph.entry
        return graph
    }

    private mutating func insert(_ ordinal: UInt32) {
        let level = Int(graph.levels_N[Int(ordinal)])
        let top = graph.highestLevel
        let queryScale = table.scales_N[Int(ordinal)]
        scratch.query_W.baseAddress.update(from: table.bytes_NW + Int(ordinal) * table.width, count: table.width)

        var best = graph.descend(to: min(level, top), table: table, queryScale: queryScale, scratch: scratch)
        for current in stride(from: min(level, top), through: 0, by: -1) {
            var pool = scratch.pool(capacity: options.constructionPool, startingAt: best)
            graph.walk(level: current, table: table, queryScale: queryScale, scratch: scratch, pool: &pool) { _ in }
            best = pool[0]
            connect(ordinal, level: current, candidates: (0..<pool.count).map { pool[$0] })
        }
        if level > top { graph.entry = ordinal }
    }

    /// Links the ordinal with the best of its candidates, and those with it.
    private func connect(_ ordinal: UInt32, level: Int, candidates: [RankedOrdinal]) {
        let chosen = neighbours.select(candidates, limit: options.linkCount)
        let (own, _) = mutableLinks(of: ordinal, level: level)
        for (place, neighbour) in chosen.enumerated() { own[place] = neighbour.ordinal }
        for neighbour in chosen {
            let (links, capacity) = mutableLinks(of: neighbour.ordinal, level: level)
            var used = capacity
            while used > 0, links[used - 1] == HNSWGraph.noLink { used -= 1 }
            if used < capacity {
                links[used] = ordinal
                continue
            }
            // Full: the newcomer competes with the present links.
            var rivals = neighbours.scores(of: neighbour.ordinal, to: links, count: used)
            rivals.append(RankedOrdinal(score: neighbour.score, ordinal: ordinal))
            rivals.sort(by: >)
            let kept = neighbours.select(rivals, limit: capacity)
            for place in 0..<capacity { links[place] = place < kept.count ? kept[place].ordinal : HNSWGraph.noLink }
        }
    }

    private func mutableLinks(of ordinal: UInt32, level: Int) -> (UnsafeMutablePointer<UInt32>, Int) {
        let (start, count) = graph.links(of: ordinal, level: level)
        return (UnsafeMutablePointer(mutating: start), count)
    }

    /// ⌊−ln(u) / ln(M)⌋ for a u in (0, 1] that depends on the seed and the ordinal alone.
    static func level(of ordinal: Int, _ options: HNSWOptions) -> Int {
        // SplitMix64's finalizer (Steele, Lea, Flood 2014).
        var bits = options.seed &+ UInt64(ordinal + 1) &* 0x9E37_79B9_7F4A_7C15
        bits = (bits ^ bits >> 30) &* 0xBF58_476D_1CE4_E5B9
        bits = (bits ^ bits >> 27) &* 0x94D0_49BB_1331_11EB
        bits ^= bits >> 31
        // u ≤ M^−ℓ exactly when the level is at least ℓ: no logarithm, the same on every machine.
        var level = 0
        var bound = UInt64.max / UInt64(options.linkCount)
        while bits < bound, level < HNSWGraph.highestLevel {
            level += 1
            bound /= UInt64(options.linkCount)
        }
        return level
    }
}
