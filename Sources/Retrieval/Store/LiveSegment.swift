// LiveSegment.swift — a segment and which of its chunks are still alive.
// Retrieval › Store.  Segments never change; a delete makes a new LiveSegment around the same one.

internal import Synchronization

package final class LiveSegment: Sendable {
    package let segment: Segment
    /// nil: all.
    let live: Bitmap?
    let liveCount: Int
    /// Terms of the living chunks.
    let liveLength: Int
    /// Living chunks that have a term, counted when first asked for. Exact statistics without a second index of what
    /// terms the dead had: who deletes pays nothing, and the first query for a term counts its list once.
    private let frequencies = Mutex<[Int: Int]>([:])

    package init(_ segment: Segment, live: Bitmap? = nil) {
        self.segment = segment
        let liveCount = live?.setCount ?? segment.chunkCount
        self.liveCount = liveCount
        self.live = liveCount == segment.chunkCount ? nil : live
        if let live = self.live {
            liveLength = (0..<segment.chunkCount).reduce(0) { $0 + (live[$1] ? segment.length($1) : 0) }
        } else {
            liveLength = segment.totalLength
        }
    }

    package func isLive(_ ordinal: Int) -> Bool { live.map { $0[ordinal] } ?? true }

    /// The same segment without some chunks.
    package func without(_ dead: [Int]) -> LiveSegment {
        var live = live ?? Bitmap(count: segment.chunkCount, repeating: true)
        for ordinal in dead { live[ordinal] = false }
        return LiveSegment(segment, live: live)
    }

    /// How many living chunks have the term.
    func documentFrequency(_ term: Int) -> Int {
        guard let live else { return segment.postings.frequency(term) }
        if let known = frequencies.withLock({ $0[term] }) { return known }
        var count = 0
        ExhaustiveSearch.forEachPosting(of: [WeightedTerm(number: term, weight: 1)], in: segment.postings) {
            ordinal, _, _ in
            if live[Int(ordinal)] { count += 1 }
        }
        frequencies.withLock { $0[term] = count }
        return count
    }
}
