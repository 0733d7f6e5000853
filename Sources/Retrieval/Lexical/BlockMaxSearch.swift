// BlockMaxSearch.swift — the best chunks of one segment without scoring those that cannot be among them.
// Retrieval › Lexical.  Block-max WAND: Ding and Suel 2011, doi:10.1145/2009916.2010048, over impacts (see Impacts).

enum BlockMaxSearch {
    /// The best `count` chunks, the lower ordinal first among equals: exactly what `ExhaustiveSearch` returns.
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
            withUnsafeTemporaryAllocation(of: PostingsCursor.self, capacity: terms.count) { cursors in
                for (index, term) in terms.enumerated() {
                    (cursors.baseAddress! + index).initialize(
                        to: PostingsCursor(
                            term, postings, scoring, room: room.baseAddress! + index * PostingsCursor.roomRows))
                }
                var search = Walk(cursors: cursors, top: TopOrdinals(capacity: count, floor: floor))
                if let allowed {
                    allowed.words.withUnsafeBufferPointer { words in
                        search.run(postings, scoring, allowed: words.baseAddress)
                    }
                } else {
                    search.run(postings, scoring, allowed: nil)
                }
                return search.top.sorted
            }
        }
    }

    /// The cursors, kept in the order of their ordinals.
    private struct Walk {
        let cursors: UnsafeMutableBufferPointer<PostingsCursor>
        var top: TopOrdinals

        mutating func run(_ postings: Postings, _ scoring: TermScoring, allowed: UnsafePointer<UInt64>?) {
            for index in cursors.indices { settle(cursors.count - 1 - index) }
            var active = cursors.count
            while true {
                while active > 0, cursors[active - 1].ordinal == PostingsCursor.end { active -= 1 }
                // 1. The pivot: the first cursor by which the bounds together could beat the threshold. No chunk
                //    before its ordinal can.
                let threshold = top.threshold
                var bound = 0.0
                var pivot = 0
                while pivot < active {
                    bound += cursors[pivot].bound
                    if bound > threshold { break }
                    pivot += 1
                }
                guard pivot < active else { return }
                let ordinal = cursors[pivot].ordinal
                while pivot + 1 < active, cursors[pivot + 1].ordinal == ordinal { pivot += 1 }

                // 2. The same with the bounds of the blocks that would hold the pivot's ordinal.
                var blockBound = 0.0
                var firstBlockEnd = PostingsCursor.end
                for index in 0...pivot {
                    firstBlockEnd = min(firstBlockEnd, cursors[index].boundBlock(ordinal, postings, scoring))
                    blockBound += cursors[index].blockBound
                }
                if blockBound <= threshold {
                    // 3. Nothing up to the end of the shortest block, or the next cursor, can.
                    var target = firstBlockEnd == PostingsCursor.end ? PostingsCursor.end : firstBlockEnd + 1
                    if pivot + 1 < active { target = min(target, cursors[pivot + 1].ordinal) }
                    for index in (0...pivot).reversed() {
                        cursors[index].seek(target, postings)
                        settle(index)
                    }
                } else if cursors[0].ordinal == ordinal {
                    // 4. All stand on the ordinal: score it.
                    score(ordinal, pivot, postings, scoring, allowed)
                } else {
                    // 5. Bring those before the pivot to it.
                    for index in (0..<pivot).reversed() where cursors[index].ordinal < ordinal {
                        cursors[index].seek(ordinal, postings)
                        settle(index)
                    }
                }
            }
        }

        @inline(__always)
        private mutating func score(
            _ ordinal: UInt32, _ pivot: Int, _ postings: Postings, _ scoring: TermScoring,
            _ allowed: UnsafePointer<UInt64>?
        ) {
            let isAllowed = allowed.map { $0[Int(ordinal >> 6)] >> UInt64(ordinal & 63) & 1 == 1 } ?? true
            if isAllowed {
                let inverseNorm = scoring.inverseNorm(Int(postings.lengths[Int(ordinal)]))
                var sum = 0.0
                for index in 0...pivot { sum += cursors[index].score(postings, inverseNorm: inverseNorm) }
                top.offer(ScoredOrdinal(ordinal: ordinal, score: sum))
            }
            for index in (0...pivot).reversed() {
                cursors[index].next(postings)
                settle(index)
            }
        }

        /// Moves a cursor that went forward to its place among those behind it.
        @inline(__always)
        private mutating func settle(_ index: Int) {
            var place = index
            while place + 1 < cursors.count, cursors[place].ordinal > cursors[place + 1].ordinal {
                cursors.swapAt(place, place + 1)
                place += 1
            }
        }
    }
}
