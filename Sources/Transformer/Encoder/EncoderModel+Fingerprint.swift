// EncoderModel+Fingerprint.swift — a number that changes with the model.
// Transformer › Encoder.

package import Base
import Checkpoint
import Kernels

extension EncoderModel {
    /// A hash of every weight and every number of the configuration, ready for more to be added. Vectors that were
    /// made under another one must not be compared with this model's. Of a changed model, the changes alone.
    ///
    /// - Complexity: reads all weights, about 0.1 s for 90 MB.
    package var fingerprint: SipHash128 {
        // The key is no secret: the same model has the same fingerprint everywhere.
        var hash = SipHash128(key: SipHashKey(0, 0))
        if weights.precision != .f32 { hash.append(Array(weights.precision.rawValue.utf8)) }
        hash.append(Array("\(configuration)".utf8))
        for name in source.tensorNames {
            // Only position_ids are of no known type, and those are not used.
            guard let tensor = try? source.tensor(name) else { continue }
            hash.append(Array("\(name) \(tensor.elementType) \(tensor.shape)".utf8))
            let wordCount = tensor.bytes.count / 8
            for index in 0..<wordCount {
                hash.append(
                    UInt64(littleEndian: tensor.bytes.loadUnaligned(fromByteOffset: 8 * index, as: UInt64.self)))
            }
            hash.append(Array(tensor.bytes[(8 * wordCount)...]))
            // Most of it is in panels already; what is read in place comes back row by row.
            (tensor.owner as? any DiscardableMemory)?.discard(tensor.bytes)
        }
        return hash
    }
}
