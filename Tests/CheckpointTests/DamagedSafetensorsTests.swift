// DamagedSafetensorsTests.swift — files that contradict the format, cut anywhere, changed anywhere.

import Checkpoint
import TestSupport
import Testing

@Suite struct `Damaged safetensors file` {
    /// One tensor's entry.
    private static func entry(_ name: String, _ dtype: String, _ shape: String, _ offsets: String) -> String {
        "\"\(name)\":{\"dtype\":\"\(dtype)\",\"shape\":\(shape),\"data_offsets\":\(offsets)}"
    }

    private static let a = entry("a", "F32", "[2]", "[0,8]")

    /// Header, bytes of data, and a part of the complaint.
    private static let table: [(header: String, data: Int, complaint: String)] = [
        // The header.
        ("", 0, "does not begin with '{'"), (" {}", 0, "does not begin with '{'"), ("[]", 0, "does not begin with '{'"),
        ("{", 0, "header is not JSON"), ("{}x", 0, "header is not JSON"), ("{\"a\":1,}", 0, "header is not JSON"),
        ("{\"a\":[[[[[[[[[[]]]]]]]]]]}", 0, "nested more than 8"), ("{\"\\ud800\":1}", 0, "surrogate"),
        ("{\"__metadata__\":1}", 0, "__metadata__"),
        // Entries.
        ("{\"a\":1}", 0, "no dtype"), ("{\"a\":null}", 0, "no dtype"), ("{\"a\":[]}", 0, "no dtype"),
        ("{\"a\":{\"dtype\":4,\"shape\":[],\"data_offsets\":[0,4]}}", 4, "no dtype"),
        ("{\"a\":{\"dtype\":\"F32\",\"data_offsets\":[0,4]}}", 4, "no usable shape"),
        ("{\"a\":{\"dtype\":\"F32\",\"shape\":[]}}", 4, "no usable data_offsets"),
        ("{\(a),\(a)}", 8, "listed twice"), ("{\(a),\"\\u0061\":{}}", 8, "listed twice"),
        ("{\"a\":{\"dtype\":\"F32\",\"dtype\":\"F16\",\"shape\":[2],\"data_offsets\":[0,8]}}", 8, "its dtype twice"),
        ("{\"a\":{\"dtype\":\"F32\",\"shape\":[2],\"data_offsets\":[0,8],\"shape\":[4]}}", 8, "its shape twice"),
        // Shapes.
        ("{\(entry("a", "F32", "2", "[0,8]"))}", 8, "no usable shape"),
        ("{\(entry("a", "F32", "[-2]", "[0,8]"))}", 8, "no usable shape"),
        ("{\(entry("a", "F32", "[2.5]", "[0,10]"))}", 10, "no usable shape"),
        ("{\(entry("a", "F32", "[\"2\"]", "[0,8]"))}", 8, "no usable shape"),
        ("{\(entry("a", "F32", "[9223372036854775808]", "[0,8]"))}", 8, "no usable shape"),
        ("{\(entry("a", "F32", "[4294967296,4294967296]", "[0,8]"))}", 8, "no usable shape"),
        ("{\(entry("a", "F32", "[9223372036854775807,2,0]", "[0,0]"))}", 0, "no usable shape"),
        // A product that fits, whose bytes do not: 2^62 × 4 wraps to 0.
        ("{\(entry("a", "F32", "[4611686018427387904]", "[0,0]"))}", 0, "do not fit F32"),
        ("{\(entry("a", "F32", "[1152921504606846978]", "[0,8]"))}", 8, "do not fit F32"),
        ("{\(entry("a", "F32", "[3]", "[0,8]"))}", 8, "do not fit F32"),
        ("{\(entry("a", "F16", "[3]", "[0,8]"))}", 8, "do not fit F16"),
        ("{\(entry("a", "F4", "[3]", "[0,2]"))}", 2, "do not fit F4"),
        ("{\(entry("a", "F32", "[0]", "[0,8]"))}", 8, "do not fit F32"),
        // Offsets.
        ("{\(entry("a", "F32", "[2]", "[8,0]"))}", 8, "no usable data_offsets"),
        ("{\(entry("a", "F32", "[2]", "[0,8,16]"))}", 16, "no usable data_offsets"),
        ("{\(entry("a", "F32", "[2]", "[0]"))}", 8, "no usable data_offsets"),
        ("{\(entry("a", "F32", "[2]", "[-8,0]"))}", 8, "no usable data_offsets"),
        ("{\(entry("a", "F32", "[2]", "8"))}", 8, "no usable data_offsets"),
        ("{\(entry("a", "F32", "[2]", "[0,8]"))}", 7, "ends at byte 8"),
        ("{\(entry("a", "F32", "[2]", "[8,16]"))}", 8, "ends at byte 16"),
        (
            "{\(entry("a", "F32", "[2]", "[9223372036854775799,9223372036854775807]"))}", 8,
            "ends at byte 9223372036854775807"
        ),
        ("{\(entry("a", "F32", "[2]", "[0,18446744073709551616]"))}", 8, "no usable data_offsets"),
        // Coverage.
        ("{\(a),\(entry("b", "F32", "[2]", "[4,12]"))}", 12, "overlaps"),
        ("{\(a),\(entry("b", "F32", "[2]", "[0,8]"))}", 8, "overlaps"),
        ("{\(a),\(entry("b", "F32", "[2]", "[12,20]"))}", 20, "leaves a gap"),
        ("{\(entry("a", "F32", "[2]", "[4,12]"))}", 12, "leaves a gap"),
        ("{\(a)}", 9, "belong to no tensor"), ("{}", 1, "belong to no tensor"),
        ("{\(a),\(entry("z", "F32", "[0]", "[4,4]"))}", 8, "overlaps"),
    ]

    @Test(arguments: table) func `is refused with the reason`(header: String, data: Int, complaint: String) throws {
        let error = try #require(throws: CheckpointError.self) {
            try SafetensorsFile(bytes: safetensors(header, data: data), path: "m.safetensors")
        }
        #expect(error.description.hasPrefix("m.safetensors is damaged: "))
        #expect(error.description.contains(complaint), "\(error)")
    }

    @Test(
        arguments: [
            (3, "goes past its end"), (100_000_000, "goes past its end"), (100_000_001, "are the most allowed"),
            (UInt64.max, "are the most allowed"), (1 << 63, "are the most allowed"), (0, "does not begin"),
            (1, "header is not JSON"),
        ] as [(UInt64, String)]) func `a false header length is refused`(length: UInt64, complaint: String) throws
    {
        let error = try #require(throws: CheckpointError.self) {
            try SafetensorsFile(bytes: safetensors("{}", data: 0, length: length))
        }
        #expect(error.description.contains(complaint), "\(error)")
    }

    private static let sample = safetensors(
        "{\"__metadata__\":{\"format\":\"pt\"},\(a),\(entry("w", "BF16", "[3,5]", "[8,38]")),"
            + "\(entry("u", "I8", "[2]", "[38,40]"))}",
        data: 40)

    @Test func `a file cut anywhere is refused`() throws {
        _ = try SafetensorsFile(bytes: Self.sample)
        for length in 0..<Self.sample.count {
            #expect(throws: CheckpointError.self, "\(length)") {
                try SafetensorsFile(bytes: Array(Self.sample[..<length]))
            }
        }
    }

    @Test func `a file changed anywhere never traps, and what is served stays consistent`() {
        var mutator = Mutator(seed: 11)
        var (accepted, inconsistent) = (0, 0)
        for _ in 0..<25_000 {
            guard let file = try? SafetensorsFile(bytes: mutator.mutate(Self.sample)) else { continue }
            accepted += 1
            if !readEverything(file) { inconsistent += 1 }
        }
        #expect(accepted > 100)
        #expect(inconsistent == 0)
    }
}
