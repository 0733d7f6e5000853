// GGUFConversionTests.swift — conversions against llama.cpp's own, and the logits of what was written.

import Base
import Checkpoint
import Kernels
import TestSupport
import Testing
import Transformer

@Suite struct `GGUF conversion` {
    private let folder: TemporaryFolder

    init() throws { folder = try TemporaryFolder() }

    /// Converts a folder or file and returns the new file's path.
    private func convert(_ source: String, _ type: ElementType, head: ElementType? = nil) throws -> String {
        let conversion = try GGUFConversion(
            ModelCheckpoint(path: source), type: type, headType: head ?? type, name: "test", tokenizer: [])
        let path = folder.path("\(folder.names().count).gguf")
        try GGUFWriter.write(
            to: path, keys: conversion.keys, tensors: conversion.tensors, alignment: conversion.alignment)
        return path
    }

    /// The folders that llama.cpp's converter has turned into `model.gguf`: q and k interleaved for Llama and Mistral,
    /// biases, head norms, stacked products, Gemma's gains, the divisors of llama3 and longrope scaling.
    @Test(arguments: [
        "llama3-scaling", "llama-linear-biases", "mistral-window", "qwen2-bias", "qwen3-head-norms", "phi3-longrope",
        "phi3-long-texts", "gemma-plain", "gemma2-caps", "gemma3-windows",
    ])
    func `tensors and numbers are those of llama-cpp's converter`(name: String) throws {
        let expected = try GGUFFile(path: TestFiles.fixture("reference/\(name)/model.gguf"))
        let found = try GGUFFile(path: try convert(TestFiles.fixture("reference/" + name), .bf16))
        #expect(Set(found.tensorNames) == Set(expected.tensorNames))
        for tensor in expected.tensorNames {
            let (ours, theirs) = (try #require(try found.tensor(tensor)), try #require(try expected.tensor(tensor)))
            #expect(ours.shape == theirs.shape && ours.elementType == theirs.elementType, "\(tensor)")
            #expect(ours.bytes.elementsEqual(theirs.bytes), "\(tensor)")
        }
        #expect(try ModelConfiguration(gguf: found) == ModelConfiguration(gguf: expected))
        let values = Dictionary(uniqueKeysWithValues: found.metadata.keyValues.map { ($0.key, "\($0)") })
        for key in expected.metadata.keyValues
        where !key.key.hasPrefix("tokenizer.") && !["general.name", "general.size_label"].contains(key.key) {
            #expect(values[key.key] == "\(key)")
        }
    }

    @Test(arguments: [
        ("mistral-window", true), ("qwen2-window-sharded", true), ("qwen2-bias", false), ("phi3-longrope", false),
        ("gemma2-caps", false), ("gemma3-windows", false),
    ]) func `knows which families' windows GGUF has no place for`(name: String, isLost: Bool) throws {
        let checkpoint = try ModelCheckpoint(path: TestFiles.fixture("reference/" + name))
        #expect(checkpoint.configuration.losesWindowsInGGUF == isLost)
    }

    /// The dequantised weights as f32 give the same logits, bit for bit: what a type means, nothing else, decides.
    @Test(arguments: KernelSet.available, [ElementType.q8_0, .q4_0, .f16, .bf16])
    func `logits equal those of the same weights as f32`(kernels: KernelSet, type: ElementType) throws {
        let stored = try convert(TestFiles.fixture("reference/llama-tied-bf16"), type)
        let plain = try convert(stored, .f32)
        let tokens = (0..<70).map { TokenID(($0 * 37 + $0 / 11) % 300) }
        // Panels of some types round the activations.
        let packs = !kernels.takesRoundedRows(type, columns: 32)
        let (first, second) = (
            try SequenceRunner(path: stored, kernels: kernels, packsWeights: packs).extend(tokens),
            try SequenceRunner(path: plain, kernels: kernels, packsWeights: packs).extend(tokens)
        )
        let isEqual = first.map { $0.map(\.bitPattern) } == second.map { $0.map(\.bitPattern) }
        #expect(isEqual)
        let original = try SequenceRunner(
            path: TestFiles.fixture("reference/llama-tied-bf16"), kernels: kernels
        ).extend(tokens)
        let error = relativeError(first.last!, original.last!)
        #expect(error < [ElementType.q8_0: 0.05, .q4_0: 0.6][type, default: 0.001], "\(type): \(error)")
        #expect(type == .bf16 || error > 0)
    }

    @Test func `vectors become f32, narrow rows stay, the head may have its own type`() throws {
        // 48 inputs and a feed-forward width of 84: nothing is whole blocks of 32 but the 3 heads of 16, 48, no.
        let narrow = try GGUFFile(path: try convert(TestFiles.fixture("reference/llama-mha-f16"), .q8_0))
        #expect(try narrow.tensor("model.layers.0.self_attn.q_proj.weight")?.elementType == .f16)
        #expect(try narrow.tensor("model.norm.weight")?.elementType == .f32)
        let wide = try GGUFFile(path: try convert(TestFiles.fixture("reference/llama-gqa-f32"), .q4_0, head: .q8_0))
        #expect(try wide.tensor("lm_head.weight")?.elementType == .q8_0)
        #expect(try wide.tensor("model.embed_tokens.weight")?.elementType == .q4_0)
        #expect(try wide.tensor("model.layers.2.self_attn.k_proj.weight")?.elementType == .q4_0)
        let tied = try GGUFFile(path: try convert(TestFiles.fixture("reference/llama-tied-bf16"), .q4_0, head: .f16))
        #expect(try tied.tensor("model.embed_tokens.weight")?.elementType == .f16)
        #expect(tied.shape(of: "lm_head.weight") == nil)
    }

    @Test func `a GGUF file keeps its keys but those that name the type`() throws {
        let source = TestFiles.fixture("reference/gguf/llama-gqa-f16.gguf")
        let path = try convert(source, .q8_0)
        let (before, after) = (try GGUFFile(path: source).metadata, try GGUFFile(path: path).metadata)
        let changed: Set = ["general.file_type", "general.quantization_version"]
        func kept(_ metadata: GGUFMetadata) -> [String] {
            metadata.keyValues.filter { !changed.contains($0.key) }.map { "\($0)" }
        }
        #expect(kept(before) == kept(after))
        #expect(kept(before).contains { $0.contains("tokenizer.ggml.tokens") })
        #expect(try after.integer("general.file_type") == 7)
        #expect(try after.integer("general.quantization_version") == 2)
        // The fixture's own Q8_0 file was quantised by gguf-py from the same model in f32.
        let again = try convert(path, .q8_0)
        #expect(try ReadFile.bytes(again) == ReadFile.bytes(path))
    }

    @Test func `a folder that no program could load is refused by the tensor's name`() throws {
        let damaged = try TemporaryFolder()
        for name in ["config.json", "model.safetensors"] {
            var bytes = try TestFiles.bytes(TestFiles.fixture("reference/llama-tied-bf16/" + name))
            if let place = bytes.firstRange(of: Array("layers.1.mlp.up_proj".utf8)) {
                bytes.replaceSubrange(place, with: Array("layers.1.mlp.op_proj".utf8))
            }
            try damaged.write(name, bytes)
        }
        let error = try #require(throws: CheckpointError.self) { try convert(damaged.path, .q8_0) }
        #expect(
            error
                == .missingTensor(
                    path: damaged.path, tensor: "model.layers.1.mlp.up_proj.weight"))
        #expect(folder.names() == [])
    }
}
