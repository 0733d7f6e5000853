// WeightReaderTests.swift — taking weights by name and shape; naming tables.

import Checkpoint
import Testing

@Suite struct `Weight reader` {
    private func source() throws -> SafetensorsFile {
        try SafetensorsFile(
            bytes: safetensors(
                "{\"w\":{\"dtype\":\"F32\",\"shape\":[2,3],\"data_offsets\":[0,24]},"
                    + "\"b\":{\"dtype\":\"F32\",\"shape\":[2],\"data_offsets\":[24,32]},"
                    + "\"i\":{\"dtype\":\"I32\",\"shape\":[2],\"data_offsets\":[32,40]}}", data: 40), path: "m")
    }

    @Test func `hands out tensors and reports the rest`() throws {
        var weights = WeightReader(try source())
        #expect(weights.finish() == ["w", "b", "i"])
        #expect(try weights.take("w", shape: [2, 3]).bytes.count == 24)
        #expect(try weights.takeIfPresent("none", shape: [1]) == nil)
        #expect(weights.finish() == ["b", "i"])
        #expect(try weights.takeIfPresent("b", shape: [2]) != nil)
        weights.skip("i")
        #expect(weights.finish() == [])
    }

    @Test func `names what is wrong`() throws {
        var weights = WeightReader(try source())
        let missing = try #require(throws: CheckpointError.self) { try weights.take("x", shape: [1]) }
        #expect(missing == .missingTensor(path: "m", tensor: "x"))
        #expect(missing.description.contains("tensor x is missing"))
        let shape = try #require(throws: CheckpointError.self) { try weights.take("w", shape: [3, 2]) }
        #expect(shape == .wrongShape(path: "m", tensor: "w", expected: [3, 2], found: [2, 3]))
        #expect(
            shape.description
                == "m: tensor w has the shape [2, 3], but the model's configuration asks for [3, 2]")
        #expect(throws: CheckpointError.wrongShape(path: "m", tensor: "b", expected: [1, 2], found: [2])) {
            try weights.takeIfPresent("b", shape: [1, 2])
        }
        #expect(throws: CheckpointError.unsupportedType(path: "m", tensor: "i", type: "I32")) {
            try weights.take("i", shape: [2])
        }
        // What could not be taken is still unused.
        #expect(weights.finish() == ["w", "b", "i"])
    }
}

@Suite struct `Tensor naming` {
    @Test(arguments: [
        ("token_embd.weight", "model.embed_tokens.weight"), ("output_norm.weight", "model.norm.weight"),
        ("output.weight", "lm_head.weight"), ("blk.0.attn_norm.weight", "model.layers.0.input_layernorm.weight"),
        ("blk.7.attn_q.weight", "model.layers.7.self_attn.q_proj.weight"),
        ("blk.7.attn_k.bias", "model.layers.7.self_attn.k_proj.bias"),
        ("blk.12.attn_v.weight", "model.layers.12.self_attn.v_proj.weight"),
        ("blk.123.attn_output.weight", "model.layers.123.self_attn.o_proj.weight"),
        ("blk.1.attn_q_norm.weight", "model.layers.1.self_attn.q_norm.weight"),
        ("blk.1.attn_k_norm.weight", "model.layers.1.self_attn.k_norm.weight"),
        ("blk.1.ffn_norm.weight", "model.layers.1.post_attention_layernorm.weight"),
        ("blk.1.ffn_gate.weight", "model.layers.1.mlp.gate_proj.weight"),
        ("blk.1.ffn_up.weight", "model.layers.1.mlp.up_proj.weight"),
        ("blk.1.ffn_down.weight", "model.layers.1.mlp.down_proj.weight"),
    ]) func `translates both ways`(gguf: String, huggingFace: String) {
        #expect(TensorNaming.llama.huggingFace(gguf) == huggingFace)
        #expect(TensorNaming.llama.gguf(huggingFace) == gguf)
    }

    @Test(arguments: [
        "rope_freqs.weight", "blk.0.attn_q", "blk.attn_q.weight", "blk.x.attn_q.weight", "blk.0.other.weight",
        "blk.0.weight",
        "weight", ".weight", "", "blk..attn_q.weight", "blk.{n}.attn_q.weight", "blk.0.attn_q.scale",
        "blk.٣.attn_q.weight",
    ]) func `leaves other names alone`(name: String) {
        #expect(TensorNaming.llama.huggingFace(name) == nil)
    }
}
