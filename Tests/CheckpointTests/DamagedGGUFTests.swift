// DamagedGGUFTests.swift — GGUF files that contradict the format, cut anywhere, changed anywhere.

import Checkpoint
import TestSupport
import Testing

@Suite struct `Damaged GGUF file` {
    /// How to spoil a file, and a part of the complaint.
    struct Damage: Sendable, CustomTestStringConvertible {
        let complaint: String
        let spoil: @Sendable (inout GGUFBuilder) -> Void
        let testDescription: String

        init(_ name: String, _ complaint: String, _ spoil: @escaping @Sendable (inout GGUFBuilder) -> Void) {
            self.complaint = complaint
            self.spoil = spoil
            testDescription = name
        }
    }

    private static let four = bytes([1])

    private static let table: [Damage] = [
        // Header.
        Damage("version 1", "GGUF version 1") { $0.version = 1 },
        Damage("version 0", "GGUF version 0") { $0.version = 0 },
        Damage("version 4", "GGUF version 4") { $0.version = 4 },
        Damage("big-endian", "big-endian") { $0.version = UInt32(3).byteSwapped },
        Damage("too many tensors", "it claims 1000000 tensors") { $0.claimedTensors = 1_000_000 },
        Damage("2^64 - 1 tensors", "18446744073709551615 tensors") { $0.claimedTensors = .max },
        Damage("2^63 tensors", "9223372036854775808 tensors") { $0.claimedTensors = 1 << 63 },
        Damage("2^64 - 1 keys", "18446744073709551615 keys") { $0.claimedKeys = .max },
        Damage("one key too many", "it claims 1 keys") { $0.claimedKeys = 1 },
        Damage("one tensor too many", "it claims 1 tensors") { $0.claimedTensors = 1 },
        // Keys.
        Damage("key without a name", "the name of key 0 is empty") { $0.key("", 1) },
        Damage("key not UTF-8", "the name of key 0 is empty or not UTF-8") {
            $0 = GGUFBuilder(raw: GGUFBuilder.string([0xFF]) + bytes(UInt32(0)) + [1])
        },
        Damage("key of 2^63 bytes", "is 9223372036854775808 bytes long") {
            $0 = GGUFBuilder(raw: bytes(UInt64(1) << 63) + [0, 0, 0, 0, 0])
        },
        Damage("key of 65536 bytes", "is 65536 bytes long") { $0.key(String(repeating: "k", count: 65_536), 1) },
        Damage("key past the end", "inside the name of key 0") {
            $0 = GGUFBuilder(raw: bytes(UInt64(40_000)) + [0, 0, 0, 0, 0])
        },
        Damage("key twice", "the key k is there twice") {
            $0.key("k", 1)
            $0.key("k", "x")
        },
        Damage("unknown value type", "unknown type 13") { $0.key("k", type: 13, [0]) },
        Damage("value type 2^32 - 1", "unknown type 4294967295") { $0.key("k", type: .max, [0]) },
        Damage("bool of 2", "the key k is neither true nor false") { $0.key("k", type: 7, [2]) },
        Damage("bool array with a 2", "neither true nor false") { $0.array("k", of: 7, count: 3, [0, 1, 2]) },
        Damage("string past the end", "inside the key k") { $0.key("k", type: 8, bytes(UInt64(100_000))) },
        Damage("string of 2^64 - 1 bytes", "a string of 18446744073709551615 bytes") {
            $0.key("k", type: 8, bytes(UInt64.max))
        },
        Damage("string of 2^63 - 1 bytes", "inside the key k") { $0.key("k", type: 8, bytes(UInt64.max >> 1)) },
        // Arrays.
        Damage("array of an unknown type", "unknown type 99") { $0.array("k", of: 99, count: 0, []) },
        Damage("array past the end", "elements in the key k") { $0.array("k", of: 4, count: 100, bytes(UInt32(1))) },
        Damage("array of 2^62 numbers", "4611686018427387904 elements") { $0.array("k", of: 4, count: 1 << 62, []) },
        Damage("array of 2^61 + 1 doubles", "elements in the key k") { $0.array("k", of: 12, count: 1 << 61 + 1, []) },
        Damage("array of 2^64 - 1 strings", "elements in the key k") { $0.array("k", of: 8, count: .max, []) },
        Damage("array of too many strings", "elements in the key k") {
            $0.array("k", of: 8, count: 9, GGUFBuilder.string("x"))
        },
        Damage("string in an array past the end", "inside the key k") {
            $0.array("k", of: 8, count: 1, bytes(UInt64(1 << 40)) + [0, 0])
        },
        Damage("array of 2^60 arrays", "elements in the key k") { $0.array("k", of: 9, count: 1 << 60, []) },
        Damage("arrays nested five deep", "nests arrays more than 4 deep") {
            let inner = bytes(UInt32(9)) + bytes(UInt64(1))
            $0.array("k", of: 9, count: 1, inner + inner + inner + bytes(UInt32(0)) + bytes(UInt64(1)) + [1])
        },
        Damage("arrays nested a thousand deep", "nests arrays more than 4 deep") {
            let inner = bytes(UInt32(9)) + bytes(UInt64(1))
            $0.array("k", of: 9, count: 1, (0..<1000).flatMap { _ in inner })
        },
        // Alignment.
        Damage("alignment 0", "its alignment is 0") { $0.key("general.alignment", 0) },
        Damage("alignment 24", "its alignment is 24") { $0.key("general.alignment", 24) },
        Damage("alignment 2^31", "its alignment is 2147483648") { $0.key("general.alignment", 1 << 31) },
        Damage("alignment a string", "general.alignment must be an integer") { $0.key("general.alignment", "32") },
        // Split models.
        Damage("one part of three", "one of 3 parts") { $0.key("split.count", type: 2, bytes(UInt16(3))) },
        // Tensor entries.
        Damage("tensor without a name", "the name of tensor 0 is empty") { $0.tensor("", dims: [1], data: four) },
        Damage("tensor name too long", "257 bytes long") {
            $0.tensor(String(repeating: "t", count: 257), dims: [1], data: four)
        },
        Damage("tensor twice", "tensor t is listed twice") {
            $0.tensor("t", dims: [1], data: four)
            $0.tensor("t", dims: [1], data: four)
        },
        Damage("tensor under two names", "listed under two names") {
            $0.tensor("output.weight", dims: [1], data: four)
            $0.tensor("lm_head.weight", dims: [1], data: four)
        },
        Damage("five dimensions", "has 5 dimensions") { $0.tensor("t", dims: [1, 1, 1, 1, 1], data: four) },
        Damage("2^32 - 1 dimensions", "has 4294967295 dimensions") {
            $0.tensor("t", dims: [1], data: four, rank: .max)
        },
        Damage("a dimension of 2^63", "dimension of 9223372036854775808") {
            $0.tensor("t", dims: [1 << 63], data: four)
        },
        Damage("a product that overflows", "has the shape") { $0.tensor("t", dims: [1 << 32, 1 << 31], data: four) },
        Damage("an overflow hidden by a zero", "has the shape") {
            $0.tensor("t", dims: [1 << 40, 1 << 40, 0], data: four)
        },
        Damage("bytes that overflow", "not whole blocks of F32") { $0.tensor("t", dims: [1 << 61 + 1], data: four) },
        Damage("more than the file", "needs 8 bytes") { $0.tensor("t", dims: [2], data: four) },
        Damage("half a block", "are not whole blocks of Q8_0") {
            $0.tensor("t", dims: [16, 2], type: 8, data: [UInt8](repeating: 0, count: 34))
        },
        Damage("offset off its alignment", "not a multiple of 32") { $0.tensor("t", dims: [1], data: four, offset: 4) },
        Damage("offset past the end", "past the file's") { $0.tensor("t", dims: [1], data: four, offset: 1 << 20) },
        Damage("offset 2^64 - 32", "not a multiple of") {
            $0.tensor("t", dims: [1], data: four, offset: UInt64.max - 31)
        },
        Damage("offset 2^63 - 32", "past the file's") {
            $0.tensor("t", dims: [1], data: four, offset: UInt64.max >> 1 - 31)
        },
        Damage("unknown type past the end", "past the file's") {
            $0.tensor("t", dims: [1], type: 99, data: four, offset: 1 << 20)
        },
        Damage("overlap", "tensors a and b overlap") {
            $0.tensor("a", dims: [16], data: [UInt8](repeating: 0, count: 64))
            $0.tensor("b", dims: [1], data: four, offset: 32)
        },
        Damage("the same bytes twice", "overlap") {
            $0.tensor("a", dims: [1], data: four)
            $0.tensor("b", dims: [1], data: four, offset: 0)
        },
    ]

