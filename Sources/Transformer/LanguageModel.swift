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

    /// Logits of `batch.logitRows[index]` of the last forward pass, or, behind those, of `batch.stateSlots`; vocabulary
    /// wide. Valid until the next pass; the caller may overwrite them.
    func logits(_ index: Int) -> UnsafeMutableBufferPointer<Float>

    /// How many states `keepState` can remember.
    var stateSlotCount: Int { get }

    /// Remembers what the last pass's logits `index` were made of, in place of what the slot held: a later batch that
    /// names the slot gets the same logits, bit for bit.
    func keepState(ofLogits index: Int, in slot: Int)

    /// Copies one block's keys and values, all layers.
    func copyBlock(from source: Int32, to destination: Int32)
}

extension LanguageModel {
    /// Unknown.
    package var weightBytes: Int { 0 }

    /// None.
    package var stateSlotCount: Int { 0 }
    package func keepState(ofLogits index: Int, in slot: Int) { preconditionFailure("it remembers no states") }
}
