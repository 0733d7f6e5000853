// Snapshot.swift — the index as it was at one moment: what a search sees from its first line to its last.
// Retrieval › Store.  Writers publish a new one; readers keep theirs as long as they like.

package import Base

/// Where a chunk lies in one snapshot.
package struct ChunkPlace: Hashable, Sendable {
    package let segment: Int
    package let ordinal: Int

    package init(segment: Int, ordinal: Int) {
        self.segment = segment
        self.ordinal = ordinal
    }
}

package final class Snapshot: Sendable {
    package let segments: [LiveSegment]
    package let statistics: LexicalStatistics
    package let parameters: BM25Parameters
    /// Of the vectors; nil in an index without.
    package let dimension: Int?
    let scoring: TermScoring
    let analyzer = Analyzer()

    package init(_ segments: [LiveSegment], parameters: BM25Parameters = BM25Parameters(), dimension: Int? = nil) {
        self.segments = segments
        self.parameters = parameters
        self.dimension = dimension
        statistics = LexicalStatistics(
            chunkCount: segments.reduce(0) { $0 + $1.liveCount },
            totalLength: segments.reduce(0) { $0 + $1.liveLength })
        scoring = TermScoring(
            parameters, averageLength: statistics.averageLength,
            longest: segments.map(\.segment.longest).max() ?? 0)
    }

    /// A snapshot of chunks in memory, without an index on disk.
    ///
    /// - Throws: `SegmentError`.
    package convenience init(chunks: some Sequence<Chunk>) throws {
        self.init([LiveSegment(try Segment(chunks: chunks))])
    }

    package var chunkCount: Int { statistics.chunkCount }

    /// - Throws: `SegmentError` for damaged text.
    package func chunk(_ place: ChunkPlace) throws -> Chunk { try segments[place.segment].segment.chunk(place.ordinal) }

    package func key(_ place: ChunkPlace) -> ChunkKey { segments[place.segment].segment.key(place.ordinal) }

    /// The living chunks of a document, in order.
    package func chunks(ofDocument id: String) throws -> [Chunk] {
        try places(ofDocument: id).map { try chunk($0) }.sorted { $0.sequence < $1.sequence }
    }

    /// What the document was when it was indexed; nil if it is not in the index.
    package func sourceHash(ofDocument id: String) throws -> Hash128? {
        try places(ofDocument: id).first.map { try chunk($0).sourceHash }
    }

    func places(ofDocument id: String) -> [ChunkPlace] {
        let document = ChunkKey.hash(documentID: id)
        return segments.indices.flatMap { index in
            segments[index].segment.ordinals(document: document)
                .filter { segments[index].isLive($0) }.map { ChunkPlace(segment: index, ordinal: $0) }
        }
    }

    /// The ids of all living documents.
    package func documentIDs() throws -> [String] {
        var ids: [String] = []
        for live in segments {
            for ordinal in 0..<live.segment.chunkCount
            where live.isLive(ordinal) && live.segment.key(ordinal).sequence == 0 {
                ids.append(try live.segment.chunk(ordinal).documentID)
            }
        }
        return ids.sorted { $0.utf8.lexicographicallyPrecedes($1.utf8) }
    }

    /// For each segment, the living chunks that a filter lets pass; nil where all are.
    package func allowed(_ filter: Filter) throws -> [Bitmap?] {
        try segments.map { live in
            guard filter != .all else { return live.live }
            var bitmap = try live.segment.columns().matches(filter)
            if let alive = live.live { bitmap.formIntersection(alive) }
            return bitmap
        }
    }
}