    @Test(arguments: table) func `is refused with the reason`(damage: Damage) throws {
        var builder = GGUFBuilder()
        damage.spoil(&builder)
        let error = try #require(throws: CheckpointError.self) { try GGUFFile(bytes: builder.build(), path: "m.gguf") }
        #expect(error.description.hasPrefix("m.gguf"))
        #expect(error.description.contains(damage.complaint), "\(error)")
    }

    @Test(
        arguments: [[], [0x47], Array("GGUF".utf8), Array("GGML".utf8) + [3, 0, 0, 0], Array("{}".utf8)] as [[UInt8]])
    func `a file of another kind is refused`(start: [UInt8]) {
        #expect(throws: CheckpointError.self) { try GGUFFile(bytes: start) }
    }

    private static let sample: [UInt8] = {
        var builder = GGUFBuilder()
        builder.key("general.architecture", "llama")
        builder.key("general.alignment", 32)
        builder.float("llama.rope.freq_base", 10_000)
        builder.key("flag", type: 7, [1])
        builder.array("tokens", of: 8, count: 3, ["a", "bc", ""].flatMap { GGUFBuilder.string($0) })
        builder.array("scores", of: 6, count: 3, bytes([1, 2, 3]))
        builder.array("nested", of: 9, count: 1, bytes(UInt32(1)) + bytes(UInt64(2)) + [1, 2])
        builder.tensor("token_embd.weight", dims: [4, 3], data: bytes([Float](repeating: 1, count: 12)))
        builder.tensor("blk.0.attn_q.weight", dims: [32, 2], type: 8, data: [UInt8](repeating: 3, count: 68))
        builder.tensor("odd", dims: [256], type: 12, data: [UInt8](repeating: 4, count: 144))
        return builder.build()
    }()

