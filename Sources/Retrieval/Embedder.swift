// Embedder.swift — text to unit vectors, whoever computes them.
// Retrieval.  Retrieval knows no models: the encoder conforms to this from above.

/// Text → unit vectors. Implementations are deterministic and independent of the batch.
package protocol Embedder: Sendable {
    /// Numbers in a vector.
    var dimension: Int { get }
    /// Identifies model, tokenizer and pooling: vectors of different fingerprints must never meet in one index.
    var fingerprint: String { get }
    /// One vector of length 1 for each text, in order.
    func embed(_ texts: [String]) throws -> [[Float]]
    /// What the model's tokenizer makes of a text: how the chunker keeps pieces below the model's limit.
    func tokenCount(_ text: String) -> Int
}
