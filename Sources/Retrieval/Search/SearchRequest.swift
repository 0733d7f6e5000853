// SearchRequest.swift — a question and how it is to be searched; what was found, with every score that led there.
// Retrieval › Search.

package enum SearchMode: String, Sendable, CaseIterable {
    case bm25, dense, hybrid
}

package struct SearchRequest: Sendable {
    package var text: String
    /// Chunks to return.
    package var count = 10
    package var mode = SearchMode.hybrid
    package var filter = Filter.all
    package var fusion = Fusion.standard
    /// What each of the two lists contributes at least.
    package var depth = 100
    /// What a reranker may take; after that the fused order is returned.
    package var rerankMilliseconds = 500

    package init(_ text: String) { self.text = text }
}

/// A chunk and why it is here. Thresholds belong on the parts: the best of nothing good has a fused score of 1 too.
package struct SearchHit: Sendable {
    package let place: ChunkPlace
    package let chunk: Chunk
    /// What the order comes from: its meaning depends on the mode.
    package let score: Double
    package let bm25: Double?
    package let cosine: Double?
    package let rerank: Double?
}

package struct SearchTimings: Sendable, Equatable {
    package var embedMilliseconds = 0.0
    package var lexicalMilliseconds = 0.0
    package var denseMilliseconds = 0.0
    package var fusionMilliseconds = 0.0
    package var rerankMilliseconds = 0.0
    package var totalMilliseconds = 0.0

    /// By the names that clients see, in this order.
    package var stages: [(name: String, milliseconds: Double)] {
        [
            ("embed", embedMilliseconds), ("bm25", lexicalMilliseconds), ("dense", denseMilliseconds),
            ("fusion", fusionMilliseconds), ("rerank", rerankMilliseconds),
        ]
    }
}

package struct SearchResult: Sendable {
    package let hits: [SearchHit]
    /// The mode that was used: BM25 where vectors were asked for and there are none.
    package let mode: SearchMode
    /// The BM25 score that no chunk can exceed for this question.
    package let bm25Ceiling: Double
    /// Why the reranker's order was not taken; nil if it was, or if there is none.
    package let rerankFallback: String?
    package let timings: SearchTimings
}
