// ModelConfiguration+GGUFKeys.swift — the way back from ModelConfiguration+GGUF.swift: numbers as GGUF metadata.
// Transformer › Conversion.  Keys and their types: llama.cpp's convert_hf_to_gguf.py.

import Checkpoint
import Kernels

extension ModelConfiguration {
    /// The row that this was read by; the initialisers know no other.
    private var row: DecoderFamily { DecoderFamily.registered.first { $0.name == family }! }

    var ggufArchitecture: String { row.architecture }

    /// llama.cpp rotates adjacent pairs in Llama's layout, for which the rows of q and k change places.
    var ggufInterleavesHeads: Bool { ggufArchitecture == DecoderFamily.llama.name && rotaryLayout == .halves }

    /// Whether the model has windows that GGUF has no place for: llama.cpp knows those of some families only.
    package var losesWindowsInGGUF: Bool { !row.ggufHasWindow && slidingWindows_L.contains { $0 != nil } }

    /// The divisors of rotary scaling, one for each pair of features, in tensors of their own.
    var rotaryTensors: [(name: String, divisors: [Float])] {
        switch rotaryScaling {
        case .none, .linear: []
        case .divisors(let divisors): [(RotaryScaling.divisorTensor, divisors)]
        case .llama3:
            [
                (
                    RotaryScaling.divisorTensor,
                    zip(unscaledFrequencies, rotaryScaling.apply(to: unscaledFrequencies, length: 0)).map {
                        Float($0 / $1)
                    }
                )
            ]
        case .longrope(let scaling):
            [
                (RotaryScaling.longTensor, scaling.long.map(Float.init)),
                (RotaryScaling.shortTensor, scaling.short.map(Float.init)),
            ]
        }
    }

    /// - Parameter name: `general.name`.
    /// - Throws: `ModelError` for a number that does not fit GGUF's 32 bits.
    func ggufKeys(name: String) throws -> [GGUFKeyValue] {
        let names = ConfigurationKeys.gguf(ggufArchitecture)
        func number(_ key: String, _ value: Int) throws(ModelError) -> GGUFKeyValue {
            guard let value = UInt32(exactly: value) else {
                throw .invalid(key: key, problem: "is \(value), more than 32 bits hold", source: name)
            }
            return GGUFKeyValue(key, value)
        }
        var keys = [
            GGUFKeyValue("general.architecture", ggufArchitecture), GGUFKeyValue("general.type", "model"),
            GGUFKeyValue("general.name", name),
            try number(names.layerCount, layerCount), try number(names.maxPositionCount, maxPositionCount),
            try number(names.modelWidth, modelWidth), try number(names.feedForwardWidth, feedForwardWidth),
            try number(names.queryHeadCount, queryHeadCount),
            try number(names.keyValueHeadCount, keyValueHeadCount),
            try number(names.headWidth, headWidth), try number(names.valueWidth, headWidth),
            try number(names.rotaryWidth, rotaryWidth), try number(names.vocabularySize, vocabularySize),
            GGUFKeyValue(names.rotaryBase, Float(rotaryBase)), GGUFKeyValue(names.normEpsilon, normEpsilon),
        ]
        switch rotaryScaling {
        case .none, .llama3, .divisors: break
        case .linear(let factor):
            keys += [
                GGUFKeyValue(names.rotaryScaling + ".type", "linear"),
                GGUFKeyValue(names.rotaryScaling + ".factor", Float(factor)),
            ]
        case .longrope(let scaling):
            keys += [
                try number(names.rotaryScaling + ".original_context_length", scaling.originalPositionCount),
                GGUFKeyValue(names.rotaryScaling + ".attn_factor", Float(scaling.magnitude)),
            ]
        }
        // GGUF has no windows for the other families.
        if row.ggufHasWindow {
            let window = slidingWindows_L.compactMap(\.self).first
            keys.append(try number(names.slidingWindow, window ?? 0))
            if let window, slidingWindows_L != row.ggufWindows(window, layerCount: layerCount) {
                throw ModelError.unsupported(
                    key: "layer_types", value: "not the family's pattern",
                    supported: "that pattern as GGUF, which does not store it", source: name)
            }
        }
        let scale = row.ggufAttentionScale(layerCount: layerCount, modelWidth, queryHeadCount, headWidth)
        guard attentionScale == scale else {
            throw ModelError.unsupported(
                key: ConfigurationKeys.huggingFace.queryScalar, value: "not what its size would have",
                supported: "that number as GGUF, which does not store it", source: name)
        }
        if row.softCaps != nil {
            // 0 turns off what the program would otherwise assume.
            keys.append(GGUFKeyValue(names.attentionSoftCap, attentionSoftCap ?? 0))
            keys.append(GGUFKeyValue(names.logitSoftCap, logitSoftCap ?? 0))
        }
        if let windowRotaryBase { keys.append(GGUFKeyValue(names.windowRotaryBase, Float(windowRotaryBase))) }
        return keys
    }
}
