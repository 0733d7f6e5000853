// PagedAttention.swift — causal attention that reads keys and values where the cache keeps them.
// Kernels.  Kwon et al. 2023, arXiv:2309.06180; online softmax: Milakov and Gimelshein 2018, arXiv:1805.02867.
//
// Softmax runs over fixed absolute segments of 256 positions, 0…255, 256…511, …: each gives a maximum, a sum and a
// weighted sum of values, and these are merged in the order of the segments, even on one thread. A row's bits
// therefore depend on its query, its position, and the keys and values it sees; not on how the prompt was chunked,
// which rows ride along, where the blocks lie, or how many threads share the work.

internal import CKernels

/// The query rows of one step: any mixture of requests, each with its block table.
///
///     blockTable   | 7 2 9 | 4 | 0 3 |        tableStart of the rows of three requests: 0, 3, 4
///
/// Neighbouring rows with the same `tableStart` share reads of keys and values: keep a request's rows together.
package struct AttentionRows {
    /// T.
    package let count: Int
    /// Each row's position in its sequence; it sees positions `0...position`, its own included, or the last of them.
    package let positions: UnsafePointer<Int32>
    /// Where in `blockTable` each row's table starts: entry `i` holds positions `i·C ..< (i+1)·C`.
    package let tableStarts: UnsafePointer<Int32>
    /// All requests' tables, one after the other: block numbers.
    package let blockTable: UnsafePointer<Int32>
    package let blockTableCount: Int

    package init(
        count: Int, positions: UnsafePointer<Int32>, tableStarts: UnsafePointer<Int32>,
        blockTable: UnsafePointer<Int32>, blockTableCount: Int
    ) {
        self.count = count
        self.positions = positions
        self.tableStarts = tableStarts
        self.blockTable = blockTable
        self.blockTableCount = blockTableCount
    }

    /// Stops the program when a row would read outside its table or the pool: a bug of ours, found before it corrupts.
    /// Call it once per step; `attend` then trusts the rows in every layer.
    /// - Complexity: O(rows + table entries read by them).
    package func check(against layer: KVLayer) {
        // Entries from `checkedStart` on up to `checkedEnd` are known to be good: rows of a request share a table.
        var checkedStart = 0
        var checkedEnd = 0
        for row in 0..<count {
            let start = Int(tableStarts[row])
            precondition(positions[row] >= 0 && start >= 0, "row \(row) has no place")
            let end = start + Int(positions[row]) / layer.tokensPerBlock + 1
            precondition(end <= blockTableCount, "row \(row) at \(positions[row]) reads beyond its block table")
            if start != checkedStart { (checkedStart, checkedEnd) = (start, start) }
            for entry in checkedEnd..<max(end, checkedEnd) {
                precondition(
                    blockTable[entry] >= 0 && Int(blockTable[entry]) < layer.blockCount,
                    "block \(blockTable[entry]) outside a pool of \(layer.blockCount)")
            }
            checkedEnd = max(end, checkedEnd)
        }
    }
}

/// Room for the segments' results when few rows attend to long contexts and the segments are spread over threads.
package final class AttentionScratch {
    let partial: AlignedBuffer<Float>
    /// Rows × KV heads below which the segments are spread.
    let sliceGoal: Int

    /// Room that is never exceeded: where the results would need more, rows are not spread.
    private static let mostNumbers = 4 << 20

    /// - Parameters:
    ///   - headCount: H, query heads.
    ///   - maximumContext: the longest sequence, in tokens.
    /// - Throws: `AllocationError`.
    package init(
        headCount: Int, kvHeadCount: Int, headWidth: Int, maximumContext: Int, threadCount: Int
    ) throws(AllocationError) {
        precondition(headCount > 0 && kvHeadCount > 0 && headWidth > 0 && maximumContext >= 0, "impossible shape")
        sliceGoal = threadCount == 1 ? 0 : 4 * threadCount
        let rows = (sliceGoal + kvHeadCount - 1) / kvHeadCount
        let segments = maximumContext / CK_SEGMENT + 1
        let (numbers, overflow) = segments.multipliedReportingOverflow(by: rows * headCount * (headWidth + 2))
        partial = try AlignedBuffer(count: overflow ? Self.mostNumbers : min(numbers, Self.mostNumbers))
    }
}

