// SearchService.swift — what the server searches, and with what.
// Server › Search.

package import Retrieval

/// An index, the encoder of its vectors, and the rerankers that may be asked for.
package struct SearchService: Sendable {
    /// The index as it is now; nil: only /v1/rerank is served. Called on a pool thread; what it throws is one line.
    package let snapshot: (@Sendable () throws -> Snapshot)?
    package let embedder: (any Embedder)?
    /// By name. The first is the default of /v1/rerank.
    package let rerankers: [any Reranker]

    package init(
        snapshot: (@Sendable () throws -> Snapshot)?, embedder: (any Embedder)?, rerankers: [any Reranker] = []
    ) {
        self.snapshot = snapshot
        self.embedder = embedder
        self.rerankers = rerankers
    }

    func reranker(_ name: String) -> (any Reranker)? { rerankers.first { $0.name == name } }
}
