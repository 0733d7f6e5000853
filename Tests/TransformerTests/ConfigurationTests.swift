import Base
import Kernels
import TestSupport
import Testing
import Transformer

@Suite struct `Model configuration` {
    private func read(_ changes: [(String, String)]) throws -> ModelConfiguration {
        var fields: [(String, String)] = [
            ("model_type", "\"llama\""), ("vocab_size", "100"), ("hidden_size", "64"), ("intermediate_size", "128"),
            ("num_hidden_layers", "2"), ("num_attention_heads", "4"), ("num_key_value_heads", "2"),
            ("rms_norm_eps", "1e-5"),
        ]
        for (key, value) in changes {
            fields.removeAll { $0.0 == key }
            if !value.isEmpty { fields.append((key, value)) }
        }
        let text = "{" + fields.map { "\"\($0.0)\": \($0.1)" }.joined(separator: ", ") + "}"
        return try ModelConfiguration(huggingFace: try JSON.parse(Array(text.utf8)), source: "config.json")
    }

    @Test func `reads transformers 4 and 5 alike`() throws {
        let old = try read([("rope_theta", "500000.0"), ("head_dim", "32"), ("tie_word_embeddings", "true")])
        #expect(old.rotaryBase == 500_000)
        #expect(old.headWidth == 32)
        #expect(old.tiesEmbeddings)
        let new = try read([("rope_parameters", "{\"rope_theta\": 500000.0, \"rope_type\": \"default\"}")])
        #expect(new.rotaryBase == 500_000)
        #expect(new.headWidth == 16)
        #expect(new.rotaryLayout == .halves)
    }

