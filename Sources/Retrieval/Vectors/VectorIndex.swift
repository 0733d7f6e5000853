// VectorIndex.swift — nearest neighbours in one immutable set of vectors: a scan or a graph, whichever pays.
// Retrieval › Vectors.  Candidates are found with int8 rows and ranked by their f16 rows.

package import Kernels

/// A vector that was found.
package struct VectorHit: Equatable, Sendable {
    package let ordinal: Int
    /// The inner product with the query, from the f16 row: the cosine, as both have length 1.
    package let score: Float

    package init(ordinal: Int, score: Float) {
        self.ordinal = ordinal
        self.score = score
    }
}

/// Which way a search goes.
package enum VectorSearchPlan: Equatable, Sendable {
    /// Every allowed vector is looked at: exact up to the rounding of int8, which ranking by f16 undoes.
    case scan
    /// The graph is walked with a pool of this many candidates.
    case graph(pool: Int)
}

/// Searches a `VectorTable`. Any number of threads may search at once.
package final class VectorIndex: Sendable {
    package let table: VectorTable
    /// Absent in a small index: a scan is faster there, and exact.
    package let graph: HNSWGraph?
    private let kernels: KernelSet
    private let scratches: ScratchPool

    /// Below this many vectors no graph is built: a scan of them takes well under a millisecond.
    package static let graphThreshold = 10_000
    /// Candidates that are ranked again by their f16 rows.
    package static let rescoredCount = 50
    package static let defaultPool = 64
    package static let largestPool = 4096

    package init(_ table: VectorTable, graph: HNSWGraph?, kernels: KernelSet = .best) {
        precondition(graph.map { $0.nodeCount == table.count } ?? true, "a graph of another table")
        self.table = table
        self.graph = graph
        self.kernels = kernels
        scratches = ScratchPool(
            count: table.count, width: table.width, poolCapacity: VectorIndex.largestPool, kernels: kernels)
    }

    /// Builds the graph when the table is large enough for one to pay.
    ///
    /// - Parameter progress: called now and then with the vectors inserted so far; returning false gives an index
    ///   without a graph.
    /// - Complexity: O(N log N) products; about 20 s for 100,000 vectors of 384 numbers.
    package static func build(
        _ table: VectorTable, options: HNSWOptions = HNSWOptions(), threshold: Int = graphThreshold,
        kernels: KernelSet = .best, progress: (Int) -> Bool = { _ in true }
    ) throws(VectorIndexError) -> VectorIndex {
        guard table.count >= max(threshold, 1) else { return VectorIndex(table, graph: nil, kernels: kernels) }
        var builder = try HNSWBuilder(table, options, kernels: kernels)
        return VectorIndex(table, graph: builder.build(progress: progress), kernels: kernels)
    }

    /// The best `count` of the allowed vectors, best first, among equals the lower ordinal first. Never fewer than
    /// `min(count, allowed)`.
    ///
    /// - Parameters:
    ///   - pool: HNSW's `ef`, the candidates of a walk; nil lets the planner choose.
    ///   - allowed: a bit per ordinal, the lowest bit of the first word for ordinal 0; nil allows all.
    /// - Throws: `VectorIndexError.wrongLength`, `.notFinite` for the query; `.outOfMemory`.
    package func search(
        _ query: [Float], count: Int, pool: Int? = nil, allowed: [UInt64]? = nil
    ) throws(VectorIndexError) -> [VectorHit] {
        guard query.count == table.dimension else {
            throw .wrongLength(row: 0, expected: table.dimension, found: query.count)
        }
        guard let unit = unitVector(query) else { throw .notFinite(row: 0) }
        guard count > 0, table.count > 0 else { return [] }
        let padded = unit + [Float](repeating: 0, count: table.width - unit.count)
        let filter = allowed.map { VectorFilter($0, count: table.count) }
        let plan = plan(count: count, pool: pool, allowedCount: filter?.allowedCount ?? table.count)

        return try scratches.withScratch { scratch in
            let scale = ByteRow.quantise(padded, width: table.width, into: scratch.query_W.baseAddress)
            let wanted = max(count, VectorIndex.rescoredCount)
            var candidates: [UInt32]
            switch plan {
            case .scan:
                candidates = scan(scale, wanted: wanted, filter: filter, scratch: scratch)
            case .graph(let pool):
                candidates = walk(scale, pool: pool, wanted: wanted, filter: filter, scratch: scratch)
                // A walk can end in a corner without enough allowed vectors. Then everything is looked at.
                if candidates.count < min(count, filter?.allowedCount ?? table.count) {
                    candidates = scan(scale, wanted: wanted, filter: filter, scratch: scratch)
                }
            }
            return rank(candidates, query_W: padded, count: count)
        }
    }

    /// The exact scores of some ordinals.
    ///
    /// - Precondition: the ordinals are in the table.
    package func scores(_ query: [Float], of ordinals: [Int]) throws(VectorIndexError) -> [Float] {
        guard query.count == table.dimension else {
            throw .wrongLength(row: 0, expected: table.dimension, found: query.count)
        }
        guard let unit = unitVector(query) else { throw .notFinite(row: 0) }
        let padded = unit + [Float](repeating: 0, count: table.width - unit.count)
        return table.score(padded, ordinals.map { UInt32($0) }, kernels: kernels)
    }

    /// Scans cost about 30 ns a vector whatever they find, walks about 1 µs a pool entry. A filter makes a walk look
    /// at vectors that do not count, so that it needs a larger pool for the same recall; where the filter lets few
    /// pass, or follows the vectors' own topics, walks get lost, and scans do not.
    package func plan(count: Int, pool: Int?, allowedCount: Int) -> VectorSearchPlan {
        guard graph != nil, count <= VectorIndex.largestPool / 2 else { return .scan }
        if let pool, allowedCount == table.count {
            return .graph(pool: max(min(pool, VectorIndex.largestPool), count))
        }
        if allowedCount == table.count { return .graph(pool: max(VectorIndex.defaultPool, 2 * count)) }
        if allowedCount <= 50_000 || allowedCount * 5 <= table.count { return .scan }
        let needed = 256 * table.count / allowedCount
        return .graph(pool: min(max(needed, 2 * count), VectorIndex.largestPool))
    }

    private func walk(
        _ queryScale: Float, pool capacity: Int, wanted: Int, filter: VectorFilter?, scratch: SearchScratch
    ) -> [UInt32] {
        guard let graph else { return [] }
        let start = graph.descend(to: 0, table: table, queryScale: queryScale, scratch: scratch)
        var pool = scratch.pool(capacity: capacity, startingAt: start)
        guard let filter else {
            graph.walk(level: 0, table: table, queryScale: queryScale, scratch: scratch, pool: &pool) { _ in }
            return (0..<min(wanted, pool.count)).map { pool[$0].ordinal }
        }
        var found = BestOrdinals(capacity: wanted)
        if filter.allows(start.ordinal) { found.offer(start) }
        graph.walk(level: 0, table: table, queryScale: queryScale, scratch: scratch, pool: &pool) { entry in
            if filter.allows(entry.ordinal) { found.offer(entry) }
        }
        return found.ordinals
    }

    /// Looks at every allowed row, a batch at a time.
    private func scan(
        _ queryScale: Float, wanted: Int, filter: VectorFilter?, scratch: SearchScratch
    ) -> [UInt32] {
        var found = BestOrdinals(capacity: wanted)
        let list = scratch.fresh.baseAddress
        let products = scratch.products.baseAddress
        let scales_N = table.scales_N
        var next = 0
        while next < table.count {
            let first = next
            var batch = 0
            if let filter {
                batch = filter.next(&next, into: list, limit: SearchScratch.batch)
                if batch == 0 { break }
            } else {
                batch = min(SearchScratch.batch, table.count - next)
                next += batch
            }
            dotProducts(
                ofBytes: scratch.query_W.baseAddress,
                with: filter == nil ? table.bytes_NW + first * table.width : table.bytes_NW,
                at: filter == nil ? nil : UnsafePointer(list), count: batch, width: table.width, into: products,
                kernels: kernels)
            for index in 0..<batch {
                let ordinal = filter == nil ? UInt32(first + index) : list[index]
                let score = Float(products[index]) * (scales_N[Int(ordinal)] * queryScale)
                if score >= found.leastScore { found.offer(RankedOrdinal(score: score, ordinal: ordinal)) }
            }
        }
        return found.ordinals
    }

    private func rank(_ candidates: [UInt32], query_W: [Float], count: Int) -> [VectorHit] {
        let scores = table.score(query_W, candidates, kernels: kernels)
        let ranked = zip(candidates, scores).map { RankedOrdinal(score: $1, ordinal: $0) }.sorted(by: >)
        return ranked.prefix(count).map { VectorHit(ordinal: Int($0.ordinal), score: $0.score) }
    }
}
