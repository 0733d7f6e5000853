// FormatExactnessTests.swift — the promise of exactness for every way in which weights are stored.
// Weights mean nothing here: what is compared is one engine with another.

import Base
import Checkpoint
import Engine
import Kernels
import TestSupport
import Testing
import Transformer

@Suite struct `Exactness of formats` {
    private static let companies = [
        Company(threads: 2),
        Company(maxBatchedTokens: 5, prefillBesideDecode: 3, arrivalGap: 2),
        Company(threads: 2, maxBatchedTokens: 24, arrivalGap: 2, preemptEvery: 2, isWarm: true),
        Company(threads: 2, arrivalGap: 1, drafter: .suffix, draftCount: 3),
    ]

    @Test(arguments: ElementType.allCases, KernelSet.available)
    func `tokens and logits are the same bits alone and in company`(type: ElementType, kernels: KernelSet) throws {
        let folder = try TemporaryFolder()
        let path = folder.path + "/model.gguf"
        try Self.write(type, to: path)
        typealias Sweep = `Exactness of models`
        let requests = Array(Sweep.makeRequests(Self.vocabulary).prefix(10))
        let expected = try Sweep.alone(requests, path, kernels, .f16)
        #expect(Set(expected.values.map(\.logitsHash)).count == requests.count, "the requests are all different")
        for (index, company) in Self.companies.enumerated() {
            var generator = SeededGenerator(seed: UInt64(index + 1))
            let (core, model) = try Sweep.makeCore(path, company, kernels, .f16)
            if company.isWarm { _ = Sweep.run(Sweep.earlier(requests), core, model, company, &generator) }
            let found = Sweep.run(requests, core, model, company, &generator)
            for request in requests {
                #expect(found[request.id] == expected[request.id], "\(type), \(request.id) in \(company)")
            }
        }
    }

    private static let vocabulary = 300

    /// Two layers, wide enough for blocks of 256.
    private static func write(_ type: ElementType, to path: String) throws {
        let width = 256
        var generator = SeededGenerator(seed: 11)
        func key(_ name: String, _ value: Int) -> GGUFKeyValue { GGUFKeyValue("llama." + name, UInt32(value)) }
        func matrix(_ name: String, _ rows: Int) -> TensorRewrite {
            let count = rows * width
            guard [.f32, .f16, .bf16, .q8_0, .q4_0].contains(type) else {
                // Bytes between 0x2c and 0x2f make ordinary scales in every block format.
                let bytes = (0..<count / type.blockSize * type.bytesPerBlock).map { _ in
                    UInt8.random(in: 0x2c...0x2f, using: &generator)
                }
                let record = TensorRecord(bytes, type, shape: [rows, width], name: name)
                return TensorRewrite(name: name + ".weight", source: record, type: type)
            }
            let numbers = (0..<count).map { _ in Float.random(in: -0.1...0.1, using: &generator) }
            let record = TensorRecord(numbers, name: name).matrix(name, rows: rows, columns: width)
            return TensorRewrite(name: name + ".weight", source: record, type: type)
        }
        func gains(_ name: String) -> TensorRewrite {
            let record = TensorRecord([Float](repeating: 1, count: width), name: name)
            return TensorRewrite(name: name + ".weight", source: record, type: .f32)
        }
        let layers = (0..<2).flatMap { layer in
            ["attn_q", "attn_k", "attn_v", "attn_output", "ffn_gate", "ffn_up", "ffn_down"].map { name in
                matrix("blk.\(layer).\(name)", ["attn_k", "attn_v"].contains(name) ? 128 : width)
            } + [gains("blk.\(layer).attn_norm"), gains("blk.\(layer).ffn_norm")]
        }
        try GGUFWriter.write(
            to: path,
            keys: [
                GGUFKeyValue("general.architecture", "llama"), key("block_count", 2), key("context_length", 256),
                key("embedding_length", width), key("feed_forward_length", width), key("attention.head_count", 4),
                key("attention.head_count_kv", 2), key("rope.dimension_count", 64), key("vocab_size", vocabulary),
                GGUFKeyValue("llama.rope.freq_base", Float(10_000)),
                GGUFKeyValue("llama.attention.layer_norm_rms_epsilon", Float(1e-5)),
            ], tensors: [matrix("token_embd", vocabulary)] + layers + [gains("output_norm")])
    }
}
