// RealFilesTests.swift — files that others wrote.

import Base
import Checkpoint
import Kernels
import TestSupport
import Testing

@Suite(.enabled(if: TestFiles.hasSharedData, "needs ../shared/data")) struct `Real GGUF files` {
    private func open(_ path: String) throws -> GGUFFile { try GGUFFile(path: try #require(TestFiles.shared(path))) }

    @Test func `stories260K holds the weights of its llama2-c original`() throws {
        let file = try open("models/stories260K/tinyllm.gguf")
        #expect(try file.metadata.string("general.architecture") == "llama")
        #expect(try file.metadata.integer("llama.embedding_length") == 64)
        #expect(try file.metadata.integer("llama.block_count") == 5)
        #expect(try file.metadata.integer("llama.attention.head_count_kv") == 4)
        #expect(try file.metadata.stringArray("tokenizer.ggml.tokens").count == 512)
        #expect(try file.metadata.floatArray("tokenizer.ggml.scores").count == 512)
        #expect(try file.metadata.integerArray("tokenizer.ggml.token_type").count == 512)

        // The original: seven Int32, then the embedding, then the attention norms, all f32.
        let original = try ReadFile.bytes(try #require(TestFiles.shared("models/stories260K/stories260K.bin")))
        let embedding = try #require(try file.tensor("model.embed_tokens.weight"))
        #expect(embedding.shape == [512, 64])
        #expect(embedding.elementType == .f32)
        #expect(embedding.bytes.elementsEqual(original[28..<28 + 512 * 64 * 4]))
        for layer in 0..<5 {
            let norm = try #require(try file.tensor("model.layers.\(layer).input_layernorm.weight"))
            let start = 28 + 512 * 64 * 4 + layer * 64 * 4
            #expect(norm.bytes.elementsEqual(original[start..<start + 64 * 4]))
        }
    }

    @Test func `a model can take every tensor of stories260K by Hugging Face's names`() throws {
        var weights = WeightReader(try open("models/stories260K/tinyllm.gguf"))
        let (width, feedForward, keys) = (64, 172, 32)
        _ = try weights.take("model.embed_tokens.weight", shape: [512, width])
        _ = try weights.take("model.norm.weight", shape: [width])
        _ = try weights.takeIfPresent("lm_head.weight", shape: [512, width])
        for layer in 0..<5 {
            let prefix = "model.layers.\(layer)."
            _ = try weights.take(prefix + "input_layernorm.weight", shape: [width])
            _ = try weights.take(prefix + "self_attn.q_proj.weight", shape: [width, width])
            _ = try weights.take(prefix + "self_attn.k_proj.weight", shape: [keys, width])
            _ = try weights.take(prefix + "self_attn.v_proj.weight", shape: [keys, width])
            _ = try weights.take(prefix + "self_attn.o_proj.weight", shape: [width, width])
            _ = try weights.take(prefix + "post_attention_layernorm.weight", shape: [width])
            _ = try weights.take(prefix + "mlp.gate_proj.weight", shape: [feedForward, width])
            _ = try weights.take(prefix + "mlp.up_proj.weight", shape: [feedForward, width])
            _ = try weights.take(prefix + "mlp.down_proj.weight", shape: [width, feedForward])
        }
        #expect(weights.finish() == [])
    }

    @Test func `llama-2-tiny-random has F16 and F32 tensors and a full vocabulary`() throws {
        let file = try open("models/llama-2-tiny-random/llama-2-tiny-random.gguf")
        #expect(try file.metadata.stringArray("tokenizer.ggml.tokens").count == 32_000)
        #expect(file.shape(of: "model.embed_tokens.weight")?.first == 32_000)
        var types = Set<ElementType>()
        for name in file.tensorNames {
            types.insert(try #require(try file.tensor(name)).elementType)
            #expect(name.hasPrefix("model.") || name.hasPrefix("lm_head."))
        }
        #expect(types == [.f16, .f32])
    }

    @Test func `a vocabulary without weights is read too`() throws {
        let file = try open("tokenizers/expected/ggml-vocab-gpt-2.gguf")
        #expect(file.tensorNames == [])
        #expect(try file.metadata.string("tokenizer.ggml.model") == "gpt2")
        #expect(try file.metadata.stringArray("tokenizer.ggml.tokens").count == 50_257)
        #expect(try file.metadata.stringArray("tokenizer.ggml.merges").count == 50_000)
    }
}
