// SafetensorsTests.swift — well-formed safetensors files.

import Checkpoint
import Kernels
import TestSupport
import Testing

@Suite struct `Safetensors file` {
    private let header = """
        {"__metadata__":{"format":"pt"},"b":{"dtype":"F32","shape":[2,3],"data_offsets":[4,28]},\
        "a":{"dtype":"BF16","shape":[2],"data_offsets":[0,4]},"s":{"dtype":"F16","shape":[],"data_offsets":[28,30]},\
        "none":{"dtype":"F32","shape":[0,7],"data_offsets":[30,30]},"i":{"dtype":"I64","shape":[1],"data_offsets":[30,38]},\
        "new":{"dtype":"F9","shape":[5],"data_offsets":[38,41]}}
        """

    @Test func `lists tensors in file order, with shapes, types and bytes`() throws {
        let file = try SafetensorsFile(bytes: safetensors(header, data: 41))
        #expect(file.tensorNames == ["b", "a", "s", "none", "i", "new"])
        let b = try #require(try file.tensor("b"))
        #expect(b.name == "b")
        #expect(b.elementType == .f32)
        #expect(b.shape == [2, 3])
        #expect(Array(b.bytes) == (4..<28).map { UInt8($0) })
        let a = try #require(try file.tensor("a"))
        #expect(a.elementType == .bf16)
        #expect(Array(a.bytes) == [0, 1, 2, 3])
        let scalar = try #require(try file.tensor("s"))
        #expect(scalar.elementType == .f16)
        #expect(scalar.shape == [])
        #expect(Array(scalar.bytes) == [28, 29])
        let none = try #require(try file.tensor("none"))
        #expect(none.bytes.isEmpty)
        #expect(none.shape == [0, 7])
        #expect(file.shape(of: "i") == [1])
        #expect(file.shape(of: "x") == nil)
        #expect(try file.tensor("x") == nil)
    }

    @Test(arguments: [("i", "I64"), ("new", "F9")]) func `refuses a type without a kernel only when it is taken`(
        name: String, type: String
    ) throws {
        let file = try SafetensorsFile(bytes: safetensors(header, data: 41), path: "m.safetensors")
        let error = try #require(throws: CheckpointError.self) { try file.tensor(name) }
        #expect(error == .unsupportedType(path: "m.safetensors", tensor: name, type: type))
        #expect(
            error.description
                == "m.safetensors: tensor \(name) is stored as \(type), which is not supported; "
                + "use a file in one of F32, F16, BF16, Q8_0, Q4_0, Q4_1, Q5_0, Q5_1, Q4_K, Q5_K, Q6_K, Q2_K, Q3_K, "
                + "IQ4_NL, IQ4_XS")
    }

    @Test func `a record keeps the bytes alive`() throws {
        var file: SafetensorsFile? = try SafetensorsFile(bytes: safetensors(header, data: 41))
        let record = try #require(try file?.tensor("b"))
        file = nil
        withExtendedLifetime(record) { #expect(record.bytes.first == 4) }
    }

    @Test func `takes a padded header, no tensors, and tells names apart by bytes`() throws {
        #expect(try SafetensorsFile(bytes: safetensors("{}      ", data: 0)).tensorNames == [])
        let file = try SafetensorsFile(
            bytes: safetensors(
                "{\"caf\u{e9}\":{\"dtype\":\"U8\",\"shape\":[1],\"data_offsets\":[0,1]},"
                    + "\"cafe\u{301}\":{\"dtype\":\"U8\",\"shape\":[2],\"data_offsets\":[1,3]}}", data: 3))
        #expect(file.shape(of: "caf\u{e9}") == [1])
        #expect(file.shape(of: "cafe\u{301}") == [2])
    }

    @Test func `maps a file on disk`() throws {
        let folder = try TemporaryFolder()
        let path = try folder.write("m.safetensors", safetensors(header, data: 41))
        let record = try #require(try SafetensorsFile(path: path).tensor("a"))
        withExtendedLifetime(record) { #expect(Array(record.bytes) == [0, 1, 2, 3]) }
        #expect(throws: CheckpointError.self) { try SafetensorsFile(path: folder.path("none")) }
        #expect(throws: CheckpointError.self) { try SafetensorsFile(path: try folder.write("empty", [])) }
    }
}
