// RandomModel.swift — a model file of a real model's sizes with weights that mean nothing.
// Bench › Suite.  How fast a model runs does not depend on what its weights say, and nothing has to be downloaded.

import Base
import Checkpoint
import Console
import Glibc
import Kernels

enum RandomModel {
    /// What weights can be written as.
    static let types: [ElementType] = [.q8_0, .q4_0, .f16, .bf16, .f32]
    /// Where they are kept, unless something else is said.
    static let folder = ".build/bench-models"

    /// The path of the model that the user named; `random:SHAPE-TYPE` is one of these.
    static func path(_ wanted: String?) throws -> String {
        guard let wanted, wanted.hasPrefix("random:") else { return try ModelLocator.path(wanted) }
        let shapes = ModelShape.all + ModelShape.drafts
        for shape in shapes {
            for type in types where wanted == "random:\(shape.name)-\(type)" {
                return try file(shape, type, in: folder)
            }
        }
        throw UsageError(
            "'\(wanted)': known is random:SHAPE-TYPE, of \(shapes.map(\.name).joined(separator: ", "))"
                + " and \(types.map { "\($0)" }.joined(separator: ", "))")
    }

    /// Makes a folder and those above it.
    static func makeFolder(_ path: String) throws {
        var made = path.hasPrefix("/") ? "/" : ""
        for part in path.split(separator: "/") {
            made += part + "/"
            guard mkdir(made, 0o755) == 0 || errno == EEXIST || errno == EISDIR else {
                throw SuiteSteps.Failure(description: "\(made): the folder cannot be made: errno \(errno)")
            }
        }
    }

    /// Writes `FOLDER/SHAPE-TYPE.gguf`, a Llama without a tokenizer, unless it is there already.
    ///
    /// - Returns: its path.
    static func file(_ shape: ModelShape, _ type: ElementType, in folder: String) throws -> String {
        try makeFolder(folder)
        let path = "\(folder)/\(shape.name)-\(type).gguf"
        if access(path, R_OK) == 0 { return path }
        try GGUFWriter.write(to: path, keys: keys(shape), tensors: tensors(shape, type))
        return path
    }

    private static func keys(_ shape: ModelShape) -> [GGUFKeyValue] {
        func key(_ name: String, _ value: Int) -> GGUFKeyValue { GGUFKeyValue("llama." + name, UInt32(value)) }
        return [
            GGUFKeyValue("general.architecture", "llama"), GGUFKeyValue("general.name", shape.name + "-random"),
            key("block_count", shape.L), key("context_length", 8192), key("embedding_length", shape.D),
            key("feed_forward_length", shape.F), key("attention.head_count", shape.H),
            key("attention.head_count_kv", shape.G), key("rope.dimension_count", shape.K),
            key("vocab_size", shape.V), GGUFKeyValue("llama.rope.freq_base", Float(100_000)),
            GGUFKeyValue("llama.attention.layer_norm_rms_epsilon", Float(1e-5)),
        ]
    }

    /// Every matrix shows the beginning of one run of numbers.
    private static func tensors(_ shape: ModelShape, _ type: ElementType) -> [TensorRewrite] {
        let (D, F, HK, GK) = (shape.D, shape.F, shape.H * shape.K, shape.G * shape.K)
        var state: UInt64 = 7
        let numbers = TensorRecord(
            (0..<shape.V * D).map { _ in
                state = state &* 6_364_136_223_846_793_005 &+ 1_442_695_040_888_963_407
                return Float(Int32(truncatingIfNeeded: state >> 33) - 1 << 30) * 0x1p-35
            }, name: "random")
        func matrix(_ name: String, _ rows: Int, _ columns: Int) -> TensorRewrite {
            let record = numbers.matrix(name, rows: rows, columns: columns)
            return TensorRewrite(name: name + ".weight", source: record, type: type)
        }
        func gains(_ name: String) -> TensorRewrite {
            TensorRewrite(
                name: name + ".weight", source: TensorRecord([Float](repeating: 1, count: D), name: name), type: .f32)
        }
        let layers = (0..<shape.L).flatMap { layer in
            let part = "blk.\(layer)."
            return [
                gains(part + "attn_norm"), matrix(part + "attn_q", HK, D), matrix(part + "attn_k", GK, D),
                matrix(part + "attn_v", GK, D), matrix(part + "attn_output", D, HK), gains(part + "ffn_norm"),
                matrix(part + "ffn_gate", F, D), matrix(part + "ffn_up", F, D), matrix(part + "ffn_down", D, F),
            ]
        }
        return [matrix("token_embd", shape.V, D)] + layers + [gains("output_norm")]
    }
}