    @Test func `a file cut anywhere is refused`() throws {
        _ = try GGUFFile(bytes: Self.sample)
        for length in 0..<Self.sample.count {
            #expect(throws: CheckpointError.self, "\(length)") { try GGUFFile(bytes: Array(Self.sample[..<length])) }
        }
    }

    @Test func `a file changed anywhere never traps, and what is served stays consistent`() {
        var mutator = Mutator(seed: 12)
        var (accepted, inconsistent) = (0, 0)
        for _ in 0..<25_000 {
            guard let file = try? GGUFFile(bytes: mutator.mutate(Self.sample)) else { continue }
            accepted += 1
            if !readEverything(file) { inconsistent += 1 }
            for key in file.metadata.keys {
                _ = try? file.metadata.string(key)
                _ = try? file.metadata.integer(key)
                _ = try? file.metadata.float(key)
                _ = try? file.metadata.bool(key)
                _ = try? file.metadata.stringArray(key)
                _ = try? file.metadata.floatArray(key)
                _ = try? file.metadata.integerArray(key)
                _ = try? file.metadata.boolArray(key)
            }
        }
        #expect(accepted > 100)
        #expect(inconsistent == 0)
    }
}

extension GGUFBuilder {
    /// One key written by hand, name and all.
    init(raw key: [UInt8]) {
        self.init()
        append(rawKey: key)
    }
}
