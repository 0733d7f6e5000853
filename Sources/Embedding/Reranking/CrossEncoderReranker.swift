// CrossEncoderReranker.swift — question and passage read together: the strongest second look, and the slowest.
// Embedding › Reranking.

package import Base
package import Retrieval

package struct CrossEncoderReranker: Reranker {
    package let name = "cross"
    package let depth: Int
    package let weight: Double
    private let encoder: CrossEncoder

    /// - Parameters:
    ///   - depth: passages looked at: each costs the encoder its tokens and the question's.
    ///   - weight: 1 takes the cross-encoder's order of what it saw as it is. The default was the best of five on
    ///     questions set aside for that (Models/training/cross_encoder).
    package init(_ encoder: CrossEncoder, depth: Int = 10, weight: Double = 0.5) {
        self.encoder = encoder
        self.depth = depth
        self.weight = weight
    }

    /// Pairs are looked at one by one, so that the deadline is kept to within one.
    package func scores(
        query: String, chunks: [Chunk], snapshot: Snapshot, deadline: UInt64, time: any TimeSource
    ) throws -> [Double]? {
        var scores: [Double] = []
        for chunk in chunks {
            guard time.nanoseconds() <= deadline else { return nil }
            scores += encoder.scores(query, [chunk.embeddedText]).map { Double($0) }
        }
        return scores
    }

    /// The question is read again with every text.
    package func tokenCount(query: String, texts: [String]) -> Int {
        texts.reduce(0) { $0 + encoder.framing.frame(query, $1).tokenCount }
    }
}
