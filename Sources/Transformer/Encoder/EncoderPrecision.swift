// EncoderPrecision.swift — what an encoder's products multiply.
// Transformer › Encoder.

/// Vectors of one precision must not be compared with those of the other: fingerprints differ.
package enum EncoderPrecision: String, Sendable {
    /// As the reference computes: the vectors are its own to seven digits.
    case f32
    /// Weights and the inputs of products in 8 bits, 32 neighbors to a scale (Q8_0): a quarter of the memory, several times
    /// the speed. Norms, attention, sums between blocks, and matrices whose rows are not whole blocks stay in f32.
    case int8
}
