// ModelConfiguration+HuggingFace.swift — reads config.json.
// Transformer › Configuration.  Keys: transformers' configurations of the registered families, as versions 4
// (`rope_theta`, `rope_scaling`) and 5 (`rope_parameters`, `layer_types`) write them. Keys that published models leave
// out have transformers' defaults; a wrong guess at a width is found by the tensors' shapes.

package import Base
import Kernels

extension ModelConfiguration {
    /// - Parameters:
    ///   - config: the parsed config.json.
    ///   - source: its path, for messages.
    package init(huggingFace config: JSON, source: String) throws(ModelError) {
        let reader = ConfigReader(json: config, source: source)
        let keys = ConfigurationKeys.huggingFace
        let family = try DecoderFamily.huggingFace(reader.string("model_type"), source: source)

        if let quantization = try reader.section("quantization_config") {
            throw .unsupported(
                key: "quantization_config", value: try quantization.optionalString("quant_method") ?? "present",
                supported: "folders in F32, F16 or BF16, and quantised models as GGUF", source: source)
        }

        guard try !reader.boolean("use_bidirectional_attention", default: false) else {
            throw .unsupported(
                key: "use_bidirectional_attention", value: "true", supported: "decoders", source: source)
        }

        self.family = family.name
        let attentionBias = try reader.boolean("attention_bias", default: false)
        traits = family.traits(
            attentionBias: attentionBias, outputBias: attentionBias,
            feedForwardBias: try reader.boolean("mlp_bias", default: false))
        traits.gainsAreOffsets = family.gainsAreOffsets
        let activation = family.activation.rawValue
        try reader.requireDefault("hidden_activation", activation)
        // Files of the first Gemma say gelu and mean the tanh formula.
        try reader.requireDefault("hidden_act", activation, or: family.activation == .gelu ? "gelu" : nil)
        vocabularySize = try reader.integer(keys.vocabularySize)
        modelWidth = try reader.integer(keys.modelWidth)
        feedForwardWidth = try reader.integer(keys.feedForwardWidth)
        layerCount = try reader.integer(keys.layerCount)
        queryHeadCount = try reader.integer(keys.queryHeadCount)
        keyValueHeadCount = try reader.integer(keys.keyValueHeadCount, default: queryHeadCount)
        guard queryHeadCount > 0 else {
            throw .invalid(key: keys.queryHeadCount, problem: "is \(queryHeadCount)", source: source)
        }
        headWidth = try reader.integer(keys.headWidth, default: modelWidth / queryHeadCount)
        maxPositionCount = try reader.integer(keys.maxPositionCount, default: 2048)
        normEpsilon = Float(try reader.number(keys.normEpsilon, default: 1e-6))
        tiesEmbeddings = try reader.boolean("tie_word_embeddings", default: family.tiesEmbeddings)

        rotaryBase = try reader.number(keys.rotaryBase, default: family.defaultRotaryBase)
        rotaryScaling = .none
        var partial = try reader.number(keys.rotaryWidth, default: 1)
        var rope = try reader.section(keys.rotaryScaling)
        if rope == nil { rope = try reader.section("rope_parameters") }
        windowRotaryBase = nil
        if let base = family.windowRotaryBase {
            windowRotaryBase = try reader.number(keys.windowRotaryBase, default: base)
            // One section for each kind of layer.
            if let section = try rope?.section("sliding_attention") {
                try section.requireDefault("rope_type", "default")
                windowRotaryBase = try section.number(keys.rotaryBase, default: base)
            }
            if let section = try rope?.section("full_attention") { rope = section }
        }
        // Phi-3 has it beside the section, the others inside.
        let original = try reader.optionalInteger("original_max_position_embeddings")
        if let rope {
            partial = try rope.number(keys.rotaryWidth, default: partial)
            rotaryBase = try rope.number(keys.rotaryBase, default: rotaryBase)
            rotaryScaling = try RotaryScaling(
                huggingFace: rope, maxPositionCount: maxPositionCount, originalPositionCount: original)
        }
        guard partial == 1 || family.partialRotation && partial > 0 && partial < 1 else {
            throw .unsupported(
                key: keys.rotaryWidth, value: "\(partial)",
                supported: family.partialRotation ? "more than 0, up to 1" : "1", source: source)
        }
        // What is no width at all fails below.
        rotaryWidth = partial == 1 ? headWidth : Int(exactly: (Double(headWidth) * partial).rounded(.down)) ?? 0
        rotaryLayout = .halves
        let scalar = try family.queryScalar.map { fallback throws(ModelError) in
            try reader.number(keys.queryScalar, default: fallback)
        }
        attentionScale = Float(1 / (scalar ?? Double(headWidth)).squareRoot())
        attentionSoftCap = try family.softCaps.flatMap { caps throws(ModelError) in
            try reader.cap(keys.attentionSoftCap, default: caps.attention)
        }
        logitSoftCap = try family.softCaps.flatMap { caps throws(ModelError) in
            try reader.cap(keys.logitSoftCap, default: caps.logits)
        }
        slidingWindows_L = []
        try validate(keys, source: source)
        slidingWindows_L = try Self.slidingWindows(family, reader, layerCount: layerCount)
    }

