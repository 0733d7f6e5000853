// HuggingFaceFolderTests.swift — whole and sharded model folders.

import Base
import Checkpoint
import TestSupport
import Testing

@Suite struct `Hugging Face folder` {
    private func shard(_ names: [String], firstByte: Int = 0) -> [UInt8] {
        let entries = names.enumerated().map {
            "\"\($1)\":{\"dtype\":\"F16\",\"shape\":[1],\"data_offsets\":[\($0 * 2),\($0 * 2 + 2)]}"
        }
        let header = "{" + entries.joined(separator: ",") + "}"
        return bytes(UInt64(header.utf8.count)) + header.utf8 + (0..<names.count * 2).map { UInt8(firstByte + $0) }
    }

    private func index(_ map: String) -> [UInt8] {
        Array("{\"metadata\":{\"total_size\":4},\"weight_map\":\(map)}".utf8)
    }

    @Test func `a whole model is one file`() throws {
        let folder = try TemporaryFolder()
        try folder.write("model.safetensors", shard(["a", "b"]))
        let model = try HuggingFaceFolder(path: folder.path)
        #expect(model.tensorNames == ["a", "b"])
        #expect(model.shape(of: "b") == [1])
        #expect(try model.tensor("b").map { Array($0.bytes) } == [2, 3])
        #expect(try model.tensor("c") == nil)
        #expect(model.shape(of: "c") == nil)
    }

    @Test func `a sharded model is one source`() throws {
        let folder = try TemporaryFolder()
        try folder.write("one.safetensors", shard(["b", "shared", "extra"], firstByte: 10))
        try folder.write("two.safetensors", shard(["a", "shared"], firstByte: 50))
        try folder.write(
            "model.safetensors.index.json",
            index(#"{"a":"two.safetensors","b":"one.safetensors","shared":"two.safetensors"}"#))
        let model = try HuggingFaceFolder(path: folder.path)
        #expect(model.tensorNames == ["a", "shared", "b", "extra"])
        #expect(try model.tensor("a").map { Array($0.bytes) } == [50, 51])
        #expect(try model.tensor("b").map { Array($0.bytes) } == [10, 11])
        #expect(try model.tensor("shared").map { Array($0.bytes) } == [52, 53])
    }

    @Test(arguments: [
        (#"{"a":"../one.safetensors"}"#, "not mapped to the name of a file"), (#"{"a":"/etc/passwd"}"#, "not mapped"),
        (#"{"a":".."}"#, "not mapped"), (#"{"a":""}"#, "not mapped"),
        (#"{"a":"one.safetensors\u0000x"}"#, "not mapped"),
        (#"{"a":"sub/one.safetensors"}"#, "not mapped"), (#"{"a":1}"#, "not mapped"), (#"[]"#, "no weight_map"),
        (#"{"a":"one.safetensors","a":"one.safetensors"}"#, "mapped twice"), (#"{"a""#, "line 1"),
        (#"{"z":"one.safetensors"}"#, "which lacks it"), (#"{"a":"none.safetensors"}"#, "No such file"),
        (#"{"a":"one.safetensors","c":"three.safetensors"}"#, "tensor b is in two files"),
    ]) func `a wrong index is refused`(map: String, complaint: String) throws {
        let folder = try TemporaryFolder()
        try folder.write("one.safetensors", shard(["a", "b"]))
        try folder.write("three.safetensors", shard(["c", "b"]))
        try folder.write("model.safetensors.index.json", index(map))
        let error = try #require(throws: CheckpointError.self) { try HuggingFaceFolder(path: folder.path) }
        #expect(error.description.contains(complaint), "\(error)")
    }

    @Test func `a folder without weights, and a damaged file, are clear errors`() throws {
        let folder = try TemporaryFolder()
        #expect(
            throws: CheckpointError.unsupported(
                path: folder.path,
                what: "it holds neither model.safetensors nor model.safetensors.index.json")
        ) { try HuggingFaceFolder(path: folder.path) }
        // A damaged whole file must not fall back to an index beside it.
        try folder.write("model.safetensors", [1, 2, 3])
        try folder.write("one.safetensors", shard(["a"]))
        try folder.write("model.safetensors.index.json", index(#"{"a":"one.safetensors"}"#))
        let error = try #require(throws: CheckpointError.self) { try HuggingFaceFolder(path: folder.path) }
        #expect(error.description.contains("model.safetensors is damaged"))
    }

    @Test func `reads the small files beside the weights`() throws {
        let folder = try TemporaryFolder()
        try folder.write("model.safetensors", shard(["a"]))
        try folder.write("config.json", Array(#"{"hidden_size": 64}"#.utf8))
        try folder.write("broken.json", Array("{".utf8))
        let model = try HuggingFaceFolder(path: folder.path)
        #expect(try model.json("config.json")?["hidden_size"]?.integer == 64)
        #expect(try model.json("generation_config.json") == nil)
        #expect(try model.bytes(of: "config.json")?.count == 19)
        let error = try #require(throws: CheckpointError.self) { try model.json("broken.json") }
        #expect(error.description.contains("broken.json is damaged: line 1"))
    }

    @Test func `a path is a folder or a GGUF file`() throws {
        let folder = try TemporaryFolder()
        try folder.write("model.safetensors", shard(["a"]))
        var builder = GGUFBuilder()
        builder.tensor("t", dims: [1], data: bytes([1]))
        let path = try folder.write("m.gguf", builder.build())
        guard case .folder = try ModelFiles.open(folder.path) else { throw Unexpected() }
        guard case .gguf = try ModelFiles.open(path) else { throw Unexpected() }
        #expect(try ModelFiles.open(path).tensors.tensorNames == ["t"])
        #expect(try ModelFiles.open(folder.path).tensors.tensorNames == ["a"])
        #expect(throws: CheckpointError.self) { try ModelFiles.open(folder.path("none")) }
        #expect(throws: CheckpointError.self) { try ModelFiles.open(folder.path("model.safetensors")) }
    }

    private struct Unexpected: Error {}
}
