// MaxSimReranker.swift — each word of the question beside the word of the passage that is nearest to it.
// Embedding › Reranking.  Late interaction: ColBERT, Khattab and Zaharia 2020, arXiv:2004.12832, with words weighted
// by their idf. The encoder was not trained for it: a help to the fused order, not a replacement.

package import Base
import Kernels
package import Retrieval

/// Σ w · max cos / Σ w over the question's word pieces, w the idf of the word a piece belongs to.
package final class MaxSimReranker: Reranker {
    package let name = "maxsim"
    package let depth: Int
    package let weight: Double
    private let embedder: EncoderEmbedder
    private let width: Int
    private let cache: TokenVectorCache

    /// - Parameters:
    ///   - depth: passages looked at: each costs the encoder its tokens unless it was looked at lately.
    ///   - cacheByteCount: what the token vectors of passages may take; a passage of 200 tokens takes 150 KB.
    /// - Returns: nil for a model that is wider than vectors can be.
    package init?(_ embedder: EncoderEmbedder, depth: Int = 10, weight: Double = 0.3, cacheByteCount: Int = 64 << 20) {
        guard let width = VectorWidth.holding(embedder.dimension) else { return nil }
        self.embedder = embedder
        self.depth = depth
        self.weight = weight
        self.width = width
        cache = TokenVectorCache(capacity: cacheByteCount)
    }

    package func scores(
        query: String, chunks: [Chunk], snapshot: Snapshot, deadline: UInt64, time: any TimeSource
    ) throws -> [Double]? {
        let (rows, weights) = question(query, snapshot)
        let total = weights.reduce(0, +)
        guard total > 0 else { return chunks.map { _ in 0 } }
        var scores: [Double] = []
        var products: [Float] = []
        for chunk in chunks {
            guard time.nanoseconds() <= deadline else { return nil }
            let passage = vectors(chunk.embeddedText)
            var sum = 0.0
            for (row, weight) in zip(rows, weights) where weight > 0 {
                sum += weight * Double(passage.nearest(row, products: &products))
            }
            scores.append(sum / total)
        }
        return scores
    }

    package func tokenCount(query: String, texts: [String]) -> Int {
        ([query] + texts).reduce(0) { $0 + embedder.framing.frame($1).tokenCount }
    }

    /// The question's token vectors and what each weighs.
    private func question(_ query: String, _ snapshot: Snapshot) -> (rows: [[Float]], weights: [Double]) {
        let framed = embedder.framing.frame(query)
        let rows_TD = embedder.tokenVectors(framed)
        // BERT cuts at blanks before anything else: the pieces of the words are the pieces of the text.
        var weights: [Double] = []
        for word in query.split(whereSeparator: \.isWhitespace) {
            let weight = snapshot.weight(ofWord: String(word))
            weights += [Double](repeating: weight, count: embedder.framing.pieceCount(String(word)))
        }
        let D = embedder.dimension
        let count = min(weights.count, framed.tokenCount - 2)
        let padding = [Float](repeating: 0, count: width - D)
        return ((0..<count).map { Array(rows_TD[($0 + 1) * D..<($0 + 2) * D]) + padding }, Array(weights[..<count]))
    }

    private func vectors(_ text: String) -> TokenVectors {
        let key = TokenVectorCache.key(text)
        if let known = cache[key] { return known }
        let rows_TD = embedder.tokenVectors(embedder.framing.frame(text))
        let vectors = TokenVectors(rows_TD, dimension: embedder.dimension, width: width)
        cache.insert(vectors, for: key)
        return vectors
    }
}
