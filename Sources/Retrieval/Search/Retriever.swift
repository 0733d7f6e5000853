// Retriever.swift — answers a question with chunks: words, vectors, or both.
// Retrieval › Search.  1. the two lists  2. both scores for every candidate of either  3. one order  4. a second look

package import Base

/// Holds no state of the index: any number of threads may search any snapshot.
package struct Retriever: Sendable {
    private let embedder: (any Embedder)?
    private let reranker: (any Reranker)?
    private let time: any TimeSource

    /// - Parameter embedder: the one that made the index's vectors; without it only words count.
    package init(
        embedder: (any Embedder)? = nil, reranker: (any Reranker)? = nil, time: any TimeSource = MonotonicTime()
    ) {
        self.embedder = embedder
        self.reranker = reranker
        self.time = time
    }

    /// - Throws: `SegmentError` for damaged text, `VectorIndexError`, and what the embedder throws.
    package func search(_ request: SearchRequest, in snapshot: Snapshot) throws -> SearchResult {
        var timings = SearchTimings()
        let start = time.nanoseconds()
        let allowed = try snapshot.allowed(request.filter)
        let count = max(request.count, 1)
        // The lists must be deep enough for the fusion, the reranker, and what is asked for.
        let depth = max(request.depth, count, reranker?.depth ?? 0)

        let hasVectors = snapshot.dimension != nil && embedder != nil
        let mode = hasVectors ? request.mode : .bm25
        var query: [Float]?
        if mode != .bm25, let embedder {
            query = try timed(&timings.embedMilliseconds) { try embedder.embed([request.text]).first }
        }
        let search = timed(&timings.lexicalMilliseconds) {
            LexicalSearch(QueryTerms(request.text, analyzer: snapshot.analyzer), in: snapshot)
        }
        let lexical = timed(&timings.lexicalMilliseconds) {
            mode == .dense ? [] : search.best(depth, allowed: allowed)
        }
        let dense = try timed(&timings.denseMilliseconds) {
            try query.map { try DenseSearch.best(depth, of: $0, in: snapshot, allowed: allowed) } ?? []
        }
        var candidates = try timed(&timings.fusionMilliseconds) {
            try Self.fuse(lexical, dense, search, query, mode, request.fusion, snapshot)
        }
        var fallback: String?
        if reranker != nil {
            fallback = try timed(&timings.rerankMilliseconds) {
                try rerank(&candidates, request, snapshot)
            }
        }
        let hits = try candidates.prefix(count).map { candidate in
            SearchHit(
                place: candidate.place, chunk: try snapshot.chunk(candidate.place), score: candidate.score,
                bm25: candidate.bm25, cosine: candidate.cosine, rerank: candidate.rerank)
        }
        timings.totalMilliseconds = milliseconds(since: start)
        return SearchResult(
            hits: hits, mode: mode, bm25Ceiling: search.ceiling, rerankFallback: fallback, timings: timings)
    }

    /// Places and scores alone: the same order as `search` without a reranker, no text read, for callers that look at
    /// many chunks and read few.
    ///
    /// - Parameter vector: of the text, if it is known already; nil searches words alone.
    package static func candidates(
        _ request: SearchRequest, vector: [Float]?, in snapshot: Snapshot
    ) throws -> (candidates: [Candidate], bm25Ceiling: Double) {
        let allowed = try snapshot.allowed(request.filter)
        let depth = max(request.depth, request.count)
        let query = snapshot.dimension == nil || request.mode == .bm25 ? nil : vector
        let search = LexicalSearch(QueryTerms(request.text, analyzer: snapshot.analyzer), in: snapshot)
        let lexical = search.best(depth, allowed: allowed)
        let dense = try query.map { try DenseSearch.best(depth, of: $0, in: snapshot, allowed: allowed) } ?? []
        let candidates = try fuse(
            lexical, dense, search, query, query == nil ? .bm25 : .hybrid, request.fusion, snapshot)
        return (Array(candidates.prefix(request.count)), search.ceiling)
    }

    /// A chunk and its scores.
    package struct Candidate: Sendable {
        package let place: ChunkPlace
        package let key: ChunkKey
        package fileprivate(set) var score: Double
        package let bm25: Double?
        package let cosine: Double?
        package fileprivate(set) var rerank: Double?

        fileprivate init(
            place: ChunkPlace, key: ChunkKey, score: Double, bm25: Double?, cosine: Double?, rerank: Double? = nil
        ) {
            self.place = place
            self.key = key
            self.score = score
            self.bm25 = bm25
            self.cosine = cosine
            self.rerank = rerank
        }

        static func precedes(_ left: Candidate, _ right: Candidate) -> Bool {
            left.score != right.score ? left.score > right.score : left.key < right.key
        }
    }

    private static func fuse(
        _ lexical: [ScoredPlace], _ dense: [ScoredPlace], _ search: LexicalSearch, _ query: [Float]?,
        _ mode: SearchMode, _ fusion: Fusion, _ snapshot: Snapshot
    ) throws -> [Candidate] {
        guard mode == .hybrid, let query else {
            let isDense = mode == .dense
            return (isDense ? dense : lexical).map { hit in
                Candidate(
                    place: hit.place, key: hit.key, score: hit.score, bm25: isDense ? nil : hit.score,
                    cosine: isDense ? hit.score : nil)
            }
        }
        var ranks: [ChunkPlace: (lexical: Int?, dense: Int?)] = [:]
        for (rank, hit) in lexical.enumerated() { ranks[hit.place, default: (nil, nil)].lexical = rank + 1 }
        for (rank, hit) in dense.enumerated() { ranks[hit.place, default: (nil, nil)].dense = rank + 1 }
        let places = ranks.keys.sorted { snapshot.key($0) < snapshot.key($1) }
        let bm25 = search.scores(of: places)
        let cosines = try DenseSearch.scores(of: places, query, in: snapshot)
        let lowest = try DenseSearch.lowest(of: query, in: snapshot)
        let fused = fusion.scores(
            lexical: bm25, dense: cosines, lowestCosine: min(lowest ?? 1, cosines.min() ?? 1),
            lexicalRanks: places.map { ranks[$0]?.lexical }, denseRanks: places.map { ranks[$0]?.dense })
        return places.indices.map { index in
            Candidate(
                place: places[index], key: snapshot.key(places[index]), score: fused[index], bm25: bm25[index],
                cosine: cosines[index])
        }.sorted(by: Candidate.precedes)
    }

    /// - Returns: why the order stayed as it was; nil when it was made anew.
    private func rerank(
        _ candidates: inout [Candidate], _ request: SearchRequest, _ snapshot: Snapshot
    ) throws -> String? {
        guard let reranker, candidates.count > 1 else { return nil }
        let head = Array(candidates.prefix(reranker.depth))
        let chunks = try head.map { try snapshot.chunk($0.place) }
        let deadline = time.nanoseconds() + UInt64(max(request.rerankMilliseconds, 0)) * 1_000_000
        let scores: [Double]?
        do {
            scores = try reranker.scores(
                query: request.text, chunks: chunks, snapshot: snapshot, deadline: deadline, time: time)
        } catch {
            return "\(reranker.name) failed: \(error)"
        }
        guard let scores, scores.count == head.count, time.nanoseconds() <= deadline else {
            return "\(reranker.name) was not done within \(request.rerankMilliseconds) ms"
        }
        let (old, new) = (Fusion.stretched(head.map(\.score)), Fusion.stretched(scores))
        var reranked = head
        for index in head.indices {
            reranked[index].rerank = scores[index]
            reranked[index].score = (1 - reranker.weight) * old[index] + reranker.weight * new[index]
        }
        // What was not looked at stays behind what was.
        candidates =
            reranked.sorted(by: Candidate.precedes)
            + candidates.dropFirst(head.count).map { candidate in
                var candidate = candidate
                candidate.score = 0
                return candidate
            }
        return nil
    }

    private func timed<Result>(_ milliseconds: inout Double, _ body: () throws -> Result) rethrows -> Result {
        let start = time.nanoseconds()
        defer { milliseconds += self.milliseconds(since: start) }
        return try body()
    }

    private func milliseconds(since start: UInt64) -> Double { Double(time.nanoseconds() - start) / 1e6 }
}