/// `context[t, h] = Σ softmax(scale · query[t, h] · keys) · values`, each row over the positions it sees.
///
/// H is a multiple of G; query heads `g·H/G ..< (g+1)·H/G` share KV head `g` (grouped-query attention, Ainslie et al.
/// 2023, arXiv:2305.13245) and its reads.
/// - Parameters:
///   - query_TD: `[T, H·K]`.
///   - context_TD: `[T, H·K]`, not overlapping the queries.
///   - scale: usually 1 / √K.
///   - softCap: scores s become softCap · tanh(s / softCap) before the softmax (Gemma 2, arXiv:2408.00118); nil: never.
///   - window: a row sees that many positions, its own included (sliding window, Beltagy et al. 2020,
///     arXiv:2004.05150); nil for all before it. Keys outside are not read. Segments stay where they are.
/// - Precondition: `rows.check(against:)` has passed; keys and values of every position a row sees are stored.
/// - Complexity: O(Σ positions seen · H · K); allocates nothing.
package func attend(
    _ query_TD: MatrixView, layer: KVLayer, rows: AttentionRows, headCount: Int, scale: Float, softCap: Float? = nil,
    window: Int? = nil, into context_TD: MutableMatrixView, scratch: AttentionScratch, pool: ThreadPool
) {
    precondition(softCap.map { $0 > 0 } ?? true, "scores capped to \(softCap ?? 0)")
    precondition(window.map { $0 >= 1 } ?? true, "a window of \(window ?? 0)")
    precondition(headCount % layer.headCount == 0, "\(headCount) query heads for \(layer.headCount) KV heads")
    let width = headCount * layer.headWidth
    precondition(
        query_TD.columns == width && context_TD.columns == width && query_TD.rows == rows.count
            && context_TD.rows == rows.count, "queries or contexts are not \(rows.count) rows of \(width)")
    guard rows.count > 0 else { return }
    defer { withExtendedLifetime(scratch) {} }

    var arguments = ck_attention(
        layer: layer.arguments, query: query_TD.pointer, query_stride: query_TD.rowStride,
        context: context_TD.pointer, context_stride: context_TD.rowStride, position: rows.positions,
        table_start: rows.tableStarts, block_table: rows.blockTable, row_count: rows.count, head_count: headCount,
        rows_per_slice: 1, window: window ?? Int.max, scale: scale, soft_cap: softCap ?? 0,
        partial: scratch.partial.baseAddress, segment_count: 1)

    // Few rows, long context: one slice per row, KV head and segment, then a merge in the segments' order.
    if rows.count * layer.headCount < scratch.sliceGoal {
        var lastPosition = 0
        for row in 0..<rows.count { lastPosition = max(lastPosition, Int(rows.positions[row])) }
        let segmentCount = lastPosition / CK_SEGMENT + 1
        if segmentCount > 1,
            rows.count * headCount * segmentCount * (layer.headWidth + 2) <= scratch.partial.count
        {
            arguments.segment_count = segmentCount
            pool.run(
                sliceCount: rows.count * segmentCount * layer.headCount, &arguments,
                pool.kernels.table.attend_segment)
            for row in 0..<rows.count { pool.kernels.table.merge_segments(&arguments, row) }
            return
        }
    }

    // Enough slices for every thread to take several; never more rows than a tile shares.
    let rowsPerSlice = min(8, max(1, rows.count * layer.headCount / (4 * pool.threadCount)))
    arguments.rows_per_slice = rowsPerSlice
    let sliceCount = (rows.count + rowsPerSlice - 1) / rowsPerSlice * layer.headCount
    pool.run(sliceCount: sliceCount, &arguments, pool.kernels.table.attend)
}
