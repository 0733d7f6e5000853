// DenseSearch.swift — nearest vectors over all segments of a snapshot.
// Retrieval › Search.

package enum DenseSearch {
    /// The best chunks by cosine, best first, among equals in the order of their keys.
    ///
    /// - Throws: `VectorIndexError` for a query of another length or without direction.
    package static func best(
        _ count: Int, of query: [Float], in snapshot: Snapshot, allowed: [Bitmap?]
    ) throws -> [ScoredPlace] {
        var best: [ScoredPlace] = []
        for (index, live) in snapshot.segments.enumerated() {
            guard let vectors = live.segment.vectors else { continue }
            for hit in try vectors.search(query, count: count, allowed: allowed[index]?.words) {
                let place = ChunkPlace(segment: index, ordinal: hit.ordinal)
                best.append(ScoredPlace(place: place, key: snapshot.key(place), score: Double(hit.score)))
            }
        }
        best.sort(by: ScoredPlace.precedes)
        return Array(best.prefix(count))
    }

    /// The least cosine of any chunk: what lies nearest to the opposite of the query. Nil where there are no vectors.
    ///
    /// - Complexity: a search for one neighbour.
    static func lowest(of query: [Float], in snapshot: Snapshot) throws -> Double? {
        try best(1, of: query.map { -$0 }, in: snapshot, allowed: snapshot.allowed(.all)).first.map { -$0.score }
    }

    /// The exact cosines of some chunks, in their order.
    package static func scores(of places: [ChunkPlace], _ query: [Float], in snapshot: Snapshot) throws -> [Double] {
        var scores = [Double](repeating: 0, count: places.count)
        for segment in Set(places.map(\.segment)) {
            guard let vectors = snapshot.segments[segment].segment.vectors else { continue }
            let indices = places.indices.filter { places[$0].segment == segment }
            let found = try vectors.scores(query, of: indices.map { places[$0].ordinal })
            for (index, score) in zip(indices, found) { scores[index] = Double(score) }
        }
        return scores
    }
}
