// ExhaustiveSearch.swift — scores every chunk that has a term: what the fast search must equal, bit for bit.
// Retrieval › Lexical.  Also the scores of chunks that were found another way.

enum ExhaustiveSearch {
    /// Scores of all chunks with at least one of the terms.
    static func scores(
        of terms: [WeightedTerm], in postings: Postings, _ scoring: TermScoring
    ) -> [UInt32: Double] {
        var scores: [UInt32: Double] = [:]
        forEachPosting(of: terms, in: postings) { ordinal, tf, weight in
            let saturation = Float(tf) * scoring.inverseNorm(Int(postings.lengths[Int(ordinal)]))
            scores[ordinal, default: 0] += Double(TermScoring.score(weight: weight, saturation: saturation))
        }
        return scores
    }

    static func best(
        _ count: Int, of terms: [WeightedTerm], in postings: Postings, _ scoring: TermScoring,
        allowed: Bitmap?, floor: Double
    ) -> [ScoredOrdinal] {
        var found = scores(of: terms, in: postings, scoring).map { ScoredOrdinal(ordinal: $0.key, score: $0.value) }
        found.removeAll { entry in
            entry.score < floor || !(allowed.map { $0[Int(entry.ordinal)] } ?? true)
        }
        found.sort { ScoredOrdinal.isWorse($1, $0) }
        return Array(found.prefix(count))
    }

    /// The scores of given chunks, ascending ordinals; 0 for one without any of the terms.
    static func scores(
        of terms: [WeightedTerm], for ordinals: [UInt32], in postings: Postings, _ scoring: TermScoring
    ) -> [Double] {
        var scores = [Double](repeating: 0, count: ordinals.count)
        withUnsafeTemporaryAllocation(of: PackedRows.Row.self, capacity: PostingsCursor.roomRows) { room in
            for term in terms {
                var cursor = PostingsCursor(term, postings, scoring, room: room.baseAddress!)
                for (place, ordinal) in ordinals.enumerated() {
                    cursor.seek(ordinal, postings)
                    guard cursor.ordinal == ordinal else { continue }
                    let inverseNorm = scoring.inverseNorm(Int(postings.lengths[Int(ordinal)]))
                    scores[place] += cursor.score(postings, inverseNorm: inverseNorm)
                }
            }
        }
        return scores
    }

    /// Calls `body` with ordinal, tf and weight of every posting of the terms.
    static func forEachPosting(
        of terms: [WeightedTerm], in postings: Postings, _ body: (UInt32, Int, Float) -> Void
    ) {
        withUnsafeTemporaryAllocation(of: PackedRows.Row.self, capacity: PostingsCursor.roomRows) { room in
            let ordinals = UnsafeMutableRawPointer(room.baseAddress!).assumingMemoryBound(to: UInt32.self)
            let counts = ordinals + PostingsWriter.blockSize
            for term in terms {
                for block in postings.blockRange(term.number) {
                    let count = postings.unpackOrdinals(term.number, block, into: room.baseAddress!)
                    postings.unpackCounts(
                        block, postingCount: count, into: room.baseAddress! + PostingsWriter.blockSize / 4)
                    for index in 0..<count { body(ordinals[index], Int(counts[index]) + 1, term.weight) }
                }
            }
        }
    }

    /// How often a term occurs in one chunk; nil if it does not.
    static func count(of term: Int, in ordinal: UInt32, _ postings: Postings) -> Int? {
        var found: Int?
        forEachPosting(of: [WeightedTerm(number: term, weight: 1)], in: postings) { other, tf, _ in
            if other == ordinal { found = tf }
        }
        return found
    }
}
