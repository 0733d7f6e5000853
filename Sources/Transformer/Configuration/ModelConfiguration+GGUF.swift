// ModelConfiguration+GGUF.swift — reads GGUF metadata.
// Transformer › Configuration.  Keys: the GGUF specification's `[llm]` section, each under the architecture's name.

package import Checkpoint
import Kernels

extension ModelConfiguration {
    /// - Throws: `ModelError`, or `CheckpointError` for a value of the wrong type.
    package init(gguf file: GGUFFile) throws {
        let metadata = file.metadata
        let source = file.path
        let name = try metadata.string("general.architecture")
        let keys = ConfigurationKeys.gguf(name)
        let family = try DecoderFamily.gguf(name, source: source)
        guard let vocabularySize = file.shape(of: "model.embed_tokens.weight")?.first else {
            throw ModelError.missing(key: "token_embd.weight", source: source)
        }
        // Metadata do not mention biases: they are there, or they are not.
        func has(_ tensor: String) -> Bool { file.shape(of: "model.layers.0." + tensor) != nil }

        self.family = family.name
        self.vocabularySize = vocabularySize
        traits = family.traits(
            attentionBias: has("self_attn.q_proj.bias"), outputBias: has("self_attn.o_proj.bias"),
            feedForwardBias: has("mlp.gate_proj.bias"))
        modelWidth = try metadata.integer(keys.modelWidth)
        feedForwardWidth = try metadata.integer(keys.feedForwardWidth)
        layerCount = try metadata.integer(keys.layerCount)
        queryHeadCount = try metadata.integer(keys.queryHeadCount)
        keyValueHeadCount = try metadata.integer(keys.keyValueHeadCount, default: queryHeadCount)
        guard queryHeadCount > 0 else {
            throw ModelError.invalid(key: keys.queryHeadCount, problem: "is \(queryHeadCount)", source: source)
        }
        headWidth = try metadata.integer(keys.headWidth, default: modelWidth / queryHeadCount)
        maxPositionCount = try metadata.integer(keys.maxPositionCount)
        normEpsilon = try metadata.float(keys.normEpsilon)
        rotaryBase = Double(try metadata.float(keys.rotaryBase, default: Float(family.defaultRotaryBase)))
        rotaryWidth = try metadata.integer(keys.rotaryWidth, default: headWidth)
        rotaryScaling = try RotaryScaling(gguf: file, architecture: name, maxPositionCount: maxPositionCount)
        windowRotaryBase = try family.windowRotaryBase.map {
            Double(try metadata.float(keys.windowRotaryBase, default: Float($0)))
        }
        rotaryLayout = family.ggufRotaryLayout
        attentionScale = family.ggufAttentionScale(layerCount: layerCount, modelWidth, queryHeadCount, headWidth)
        attentionSoftCap = try metadata.cap(keys.attentionSoftCap, default: family.softCaps?.attention)
        logitSoftCap = try metadata.cap(keys.logitSoftCap, default: family.softCaps?.logits)
        tiesEmbeddings = file.shape(of: "lm_head.weight") == nil
        slidingWindows_L = []
        try validate(keys, source: source)
        slidingWindows_L = try Self.slidingWindows(family, metadata, keys, layerCount: layerCount, source: source)

        let width = try metadata.integer(keys.valueWidth, default: headWidth)
        guard width == headWidth, rotaryWidth == headWidth || family.partialRotation else {
            throw ModelError.unsupported(
                key: width == headWidth ? keys.rotaryWidth : keys.valueWidth,
                value: "\(width == headWidth ? rotaryWidth : width)", supported: "the head width, \(headWidth)",
                source: source)
        }
    }

    private static func slidingWindows(
        _ family: DecoderFamily, _ metadata: GGUFMetadata, _ keys: ConfigurationKeys, layerCount: Int, source: String
    ) throws -> [Int?] {
        let everything = [Int?](repeating: nil, count: layerCount)
        // llama.cpp's converter drops the windows of the other families, and llama.cpp runs them without.
        guard family.ggufHasWindow else { return everything }
        let key = keys.slidingWindow
        // 0 says that there is none.
        let window = try metadata.integer(key, default: 0)
        guard window >= 0 else { throw ModelError.invalid(key: key, problem: "is \(window)", source: source) }
        return window == 0 ? everything : family.ggufWindows(window, layerCount: layerCount)
    }
}

extension DecoderFamily {
    /// GGUF has the window and leaves it to the program which layers it is for.
    func ggufWindows(_ window: Int, layerCount: Int) -> [Int?] {
        (1...layerCount).map {
            if case .allButEach(let each) = slidingWindow, $0 % each == 0 { nil } else { window }
        }
    }

    /// As llama.cpp decides it: 1 / √(head width), or of the largest model 1 / √(model width / heads).
    func ggufAttentionScale(layerCount: Int, _ modelWidth: Int, _ headCount: Int, _ headWidth: Int) -> Float {
        let takesMean = layerCount == ggufMeanScaleLayers
        return Float(1 / (takesMean ? Double(modelWidth) / Double(headCount) : Double(headWidth)).squareRoot())
    }
}

extension GGUFMetadata {
    /// A bound; 0 turns it off.
    fileprivate func cap(_ key: String, default fallback: Double?) throws(CheckpointError) -> Float? {
        let cap = try float(key, default: Float(fallback ?? 0))
        return cap == 0 ? nil : cap
    }
}

extension RotaryScaling {
    /// Where GGUF keeps the divisors that llama3 scaling comes to, one for each pair.
    static let divisorTensor = "rope_freqs.weight"
    /// Where it keeps longrope's.
    static let (shortTensor, longTensor) = ("rope_factors_short.weight", "rope_factors_long.weight")

    /// The tensors that this scaling was read from.
    static let tensors = [divisorTensor, shortTensor, longTensor]

    fileprivate init(gguf file: GGUFFile, architecture: String, maxPositionCount: Int) throws {
        if let short = try Self.floats(file, Self.shortTensor), let long = try Self.floats(file, Self.longTensor) {
            let original = try file.metadata.integer("\(architecture).rope.scaling.original_context_length")
            let magnitude = try file.metadata.float(
                "\(architecture).rope.scaling.attn_factor",
                default: Float(
                    LongRope.magnitude(maxPositionCount: maxPositionCount, originalPositionCount: original)))
            self = .longrope(
                LongRope(
                    short: short.map(Double.init), long: long.map(Double.init), originalPositionCount: original,
                    magnitude: Double(magnitude)))
            return
        }
        let key = "\(architecture).rope.scaling.type"
        let type = try file.metadata.string(key, default: "none")
        let divisors = try Self.floats(file, Self.divisorTensor)
        switch (type, divisors) {
        case ("none", nil): self = .none
        case ("none", let divisors?): self = .divisors(divisors)
        case ("linear", nil):
            self = .linear(factor: Double(try file.metadata.float("\(architecture).rope.scaling.factor")))
        default:
            throw ModelError.unsupported(
                key: key, value: divisors == nil ? type : "\(type) with \(Self.divisorTensor)",
                supported: "none, linear", source: file.path)
        }
    }

    private static func floats(_ file: GGUFFile, _ name: String) throws -> [Float]? {
        guard let tensor = try file.tensor(name) else { return nil }
        guard tensor.elementType == .f32 else {
            throw ModelError.unsupported(
                key: name, value: "\(tensor.elementType)", supported: "f32", source: file.path)
        }
        return stride(from: 0, to: tensor.bytes.count, by: 4).map {
            tensor.bytes.loadUnaligned(fromByteOffset: $0, as: Float.self)
        }
    }
}
