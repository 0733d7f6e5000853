// LanguageModel.swift — what the engine needs from a model, and nothing else.
// Transformer.  `DecoderModel` is the real one; the engine's tests use one with scripted logits.

import Base

/// A decoder together with its paged key/value storage.
///
/// Confined to one thread: the engine owns it.
package protocol LanguageModel: AnyObject, SendableMetatype {
    var vocabularySize: Int { get }

    /// The weights as they lie in memory.
    var weightBytes: Int { get }

    /// Computes every row of the batch, storing its keys and values in its slot.
    ///
    /// A row's bits depend on its token, its position and the cached positions before it, never on other rows.
    func forward(_ batch: ForwardBatch)

    /// Logits of `batch.logitRows[index]` of the last forward pass, vocabulary wide. Valid until the next pass; the
    /// caller may overwrite them.
    func logits(_ index: Int) -> UnsafeMutableBufferPointer<Float>

    /// Copies one block's keys and values, all layers.
    func copyBlock(from source: Int32, to destination: Int32)
}

extension LanguageModel {
    /// Unknown.
    package var weightBytes: Int { 0 }
}
