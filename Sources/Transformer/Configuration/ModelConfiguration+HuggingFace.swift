// ModelConfiguration+HuggingFace.swift — reads config.json.
// Transformer › Configuration.  Keys: transformers' LlamaConfig, versions 4 (`rope_theta`) and 5 (`rope_parameters`).

package import Base
import Kernels

extension ModelConfiguration {
    /// - Parameters:
    ///   - config: the parsed config.json.
    ///   - source: its path, for messages.
    package init(huggingFace config: JSON, source: String) throws(ModelError) {
        let reader = ConfigReader(json: config, source: source)
        let family = try reader.string("model_type")
        guard family == "llama" else {
            throw .unsupported(key: "model_type", value: family, supported: "llama", source: source)
        }
        try reader.requireDefault("hidden_act", "silu")
        try reader.requireFalse("attention_bias")
        try reader.requireFalse("mlp_bias")
        let rope = config["rope_parameters"].map { ConfigReader(json: $0, source: source) } ?? reader
        if let scaling = config["rope_scaling"], !scaling.isNull {
            try ConfigReader(json: scaling, source: source).requireDefault("rope_type", "default")
            try ConfigReader(json: scaling, source: source).requireDefault("type", "default")
        }
        try rope.requireDefault("rope_type", "default")

        self.family = family
        vocabularySize = try reader.integer("vocab_size")
        modelWidth = try reader.integer("hidden_size")
        feedForwardWidth = try reader.integer("intermediate_size")
        layerCount = try reader.integer("num_hidden_layers")
        queryHeadCount = try reader.integer("num_attention_heads")
        keyValueHeadCount = try reader.integer("num_key_value_heads", default: queryHeadCount)
        guard queryHeadCount > 0 else {
            throw .invalid(key: "num_attention_heads", problem: "is \(queryHeadCount)", source: source)
        }
        headWidth = try reader.integer("head_dim", default: modelWidth / queryHeadCount)
        maxPositionCount = try reader.integer("max_position_embeddings", default: 2048)
        normEpsilon = Float(try reader.number("rms_norm_eps", default: 1e-6))
        rotaryBase = try rope.number("rope_theta", default: 10_000)
        rotaryLayout = .halves
        tiesEmbeddings = try reader.boolean("tie_word_embeddings", default: false)
        try validate(source: source)
    }
}

/// Typed look-ups in one JSON object; a value of the wrong type is an error that names the key.
struct ConfigReader {
    let json: JSON
    let source: String

    private func value(_ key: String) -> JSON? {
        guard let value = json[key], !value.isNull else { return nil }
        return value
    }

    func string(_ key: String) throws(ModelError) -> String {
        guard let value = value(key) else { throw .missing(key: key, source: source) }
        guard let string = value.string else { throw .invalid(key: key, problem: "is not a string", source: source) }
        return string
    }

    func integer(_ key: String, default fallback: Int? = nil) throws(ModelError) -> Int {
        guard let value = value(key) else {
            guard let fallback else { throw .missing(key: key, source: source) }
            return fallback
        }
        guard let integer = value.integer else {
            throw .invalid(key: key, problem: "is not a whole number", source: source)
        }
        return integer
    }

    func number(_ key: String, default fallback: Double) throws(ModelError) -> Double {
        guard let value = value(key) else { return fallback }
        guard let number = value.double else { throw .invalid(key: key, problem: "is not a number", source: source) }
        return number
    }

    func boolean(_ key: String, default fallback: Bool) throws(ModelError) -> Bool {
        guard let value = value(key) else { return fallback }
        guard let flag = value.bool else { throw .invalid(key: key, problem: "is not true or false", source: source) }
        return flag
    }

    func requireFalse(_ key: String) throws(ModelError) {
        if try boolean(key, default: false) {
            throw .unsupported(key: key, value: "true", supported: "false", source: source)
        }
    }

    func requireDefault(_ key: String, _ expected: String) throws(ModelError) {
        guard value(key) != nil else { return }
        let found = try string(key)
        if found != expected { throw .unsupported(key: key, value: found, supported: expected, source: source) }
    }
}
