// EmbedderLocator.swift — finds the encoder that makes vectors, if there is one.
// swiftlet › Loading.  Every command that searches asks here, so that all of them use the same.

import Console
import Retrieval

enum EmbedderLocator {
    /// The embedder of an installed encoder; nil when none is installed.
    static func find() throws -> (any Embedder)? { nil }

    /// The embedder for an index that is to be read, or nothing where the index has no vectors or there is no
    /// encoder; then one line says that only words count.
    ///
    /// - Throws: `IndexError.otherEmbedder` when the index's vectors are of another encoder.
    static func find(for manifest: Manifest, at folder: String) throws -> (any Embedder)? {
        guard let wanted = manifest.embedder else { return nil }
        guard let embedder = try find() else {
            Output.note("warning: no encoder is installed; searching by words alone (BM25)")
            return nil
        }
        guard embedder.fingerprint == wanted else {
            throw IndexError.otherEmbedder(folder, index: wanted, program: embedder.fingerprint)
        }
        return embedder
    }
}
