// Reranker.swift — a second, slower look at the best few.
// Retrieval › Search.

package import Base

/// Gives passages new scores for a query. A reranker that is late or fails costs nothing but its time: the order it
/// was given stays.
package protocol Reranker: Sendable {
    var name: String { get }
    /// Whether it may be taken where none is named.
    var isUsual: Bool { get }
    /// How many of the best it wants to see.
    var depth: Int { get }
    /// One score a passage, higher is better; nil when the deadline passed.
    ///
    /// - Parameter deadline: `time.nanoseconds()` after which the answer is of no use.
    func scores(
        query: String, chunks: [Chunk], snapshot: Snapshot, deadline: UInt64, time: any TimeSource
    ) throws -> [Double]?
    /// Tokens that scoring `texts` reads, for those who count them before the work.
    func tokenCount(query: String, texts: [String]) -> Int
    /// The reranker's share of the final score, beside the fused one, both normalised: 1 takes its order as it is.
    var weight: Double { get }
}

extension Reranker {
    package var isUsual: Bool { true }

    /// What words alone say, for a reranker without a tokenizer.
    package func tokenCount(query: String, texts: [String]) -> Int {
        ([query] + texts).reduce(0) { $0 + Chunker.estimate($1) }
    }
}