    @Test(arguments: [
        ("model_type", "\"mamba\"", "model_type"), ("hidden_act", "\"gelu\"", "hidden_act"),
        ("use_bidirectional_attention", "true", "use_bidirectional_attention"),
        ("quantization_config", "{\"quant_method\": \"awq\"}", "quantization_config"),
        ("attention_bias", "1", "attention_bias"), ("mlp_bias", "\"no\"", "mlp_bias"),
        ("rope_scaling", "{\"rope_type\": \"llama3\"}", "factor"), ("rope_scaling", "{\"type\": \"linear\"}", "factor"),
        ("rope_scaling", "{\"type\": \"linear\", \"factor\": 0}", "rope_scaling"),
        ("rope_scaling", "{\"type\": \"yarn\", \"factor\": 4}", "type"), ("rope_scaling", "\"linear\"", "rope_scaling"),
        ("rope_parameters", "{\"rope_type\": \"yarn\", \"factor\": 4}", "rope_type"),
        ("rope_parameters", "{\"rope_type\": 4}", "rope_type"),
        ("rope_parameters", "{\"partial_rotary_factor\": 0.5}", "partial_rotary_factor"),
        ("vocab_size", "", "vocab_size"),
        ("vocab_size", "\"many\"", "vocab_size"), ("vocab_size", "-1", "vocab_size"),
        ("hidden_size", "1.5", "hidden_size"), ("hidden_size", "9223372036854775807", "hidden_size"),
        ("num_attention_heads", "0", "num_attention_heads"), ("num_attention_heads", "-4", "num_attention_heads"),
        ("num_key_value_heads", "3", "num_key_value_heads"), ("num_key_value_heads", "0", "num_key_value_heads"),
        ("head_dim", "7", "head_dim"), ("head_dim", "258", "head_dim"),
        ("num_hidden_layers", "100000", "num_hidden_layers"),
        ("rms_norm_eps", "0", "rms_norm_eps"), ("rms_norm_eps", "-1e-5", "rms_norm_eps"),
        ("rope_theta", "0.5", "rope_theta"), ("tie_word_embeddings", "1", "tie_word_embeddings"),
    ]) func `refuses what it cannot run, naming the key`(key: String, value: String, named: String) {
        #expect {
            try read([(key, value)])
        } throws: {
            "\($0)".contains("'\(named)'") && "\($0)".hasPrefix("config.json: ") && !"\($0)".contains("\n")
        }
    }

    @Test func `reads llama3 scaling as transformers 4 and 5 spell it`() throws {
        let numbers =
            "\"factor\": 8.0, \"low_freq_factor\": 1.0, \"high_freq_factor\": 4.0, "
            + "\"original_max_position_embeddings\": 8192"
        let old = try read([
            ("rope_theta", "500000.0"), ("rope_scaling", "{\"rope_type\": \"llama3\", \(numbers)}"),
        ])
        let new = try read([
            ("rope_parameters", "{\"rope_type\": \"llama3\", \"rope_theta\": 500000.0, \(numbers)}")
        ])
        #expect(old == new)
        #expect(old.rotaryBase == 500_000)
        #expect(
            old.rotaryScaling
                == .llama3(
                    Llama3Scaling(
                        factor: 8, lowFrequencyFactor: 1, highFrequencyFactor: 4, originalPositionCount: 8192)))
        #expect(try read([("rope_scaling", "null")]).rotaryScaling == .none)
        #expect(try read([("rope_scaling", "{\"type\": \"default\"}")]).rotaryScaling == .none)
    }

    /// As the transformers configuration of the family decides it, key by key.
    @Test(
        arguments: [
            ("llama", "\"sliding_window\": 64", [nil, nil]),
            ("mistral", "\"sliding_window\": 64", [64, 64]), ("mistral", "\"sliding_window\": null", [nil, nil]),
            ("mistral", "\"rope_theta\": 1e4", [4096, 4096]),
            ("qwen2", "\"sliding_window\": 64, \"max_window_layers\": 1", [nil, nil]),
            ("qwen2", "\"use_sliding_window\": false, \"sliding_window\": 64, \"max_window_layers\": 0", [nil, nil]),
            ("qwen2", "\"use_sliding_window\": true, \"sliding_window\": 64, \"max_window_layers\": 1", [nil, 64]),
            ("qwen3", "\"use_sliding_window\": true, \"max_window_layers\": 0", [4096, 4096]),
            ("qwen3", "\"use_sliding_window\": true, \"sliding_window\": null, \"max_window_layers\": 0", [nil, nil]),
            (
                "qwen3",
                "\"use_sliding_window\": true, \"sliding_window\": 8, \"max_window_layers\": 1, "
                    + "\"layer_types\": [\"sliding_attention\", \"full_attention\"]", [8, nil]
            ),
        ] as [(String, String, [Int?])]) func `knows which layers have a window`(
            family: String, keys: String, windows: [Int?]
        ) throws
    {
        #expect(try read([("model_type", "\"\(family)\", \(keys)")]).slidingWindows_L == windows)
    }

    @Test(arguments: [
        ("sliding_window", "0"), ("sliding_window", "-1"), ("sliding_window", "1.5"),
        ("layer_types", "[\"full_attention\"]"), ("layer_types", "[\"full_attention\", \"chunked_attention\"]"),
        ("layer_types", "[1, 2]"), ("layer_types", "\"full_attention\""), ("max_window_layers", "\"none\""),
        ("use_sliding_window", "1"), ("num_hidden_layers", "-2"),
    ]) func `refuses windows that cannot be, naming the key`(key: String, value: String) {
        #expect {
            try read([("model_type", "\"qwen2\""), ("use_sliding_window", "true"), (key, value)])
        } throws: {
            "\($0)".contains("'\(key)'")
        }
    }

    @Test func `gives every family its parts`() throws {
        func traits(_ family: String, _ changes: [(String, String)] = []) throws -> DecoderTraits {
            try read([("model_type", "\"\(family)\"")] + changes).traits
        }
        var expected = DecoderTraits()
        #expect(try traits("llama") == expected)
        #expect(try traits("mistral", [("attention_bias", "true")]) == expected)
        expected.queryKeyValueBias = true
        #expect(try traits("qwen2") == expected)
        expected.outputBias = true
        #expect(try traits("llama", [("attention_bias", "true")]) == expected)
        expected.queryKeyNorm = true
        #expect(try traits("qwen3", [("attention_bias", "true")]) == expected)
        #expect(
            DecoderFamily.registered.map(\.name)
                == ["llama", "mistral", "qwen2", "qwen3", "phi3", "gemma", "gemma2", "gemma3_text"])
    }

    /// The keys of published models that decide something, with the numbers of their config.json.
    @Test(arguments: [
        (
            "SmolLM2-135M",
            """
            {"model_type": "llama", "attention_bias": false, "hidden_act": "silu", "hidden_size": 576,
            "initializer_range": 0.041666666666666664, "intermediate_size": 1536, "is_llama_config": true,
            "max_position_embeddings": 8192, "mlp_bias": false, "num_attention_heads": 9, "num_hidden_layers": 30,
            "num_key_value_heads": 3, "pretraining_tp": 1, "rms_norm_eps": 1e-05, "rope_interleaved": false,
            "rope_scaling": null, "rope_theta": 100000, "tie_word_embeddings": true, "vocab_size": 49152}
            """, 64, 100_000.0, true, false
        ),
        (
            "TinyLlama-1.1B",
            """
            {"model_type": "llama", "attention_bias": false, "hidden_act": "silu", "hidden_size": 2048,
            "intermediate_size": 5632, "max_position_embeddings": 2048, "num_attention_heads": 32,
            "num_hidden_layers": 22, "num_key_value_heads": 4, "pretraining_tp": 1, "rms_norm_eps": 1e-05,
            "rope_scaling": null, "rope_theta": 10000.0, "tie_word_embeddings": false, "vocab_size": 32000}
            """, 64, 10_000.0, false, false
        ),
        (
            "Llama-3.2-1B",
            """
            {"model_type": "llama", "attention_bias": false, "head_dim": 64, "hidden_act": "silu",
            "hidden_size": 2048, "intermediate_size": 8192, "max_position_embeddings": 131072, "mlp_bias": false,
            "num_attention_heads": 32, "num_hidden_layers": 16, "num_key_value_heads": 8, "rms_norm_eps": 1e-05,
            "rope_scaling": {"factor": 32.0, "high_freq_factor": 4.0, "low_freq_factor": 1.0,
            "original_max_position_embeddings": 8192, "rope_type": "llama3"}, "rope_theta": 500000.0,
            "tie_word_embeddings": true, "vocab_size": 128256}
            """, 64, 500_000.0, true, false
        ),
        (
            "Qwen2.5-0.5B",
            """
            {"model_type": "qwen2", "hidden_act": "silu", "hidden_size": 896, "intermediate_size": 4864,
            "max_position_embeddings": 32768, "max_window_layers": 24, "num_attention_heads": 14,
            "num_hidden_layers": 24, "num_key_value_heads": 2, "rms_norm_eps": 1e-06, "rope_theta": 1000000.0,
            "sliding_window": 32768, "tie_word_embeddings": true, "use_mrope": false, "use_sliding_window": false,
            "vocab_size": 151936}
            """, 64, 1_000_000.0, true, false
        ),
        (
            "Qwen3-0.6B",
            """
            {"model_type": "qwen3", "attention_bias": false, "head_dim": 128, "hidden_act": "silu",
            "hidden_size": 1024, "intermediate_size": 3072, "max_position_embeddings": 40960,
            "max_window_layers": 28, "num_attention_heads": 16, "num_hidden_layers": 28, "num_key_value_heads": 8,
            "rms_norm_eps": 1e-06, "rope_scaling": null, "rope_theta": 1000000, "sliding_window": null,
            "tie_word_embeddings": true, "use_sliding_window": false, "vocab_size": 151936}
            """, 128, 1_000_000.0, true, false
        ),
        (
            "Mistral-7B-v0.1",
            """
            {"model_type": "mistral", "hidden_act": "silu", "hidden_size": 4096, "intermediate_size": 14336,
            "max_position_embeddings": 32768, "num_attention_heads": 32, "num_hidden_layers": 32,
            "num_key_value_heads": 8, "rms_norm_eps": 1e-05, "rope_theta": 10000.0, "sliding_window": 4096,
            "tie_word_embeddings": false, "vocab_size": 32000}
            """, 128, 10_000.0, false, true
        ),
    ]) func `reads the configurations of published models`(
        name: String, text: String, headWidth: Int, base: Double, isTied: Bool, hasWindow: Bool
    ) throws {
        let configuration = try ModelConfiguration(huggingFace: try JSON.parse(Array(text.utf8)), source: name)
        #expect(configuration.headWidth == headWidth)
        #expect(configuration.rotaryBase == base)
        #expect(configuration.tiesEmbeddings == isTied)
        #expect(
            configuration.slidingWindows_L == Array(repeating: hasWindow ? 4096 : nil, count: configuration.layerCount))
        #expect((configuration.rotaryScaling != .none) == (name == "Llama-3.2-1B"))
    }

    @Test func `weights without their folder are told to bring it`() {
        let path = TestFiles.fixture("reference/llama-tied-bf16/model.safetensors")
        #expect { try ModelCheckpoint(path: path) } throws: { "\($0)".contains("folder that also has config.json") }
    }

    private static let gemma3 = """
        "hidden_activation": "gelu_pytorch_tanh", "head_dim": 256, "query_pre_attn_scalar": 168,
        "max_position_embeddings": 32768, "sliding_window": 512
        """

    /// The keys of the published 1B and 4B models, as transformers 4 wrote them, and what transformers 5 makes of them.
    @Test func `reads Gemma 3's two rotary bases and its windows`() throws {
        let old = try read([
            ("model_type", "\"gemma3_text\", \(Self.gemma3)"), ("num_hidden_layers", "7"),
            ("rope_theta", "1000000"), ("rope_local_base_freq", "10000"), ("sliding_window_pattern", "6"),
            ("rope_scaling", "{\"factor\": 8.0, \"rope_type\": \"linear\"}"),
        ])
        #expect(old.rotaryBase == 1_000_000 && old.windowRotaryBase == 10_000)
        #expect(old.rotaryScaling == .linear(factor: 8))
        #expect(old.slidingWindows_L == [512, 512, 512, 512, 512, nil, 512])
        #expect(old.attentionScale == 1 / Float(168).squareRoot())
        #expect(old.attentionSoftCap == nil && old.logitSoftCap == nil && old.tiesEmbeddings)
        #expect(old.traits.queryKeyNorm && old.traits.outputNorms && old.traits.gainsAreOffsets)
        let new = try read([
            ("model_type", "\"gemma3_text\", \(Self.gemma3)"), ("num_hidden_layers", "7"),
            (
                "rope_parameters",
                """
                {"full_attention": {"factor": 8.0, "rope_theta": 1000000, "rope_type": "linear"},
                "sliding_attention": {"rope_theta": 10000, "rope_type": "default"}}
                """
            ),
        ])
        #expect(new == old)
    }

    /// The first Gemma's files say gelu and mean the tanh formula; later ones have a key of their own for it.
    @Test func `reads both names of Gemma's activation, and no other`() throws {
        for keys in [[("hidden_act", "\"gelu\"")], [("hidden_activation", "\"gelu_pytorch_tanh\"")], []] {
            #expect(try read([("model_type", "\"gemma\"")] + keys).traits.activation == .gelu)
        }
        for key in ["hidden_act", "hidden_activation"] {
            #expect {
                try read([("model_type", "\"gemma\""), (key, "\"silu\"")])
            } throws: {
                "\($0)".contains("'\(key)'")
            }
        }
    }

    @Test(arguments: [
        ("sliding_window_pattern", "0", "sliding_window_pattern"),
        ("rope_local_base_freq", "0", "rope_local_base_freq"),
        ("final_logit_softcapping", "-30", "final_logit_softcapping"),
        ("attn_logit_softcapping", "\"high\"", "attn_logit_softcapping"),
        ("rope_parameters", "{\"sliding_attention\": {\"rope_type\": \"linear\"}}", "rope_type"),
    ]) func `refuses what no Gemma can have, naming the key`(key: String, value: String, named: String) {
        #expect {
            try read([("model_type", "\"gemma3_text\", \(Self.gemma3)"), (key, value)])
        } throws: {
            "\($0)".contains("'\(named)'") && !"\($0)".contains("\n")
        }
    }

    @Test func `says in one line what is wrong with a path`() {
        for path in ["/nonexistent/model", TestFiles.fixture("reference"), TestFiles.root + "/README.md"] {
            #expect { try ModelCheckpoint(path: path) } throws: { "\($0)".contains(path) && !"\($0)".contains("\n") }
        }
    }
}