    /// How many positions each layer sees, its own included; nil for all.
    private static func slidingWindows(
        _ family: DecoderFamily, _ reader: ConfigReader, layerCount: Int
    ) throws(ModelError) -> [Int?] {
        let everything = [Int?](repeating: nil, count: layerCount)
        let isUsed =
            switch family.slidingWindow {
            case .never: false
            case .everyLayer: true
            case .someLayers: try reader.boolean("use_sliding_window", default: false)
            case .allButEach: true
            }
        // null says that there is none; only an absent key has transformers' default.
        let key = ConfigurationKeys.huggingFace.slidingWindow
        let written = try reader.optionalInteger(key)
        guard isUsed, let window = reader.has(key) ? written : family.defaultWindow else {
            return everything
        }
        guard window >= 1 else {
            throw .invalid(key: key, problem: "is \(window)", source: reader.source)
        }
        if case .everyLayer = family.slidingWindow { return everything.map { _ in window } }

        guard let types = try reader.strings("layer_types") else {
            if case .allButEach(let each) = family.slidingWindow {
                let each = try reader.integer("sliding_window_pattern", default: each)
                guard each >= 1 else {
                    throw .invalid(key: "sliding_window_pattern", problem: "is \(each)", source: reader.source)
                }
                return everything.indices.map { ($0 + 1) % each == 0 ? nil : window }
            }
            let first = try reader.integer("max_window_layers", default: 28)
            return everything.indices.map { $0 >= first ? window : nil }
        }
        guard types.count == layerCount else {
            throw .invalid(
                key: "layer_types", problem: "lists \(types.count) of \(layerCount) layers", source: reader.source)
        }
        var windows = everything
        for (layer, type) in types.enumerated() {
            switch type {
            case "full_attention": break
            case "sliding_attention": windows[layer] = window
            default:
                throw .unsupported(
                    key: "layer_types", value: type, supported: "full_attention, sliding_attention",
                    source: reader.source)
            }
        }
        return windows
    }
}

extension RotaryScaling {
    /// - Parameters:
    ///   - section: `rope_scaling` of transformers 4 or `rope_parameters` of 5.
    ///   - maxPositionCount: what `original_max_position_embeddings` is when absent.
    ///   - originalPositionCount: what stands beside the section.
    fileprivate init(
        huggingFace section: ConfigReader, maxPositionCount: Int, originalPositionCount: Int?
    ) throws(ModelError) {
        let key = section.has("rope_type") ? "rope_type" : "type"
        let type = section.has(key) ? try section.string(key) : "default"
        switch type {
        case "default": self = .none
        case "linear": self = .linear(factor: try section.number("factor"))
        case "llama3":
            self = .llama3(
                Llama3Scaling(
                    factor: try section.number("factor"),
                    lowFrequencyFactor: try section.number("low_freq_factor"),
                    highFrequencyFactor: try section.number("high_freq_factor"),
                    originalPositionCount: try section.number(
                        "original_max_position_embeddings", default: Double(maxPositionCount))))
        // "su" is its first name.
        case "longrope", "su":
            let original = try section.integer(
                "original_max_position_embeddings", default: originalPositionCount ?? maxPositionCount)
            self = .longrope(
                LongRope(
                    short: try section.numbers("short_factor"), long: try section.numbers("long_factor"),
                    originalPositionCount: original,
                    magnitude: try section.number(
                        "attention_factor",
                        default: LongRope.magnitude(
                            maxPositionCount: maxPositionCount, originalPositionCount: original))))
        default:
            throw .unsupported(
                key: key, value: type, supported: "default, linear, llama3, longrope", source: section.source)
        }
    }
}
