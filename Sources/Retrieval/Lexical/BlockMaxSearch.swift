// BlockMaxSearch.swift — the best chunks of one segment without scoring those that cannot be among them.
// Retrieval › Lexical.  MaxScore: Turtle and Flood 1995, doi:10.1016/0306-4573(95)00020-H, a window of chunks at a time,
// with the bounds of the blocks in it (see Impacts).  Block-max WAND, which was here before, moves cursors from chunk to
// chunk: on questions of six terms and more that is most of the work (Bench/README.md).

enum BlockMaxSearch {
    /// Chunks in a window: their sums stay in the nearest cache.
    private static let width = 2048

    /// The best `count` chunks, the lower ordinal first among equals: exactly what `ExhaustiveSearch` returns. Sums do
    /// not depend on their order (see `TermScoring`), so neither does a score on which term is added when.
    ///
    /// - Parameters:
    ///   - allowed: the chunks that may be returned; nil for all.
    ///   - floor: chunks that score less are not wanted.
    static func best(
        _ count: Int, of terms: [WeightedTerm], in postings: Postings, _ scoring: TermScoring,
        allowed: Bitmap?, floor: Double
    ) -> [ScoredOrdinal] {
        guard count > 0, !terms.isEmpty else { return [] }
        return withUnsafeTemporaryAllocation(
            of: PackedRows.Row.self, capacity: terms.count * PostingsCursor.roomRows
        ) { room in
            withUnsafeTemporaryAllocation(of: Double.self, capacity: width) { sums in
                sums.initialize(repeating: 0)
                var cursors = terms.enumerated().map { index, term in
                    PostingsCursor(
                        term, postings, scoring, room: room.baseAddress! + index * PostingsCursor.roomRows)
                }
                cursors.sort { $0.bound < $1.bound }
                var walk = Walk(
                    sums: sums.baseAddress!, allowed: allowed, cursors: cursors,
                    top: TopOrdinals(capacity: count, floor: floor))
                walk.run(postings, scoring)
                return walk.top.sorted
            }
        }
    }

    private struct Walk {
        /// 0 between two windows.
        let sums: UnsafeMutablePointer<Double>
        let allowed: Bitmap?
        /// The term that can add least anywhere first.
        var cursors: [PostingsCursor]
        var top: TopOrdinals
        /// What each term and those before it can add together in the window.
        private var reach: [Double]
        private var marks = [UInt64](repeating: 0, count: width / 64)

        init(
            sums: UnsafeMutablePointer<Double>, allowed: Bitmap?, cursors: [PostingsCursor], top: TopOrdinals
        ) {
            self.sums = sums
            self.allowed = allowed
            self.cursors = cursors
            self.top = top
            reach = cursors.map { _ in 0 }
        }

        mutating func run(_ postings: Postings, _ scoring: TermScoring) {
            var passed: UInt32 = 0
            while let start = nextStart(from: passed), start < postings.chunkCount {
                let limit = start < PostingsCursor.end - UInt32(width) ? start + UInt32(width) : PostingsCursor.end
                passed = limit
                // 1. Terms that even together cannot lift a chunk above the threshold need not be walked: a chunk
                //    with none of the others is not wanted.
                var first = 0
                var sum = 0.0
                for index in cursors.indices {
                    sum += cursors[index].bound(from: start, until: limit, postings, scoring)
                    reach[index] = sum
                    if sum <= top.threshold { first = index + 1 }
                }
                guard first < cursors.count else { continue }
                // 2. The others are added up over the window.
                marks.withUnsafeMutableBufferPointer { marks in
                    for index in first..<cursors.count {
                        cursors[index].seek(start, postings)
                        cursors[index].addScores(
                            from: start, until: limit, postings, scoring, to: sums, marks: marks.baseAddress!)
                    }
                }
                // 3. What may still be wanted gets the rest.
                for word in marks.indices where marks[word] != 0 {
                    var bits = marks[word]
                    marks[word] = 0
                    while bits != 0 {
                        let slot = word << 6 + bits.trailingZeroBitCount
                        bits &= bits - 1
                        finish(start + UInt32(slot), sums[slot], below: first, postings, scoring)
                        sums[slot] = 0
                    }
                }
            }
        }

        /// A chunk before which, from `passed` on, none has a term; nil when all lists have ended. Lists that were not
        /// walked lag behind.
        private func nextStart(from passed: UInt32) -> UInt32? {
            let nearest = cursors.reduce(PostingsCursor.end) { min($0, $1.ordinal) }
            let start = max(nearest, passed)
            return nearest < PostingsCursor.end && start < PostingsCursor.end ? start : nil
        }

        /// Adds the terms before `first`, the strongest first, for as long as the chunk can reach the threshold.
        @inline(__always)
        private mutating func finish(
            _ ordinal: UInt32, _ sum: Double, below first: Int, _ postings: Postings, _ scoring: TermScoring
        ) {
            guard sum + (first > 0 ? reach[first - 1] : 0) > top.threshold, allowed?[Int(ordinal)] ?? true else {
                return
            }
            var sum = sum
            let inverseNorm = scoring.inverseNorm(Int(postings.lengths[Int(ordinal)]))
            for index in (0..<first).reversed() {
                guard sum + reach[index] > top.threshold else { return }
                cursors[index].seek(ordinal, postings)
                if cursors[index].ordinal == ordinal {
                    sum += cursors[index].score(postings, inverseNorm: inverseNorm)
                }
            }
            top.offer(ScoredOrdinal(ordinal: ordinal, score: sum))
        }
    }
}
