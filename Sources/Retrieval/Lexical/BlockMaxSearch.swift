// BlockMaxSearch.swift — the best chunks of one segment without scoring those that cannot be among them.
// Retrieval › Lexical.  MaxScore: Turtle and Flood 1995, doi:10.1016/0306-4573(95)00020-H, a window of chunks at a time,
// with the bounds of the blocks in it (see Impacts).  Block-max WAND, which was here before, moves cursors from chunk to
// chunk: on questions of six terms and more that is most of the work (Bench/README.md).

enum BlockMaxSearch {
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
            withUnsafeTemporaryAllocation(of: ScoreWindow.Memory.self, capacity: 1) { memory in
                var cursors = terms.enumerated().map { index, term in
                    PostingsCursor(
                        term, postings, scoring, room: room.baseAddress! + index * PostingsCursor.roomRows)
                }
                cursors.sort { $0.bound < $1.bound }
                var walk = Walk(
                    window: ScoreWindow(memory.baseAddress!), allowed: allowed, cursors: cursors,
                    top: TopOrdinals(capacity: count, floor: floor))
                walk.run(postings, scoring)
                return walk.top.sorted
            }
        }
    }

    private struct Walk {
        var window: ScoreWindow
        let allowed: Bitmap?
        /// The term that can add least anywhere first.
        var cursors: [PostingsCursor]
        var top: TopOrdinals
        /// What the terms before each can add together in the window.
        private var before: [Double]

        init(window: ScoreWindow, allowed: Bitmap?, cursors: [PostingsCursor], top: TopOrdinals) {
            self.window = window
            self.allowed = allowed
            self.cursors = cursors
            self.top = top
            before = cursors.map { _ in 0 }
        }

        mutating func run(_ postings: Postings, _ scoring: TermScoring) {
            let width = UInt32(ScoreWindow.width)
            var passed: UInt32 = 0
            while let start = nextStart(from: passed), start < postings.chunkCount {
                let limit = start < PostingsCursor.end - width ? start + width : PostingsCursor.end
                passed = limit
                // 1. Terms that even together cannot lift a chunk above the threshold need not be walked: a chunk
                //    with none of the others is not wanted.
                var first = 0
                var sum = 0.0
                for index in cursors.indices {
                    before[index] = sum
                    sum += cursors[index].bound(from: start, until: limit, postings, scoring)
                    if sum <= top.threshold { first = index + 1 }
                }
                guard first < cursors.count else { continue }
                // 2. The others are added up over the window.
                for index in first..<cursors.count {
                    cursors[index].seek(start, postings)
                    cursors[index].addScores(from: start, until: limit, postings, scoring, to: window, marks: true)
                }
                window.want(above: top.threshold - before[first], start: start, allowed: allowed)
                // 3. What can still be among the best gets the rest, the strongest first.
                for index in (0..<first).reversed() where window.wantedCount > 0 {
                    cursors[index].addRest(from: start, until: limit, postings, scoring, to: window)
                    window.keep(above: top.threshold - before[index])
                }
                for slot in window.wanted {
                    let score = window.sums[Int(slot)]
                    if score > top.threshold { top.offer(ScoredOrdinal(ordinal: start + UInt32(slot), score: score)) }
                }
                window.clear()
            }
        }

        /// A chunk before which, from `passed` on, none has a term; nil when all lists have ended. Lists that were not
        /// walked lag behind.
        private func nextStart(from passed: UInt32) -> UInt32? {
            let nearest = cursors.reduce(PostingsCursor.end) { min($0, $1.ordinal) }
            let start = max(nearest, passed)
            return nearest < PostingsCursor.end && start < PostingsCursor.end ? start : nil
        }
    }
}
