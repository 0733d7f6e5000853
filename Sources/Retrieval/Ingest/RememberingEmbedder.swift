// RememberingEmbedder.swift — an embedder that knows some texts' vectors already and computes the others.
// Retrieval › Ingest.

internal import Synchronization

/// Its vectors and its fingerprint are the encoder's; those that it remembers are rounded to 8 bits.
package final class RememberingEmbedder: Embedder {
    private let encoder: any Embedder
    private let read: @Sendable () -> KnownVectors?
    /// Read when the first text comes: an index that is up to date needs none.
    private let known = Mutex<KnownVectors??>(nil)

    /// - Parameter reading: the vectors, if there are any; called once at most. Those of another encoder are not used.
    package init(_ encoder: any Embedder, reading: @escaping @Sendable () -> KnownVectors?) {
        self.encoder = encoder
        read = reading
    }

    package var dimension: Int { encoder.dimension }
    package var fingerprint: String { encoder.fingerprint }
    package func tokenCount(_ text: String) -> Int { encoder.tokenCount(text) }

    /// Whether it remembers anything. Reads the vectors, if that is still to be done.
    package var hasMemory: Bool { remembered() != nil }

    package func embed(_ texts: [String]) throws -> [[Float]] {
        let known = remembered()
        var vectors = texts.map { known?[$0] }
        let unknown = texts.indices.filter { vectors[$0] == nil }
        for (place, vector) in zip(unknown, try encoder.embed(unknown.map { texts[$0] })) { vectors[place] = vector }
        return vectors.compactMap { $0 }
    }

    private func remembered() -> KnownVectors? {
        known.withLock { known in
            if let known { return known }
            let found = read()
            let usable = found?.fingerprint == fingerprint && found?.dimension == dimension ? found : nil
            known = .some(usable)
            return usable
        }
    }
}
