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
        let family = try DecoderFamily.named(name, key: "general.architecture", source: source)
        guard let vocabularySize = file.shape(of: "model.embed_tokens.weight")?.first else {
            throw ModelError.missing(key: "token_embd.weight", source: source)
        }
        // Metadata do not mention biases: they are there, or they are not.
        func has(_ tensor: String) -> Bool { file.shape(of: "model.layers.0." + tensor) != nil }

        self.family = name
        self.vocabularySize = vocabularySize
        traits = family.traits(
            attentionBias: has("self_attn.q_proj.bias"), outputBias: has("self_attn.o_proj.bias"),
            feedForwardBias: has("mlp.gate_proj.bias"))
        modelWidth = try metadata.integer("\(name).embedding_length")
        feedForwardWidth = try metadata.integer("\(name).feed_forward_length")
        layerCount = try metadata.integer("\(name).block_count")
        queryHeadCount = try metadata.integer("\(name).attention.head_count")
        keyValueHeadCount = try metadata.integer("\(name).attention.head_count_kv", default: queryHeadCount)
        guard queryHeadCount > 0 else {
            throw ModelError.invalid(
                key: "\(name).attention.head_count", problem: "is \(queryHeadCount)", source: source)
        }
        headWidth = try metadata.integer("\(name).attention.key_length", default: modelWidth / queryHeadCount)
        maxPositionCount = try metadata.integer("\(name).context_length")
        normEpsilon = try metadata.float("\(name).attention.layer_norm_rms_epsilon")
        rotaryBase = Double(try metadata.float("\(name).rope.freq_base", default: 10_000))
        rotaryScaling = try RotaryScaling(gguf: file, architecture: name)
        rotaryLayout = family.ggufRotaryLayout
        tiesEmbeddings = file.shape(of: "lm_head.weight") == nil
        slidingWindows_L = []
        try validate(source: source)
        // llama.cpp's converter drops the windows of these families, and llama.cpp runs them without.
        slidingWindows_L = Array(repeating: nil, count: layerCount)

        for key in ["\(name).attention.value_length", "\(name).rope.dimension_count"] {
            let width = try metadata.integer(key, default: headWidth)
            guard width == headWidth else {
                throw ModelError.unsupported(
                    key: key, value: "\(width)", supported: "the head width, \(headWidth)", source: source)
            }
        }
    }
}

extension RotaryScaling {
    /// Where GGUF keeps the divisors that llama3 scaling comes to, one for each pair.
    static let divisorTensor = "rope_freqs.weight"

    fileprivate init(gguf file: GGUFFile, architecture: String) throws {
        let key = "\(architecture).rope.scaling.type"
        let type = try file.metadata.string(key, default: "none")
        let divisors = try file.tensor(Self.divisorTensor)
        switch (type, divisors) {
        case ("none", nil): self = .none
        case ("none", let tensor?):
            guard tensor.elementType == .f32 else {
                throw ModelError.unsupported(
                    key: Self.divisorTensor, value: "\(tensor.elementType)", supported: "f32", source: file.path)
            }
            self = .divisors(
                stride(from: 0, to: tensor.bytes.count, by: 4).map {
                    tensor.bytes.loadUnaligned(fromByteOffset: $0, as: Float.self)
                })
        case ("linear", nil):
            self = .linear(factor: Double(try file.metadata.float("\(architecture).rope.scaling.factor")))
        default:
            throw ModelError.unsupported(
                key: key, value: divisors == nil ? type : "\(type) with \(Self.divisorTensor)",
                supported: "none, linear", source: file.path)
        }
    }
}
