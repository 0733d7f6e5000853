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
        ("attention_bias", "true", "attention_bias"), ("mlp_bias", "true", "mlp_bias"),
        ("rope_scaling", "{\"rope_type\": \"llama3\"}", "rope_type"),
        ("rope_scaling", "{\"type\": \"linear\"}", "type"), ("vocab_size", "", "vocab_size"),
        ("vocab_size", "\"many\"", "vocab_size"), ("vocab_size", "-1", "vocabulary size"),
        ("hidden_size", "1.5", "hidden_size"), ("hidden_size", "9223372036854775807", "model width"),
        ("num_attention_heads", "0", "num_attention_heads"), ("num_attention_heads", "-4", "num_attention_heads"),
        ("num_key_value_heads", "3", "key/value heads"), ("num_key_value_heads", "0", "key/value heads"),
        ("head_dim", "7", "head width"), ("num_hidden_layers", "100000", "layer count"),
        ("rms_norm_eps", "0", "norm epsilon"), ("rms_norm_eps", "-1e-5", "norm epsilon"),
        ("rope_theta", "0.5", "rotary base"), ("tie_word_embeddings", "1", "tie_word_embeddings"),
    ]) func `refuses what it cannot run, naming the key`(key: String, value: String, named: String) {
        #expect {
            try read([(key, value)])
        } throws: {
            "\($0)".contains("'\(named)'") && "\($0)".hasPrefix("config.json: ") && !"\($0)".contains("\n")
        }
    }

    @Test func `says in one line what is wrong with a path`() {
        for path in ["/nonexistent/model", TestFiles.fixture("reference"), TestFiles.root + "/README.md"] {
            #expect { try ModelCheckpoint(path: path) } throws: { "\($0)".contains(path) && !"\($0)".contains("\n") }
        }
    }
}
