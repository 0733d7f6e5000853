// ModelConfiguration+GGUFKeys.swift — the way back from ModelConfiguration+GGUF.swift: numbers as GGUF metadata.
// Transformer › Conversion.  Keys and their types: llama.cpp's convert_hf_to_gguf.py.

import Checkpoint
import Kernels

extension ModelConfiguration {
    /// GGUF knows Mistral as Llama.
    private var ggufArchitecture: String { family == DecoderFamily.mistral.name ? DecoderFamily.llama.name : family }

    /// llama.cpp rotates adjacent pairs in Llama's layout, for which the rows of q and k change places.
    var ggufInterleavesHeads: Bool { ggufArchitecture == DecoderFamily.llama.name && rotaryLayout == .halves }

    /// The divisors of llama3 scaling, one for each pair of features; nil for models without it.
    var rotaryDivisors: [Float]? {
        guard case .llama3 = rotaryScaling else { return nil }
        let frequencies = unscaledFrequencies
        return zip(frequencies, rotaryScaling.apply(to: frequencies)).map { Float($0 / $1) }
    }

    /// - Parameter name: `general.name`.
    /// - Throws: `ModelError` for a number that does not fit GGUF's 32 bits.
    func ggufKeys(name: String) throws -> [GGUFKeyValue] {
        let architecture = ggufArchitecture
        func number(_ key: String, _ value: Int) throws(ModelError) -> GGUFKeyValue {
            guard let value = UInt32(exactly: value) else {
                throw .invalid(key: key, problem: "is \(value), more than 32 bits hold", source: name)
            }
            return GGUFKeyValue("\(architecture).\(key)", value)
        }
        var keys = [
            GGUFKeyValue("general.architecture", architecture), GGUFKeyValue("general.type", "model"),
            GGUFKeyValue("general.name", name),
            try number("block_count", layerCount), try number("context_length", maxPositionCount),
            try number("embedding_length", modelWidth), try number("feed_forward_length", feedForwardWidth),
            try number("attention.head_count", queryHeadCount),
            try number("attention.head_count_kv", keyValueHeadCount),
            try number("attention.key_length", headWidth), try number("attention.value_length", headWidth),
            try number("rope.dimension_count", headWidth), try number("vocab_size", vocabularySize),
            GGUFKeyValue("\(architecture).rope.freq_base", Float(rotaryBase)),
            GGUFKeyValue("\(architecture).attention.layer_norm_rms_epsilon", normEpsilon),
        ]
        if case .linear(let factor) = rotaryScaling {
            keys += [
                GGUFKeyValue("\(architecture).rope.scaling.type", "linear"),
                GGUFKeyValue("\(architecture).rope.scaling.factor", Float(factor)),
            ]
        }
        return keys
    }
}
