// GGUFTests.swift — well-formed GGUF files and their metadata.

import Checkpoint
import Kernels
import TestSupport
import Testing

@Suite struct `GGUF file` {
    private func build(_ body: (inout GGUFBuilder) -> Void) throws -> GGUFFile {
        var builder = GGUFBuilder()
        body(&builder)
        return try GGUFFile(bytes: builder.build(), path: "m.gguf")
    }

    @Test(arguments: [2, 3] as [UInt32]) func `serves tensors under Hugging Face names, outermost dimension first`(
        version: UInt32
    ) throws {
        let file = try build {
            $0.version = version
            $0.tensor("token_embd.weight", dims: [2, 3], data: bytes([1, 2, 3, 4, 5, 6]))
            $0.tensor("blk.11.attn_q.weight", dims: [32, 2], type: 8, data: [UInt8](repeating: 7, count: 68))
            $0.tensor("rope_freqs.weight", dims: [1], data: bytes([9]))
            $0.tensor("half", dims: [1, 1, 3, 2], type: 1, data: [UInt8](repeating: 1, count: 12))
            $0.tensor("brain", dims: [2], type: 30, data: [1, 2, 3, 4])
            $0.tensor("scalar", dims: [], data: bytes([1]))
        }
        #expect(file.version == Int(version))
        #expect(
            file.tensorNames == [
                "model.embed_tokens.weight", "model.layers.11.self_attn.q_proj.weight", "rope_freqs.weight", "half",
                "brain",
                "scalar",
            ])
        let embedding = try #require(try file.tensor("model.embed_tokens.weight"))
        #expect(embedding.shape == [3, 2])
        #expect(embedding.elementType == .f32)
        #expect(Array(embedding.bytes) == bytes([1, 2, 3, 4, 5, 6]))
        let query = try #require(try file.tensor("model.layers.11.self_attn.q_proj.weight"))
        #expect(query.shape == [2, 32])
        #expect(query.elementType == .q8_0)
        #expect(Array(query.bytes) == [UInt8](repeating: 7, count: 68))
        #expect(try file.tensor("half")?.shape == [2, 3, 1, 1])
        #expect(try file.tensor("half")?.elementType == .f16)
        #expect(try file.tensor("brain")?.elementType == .bf16)
        #expect(try file.tensor("scalar")?.shape == [])
        #expect(try file.tensor("token_embd.weight") == nil)
        #expect(file.path == "m.gguf")
    }

    @Test func `reads every type of metadata`() throws {
        let file = try build {
            $0.key("u8", type: 0, [200])
            $0.key("i8", type: 1, [200])
            $0.key("u16", type: 2, bytes(UInt16.max))
            $0.key("i16", type: 3, bytes(Int16.min))
            $0.key("u32", .max)
            $0.key("i32", type: 5, bytes(Int32.min))
            $0.float("f32", 1.5)
            $0.key("yes", type: 7, [1])
            $0.key("no", type: 7, [0])
            $0.key("text", "caf\u{e9}")
            $0.key("raw", type: 8, GGUFBuilder.string([0xFF]))
            $0.key("u64", type: 10, bytes(UInt64.max))
            $0.key("i64", type: 11, bytes(Int64.min))
            $0.key("f64", type: 12, bytes((0.1).bitPattern))
            $0.array(
                "tokens", of: 8, count: 3,
                GGUFBuilder.string("a") + GGUFBuilder.string([0xE4, 0xB8]) + GGUFBuilder.string(""))
            $0.array("scores", of: 6, count: 2, bytes([-1, 0.5]))
            $0.array("doubles", of: 12, count: 1, bytes((2.5).bitPattern))
            $0.array("types", of: 5, count: 2, bytes(Int32(-1)) + bytes(Int32(6)))
            $0.array("bytes", of: 0, count: 2, [1, 255])
            $0.array("flags", of: 7, count: 2, [1, 0])
            $0.array("big", of: 10, count: 1, bytes(UInt64.max))
            $0.array("none", of: 8, count: 0, [])
            $0.array(
                "nested", of: 9, count: 2,
                bytes(UInt32(0)) + bytes(UInt64(1)) + [1] + bytes(UInt32(8)) + bytes(UInt64(0)))
        }
        let metadata = file.metadata
        #expect(metadata.keys.count == 23)
        #expect(try metadata.integer("u8") == 200)
        #expect(try metadata.integer("i8") == -56)
        #expect(try metadata.integer("u16") == 65_535)
        #expect(try metadata.integer("i16") == -32_768)
        #expect(try metadata.integer("u32") == 4_294_967_295)
        #expect(try metadata.integer("i32") == -2_147_483_648)
        #expect(try metadata.integer("i64") == .min)
        #expect(try metadata.float("f32") == 1.5)
        #expect(try metadata.float("f64") == 0.1)
        #expect(try metadata.float("u8") == 200)
        #expect(try metadata.bool("yes"))
        #expect(try !metadata.bool("no"))
        #expect(try metadata.string("text") == "caf\u{e9}")
        #expect(try metadata.stringArray("tokens") == [[0x61], [0xE4, 0xB8], []])
        #expect(try metadata.stringArray("none") == [])
        #expect(try metadata.floatArray("scores") == [-1, 0.5])
        #expect(try metadata.floatArray("doubles") == [2.5])
        #expect(try metadata.integerArray("types") == [-1, 6])
        #expect(try metadata.integerArray("bytes") == [1, 255])
        #expect(try metadata.boolArray("flags") == [true, false])
        #expect(metadata.isArray("tokens"))
        #expect(!metadata.isArray("u8"))
        #expect(metadata.has("nested"))
        #expect(!metadata.has("missing"))
    }

    @Test func `names the key that is missing or of another type`() throws {
        let metadata = try build {
            $0.key("text", "x")
            $0.key("number", 7)
            $0.key("raw", type: 8, GGUFBuilder.string([0xFF]))
            $0.key("u64", type: 10, bytes(UInt64.max))
            $0.array("tokens", of: 8, count: 0, [])
            $0.array("big", of: 10, count: 1, bytes(UInt64.max))
        }.metadata
        func complaint(_ body: () throws -> Void) -> String? {
            do { try body() } catch { return "\(error)" }
            return nil
        }
        #expect(
            complaint { _ = try metadata.integer("llama.block_count") }
                == "m.gguf: the key llama.block_count is missing")
        #expect(
            complaint { _ = try metadata.string("number") } == "m.gguf: the key number must be a string, but is uint32")
        #expect(
            complaint { _ = try metadata.string("raw") }
                == "m.gguf: the key raw must be a string, but is bytes that are not UTF-8")
        #expect(complaint { _ = try metadata.integer("text") }?.hasSuffix("but is string") == true)
        #expect(complaint { _ = try metadata.integer("u64") }?.contains("u64") == true)
        #expect(complaint { _ = try metadata.integer("tokens") }?.hasSuffix("but is an array of string") == true)
        #expect(complaint { _ = try metadata.float("text") } == "m.gguf: the key text must be a number, but is string")
        #expect(complaint { _ = try metadata.bool("number") }?.contains("number") == true)
        #expect(
            complaint { _ = try metadata.stringArray("text") }?.contains("an array of strings, but is string") == true)
        #expect(complaint { _ = try metadata.stringArray("big") }?.hasSuffix("but is an array of uint64") == true)
        #expect(complaint { _ = try metadata.floatArray("tokens") }?.contains("tokens") == true)
        #expect(complaint { _ = try metadata.integerArray("tokens") }?.contains("tokens") == true)
        #expect(complaint { _ = try metadata.integerArray("big") }?.contains("a greater one") == true)
        #expect(complaint { _ = try metadata.boolArray("big") }?.contains("big") == true)
        // A default stands in for a missing key, not for a wrong one.
        #expect(try metadata.integer("missing", default: 3) == 3)
        #expect(try metadata.float("missing", default: 0.5) == 0.5)
        #expect(try metadata.string("missing", default: "y") == "y")
        #expect(try metadata.bool("missing", default: true))
        #expect(try metadata.integer("number", default: 3) == 7)
        #expect(throws: CheckpointError.self) { try metadata.integer("text", default: 3) }
    }

    @Test func `follows the alignment that the file gives`() throws {
        let file = try build {
            $0.alignment = 64
            $0.key("general.alignment", 64)
            $0.tensor("a", dims: [1], data: bytes([1]))
            $0.tensor("b", dims: [1], data: bytes([2]))
        }
        #expect(try file.tensor("b").map { Array($0.bytes) } == bytes([2]))
    }

    @Test(
        arguments: [
            (9, 32, 36, "Q8_1"), (15, 256, 292, "Q8_K"), (16, 256, 66, "IQ2_XXS"), (26, 1, 4, "I32"),
            (39, 32, 17, "MXFP4"),
            (77, 5, 3, "ggml type 77"),
        ] as [(UInt32, UInt64, Int, String)]) func `refuses a type without a kernel only when it is taken`(
            code: UInt32, width: UInt64, size: Int, name: String
        ) throws
    {
        let file = try build {
            $0.tensor("odd", dims: [width], type: code, data: [UInt8](repeating: 0, count: size))
            $0.tensor("good", dims: [1], data: bytes([1]))
        }
        #expect(file.shape(of: "odd") == [Int(width)])
        #expect(throws: CheckpointError.unsupportedType(path: "m.gguf", tensor: "odd", type: name)) {
            try file.tensor("odd")
        }
        #expect(try file.tensor("good") != nil)
    }
}
