// GGUFWriterTests.swift — written blocks against ggml's, and whole files read back.

import Base
import Checkpoint
import Kernels
import TestSupport
import Testing

@Suite struct `GGUF writer` {
    private let folder: TemporaryFolder

    init() throws { folder = try TemporaryFolder() }

    /// Writes the tensors and opens the file.
    private func written(
        _ tensors: [TensorRewrite], keys: [GGUFKeyValue] = [], alignment: Int = 32
    ) throws -> GGUFFile {
        try GGUFWriter.write(to: folder.path("m.gguf"), keys: keys, tensors: tensors, alignment: alignment)
        return try GGUFFile(path: folder.path("m.gguf"))
    }

    private func matrix(_ values: [Float], columns: Int) throws -> TensorRecord {
        var builder = GGUFBuilder()
        builder.tensor("w", dims: [UInt64(columns), UInt64(values.count / columns)], data: bytes(values))
        return try #require(try GGUFFile(bytes: builder.build(), path: "in.gguf").tensor("w"))
    }

    private func encoded(_ values: [Float], _ type: ElementType, columns: Int) throws -> [UInt8] {
        let rewrite = TensorRewrite(name: "w", source: try matrix(values, columns: columns), type: type)
        let record = try #require(try written([rewrite]).tensor("w"))
        #expect(record.elementType == type && record.shape == [values.count / columns, columns])
        let kept = try rewrite.inMemory()
        #expect(kept.elementType == type && kept.shape == record.shape && kept.bytes.elementsEqual(record.bytes))
        return Array(record.bytes)
    }

    @Test func `blocks are those of gguf-py, ties and vanishing scales included`() throws {
        let file = try TestFiles.bytes(TestFiles.fixture("quants/quantize.bin"))
        let values = floats(file[..<5120])
        #expect(try encoded(values, .q8_0, columns: 64) == Array(file[5120..<5120 + 1360]))
        #expect(try encoded(values, .q4_0, columns: 1280) == Array(file[6480...]))
    }

    @Test(.enabled(if: TestFiles.hasSharedData, "needs ../shared/data"), arguments: [ElementType.q8_0, .q4_0])
    func `blocks of real weights are those of ggml's reference`(type: ElementType) throws {
        func read(_ name: String) throws -> [UInt8] {
            try TestFiles.bytes(try #require(TestFiles.shared("quant/" + name)))
        }
        let values = floats(try read("input_f32.bin")[...])
        #expect(try encoded(values, type, columns: 512) == read("\(type)".uppercased() + ".bin"))
    }

    @Test func `half types round to nearest even`() throws {
        let values: [Float] = [1, 1 + 0x1p-8, 1 + 0x3p-8, -0x1.01p-3, 0x1p-24, 65504, -0.0, 3.14159274]
        let expected = values.map { value in
            [Float(bitPattern: value.bitPattern & 0xffff_0000), Float(bitPattern: (value.bitPattern >> 16 + 1) << 16)]
        }
        let brain = try encoded(values, .bf16, columns: 8)
        for (index, pair) in expected.enumerated() {
            let bits = UInt32(brain[2 * index]) | UInt32(brain[2 * index + 1]) << 8
            let found = Float(bitPattern: bits << 16)
            #expect(pair.contains(found) || found == values[index])
            #expect(pair.allSatisfy { abs(found - values[index]) <= abs($0 - values[index]) })
        }
        #expect(brain[2] == 0x80 && brain[3] == 0x3f)  // 1 + 2⁻⁸ lies between 1 and 1 + 2⁻⁷: to the even 1
        #expect(brain[4] == 0x82 && brain[5] == 0x3f)  // 1 + 3 · 2⁻⁸ goes up, to 1 + 2⁻⁶
        #expect(try encoded(values, .f16, columns: 8) == values.flatMap { bytes(Float16($0).bitPattern) })
        #expect(try encoded(values, .f32, columns: 8) == bytes(values))
    }

    @Test(
        arguments: [(.nan, .f16), (.infinity, .q8_0), (-.infinity, .bf16), (1e6, .f16), (1e9, .q8_0), (-1e6, .q4_0)]
            as [(Float, ElementType)])
    func `refuses a number that the type cannot express, and leaves no file`(value: Float, type: ElementType) throws {
        var values = [Float](repeating: 1, count: 64)
        values[40] = value
        let source = try matrix(values, columns: 32)
        let error = try #require(throws: CheckpointError.self) {
            try written([TensorRewrite(name: "x", source: source, type: type)])
        }
        #expect(error.description.hasPrefix("in.gguf cannot be used: tensor w holds "), "\(error)")
        #expect(folder.names() == [])
    }

    @Test func `refuses rows that are not whole blocks`() throws {
        let source = try matrix([Float](repeating: 1, count: 40), columns: 40)
        let error = try #require(throws: CheckpointError.self) {
            try written([TensorRewrite(name: "x", source: source, type: .q8_0)])
        }
        #expect(error.description.contains("tensor x of shape [1, 40] does not fit q8_0"), "\(error)")
    }

    @Test func `says why a file cannot be written`() throws {
        #expect(throws: FileError.self) {
            try GGUFWriter.write(to: folder.path("no/such/m.gguf"), keys: [], tensors: [])
        }
        #expect(folder.names() == [])
    }

    /// 4 rows to a head: a0 a1 b0 b1 become a0 b0 a1 b1.
    @Test func `interleaves the halves of heads, of matrices and of biases`() throws {
        let rows = (0..<8).map(Float.init)
        let source = try matrix(rows.flatMap { [$0, $0 + 100] }, columns: 2)
        let bias = TensorRecord(rows, name: "bias")
        let file = try written([
            TensorRewrite(name: "w", source: source, type: .f32, interleavedHeads: 2),
            TensorRewrite(name: "h", source: source, type: .f16, interleavedHeads: 2),
            TensorRewrite(name: "b", source: bias, type: .f32, interleavedHeads: 2),
        ])
        let order: [Float] = [0, 2, 1, 3, 4, 6, 5, 7]
        #expect(try file.tensor("w").map { Array($0.bytes) } == bytes(order.flatMap { [$0, $0 + 100] }))
        #expect(
            try file.tensor("h").map { Array($0.bytes) }
                == order.flatMap { bytes(Float16($0).bitPattern) + bytes(Float16($0 + 100).bitPattern) })
        #expect(try file.tensor("b").map { Array($0.bytes) } == bytes(order))
        #expect(file.shape(of: "b") == [8])
    }

    @Test func `keys of every kind survive writing, reading and writing`() throws {
        var builder = GGUFBuilder()
        builder.alignment = 64
        builder.key("general.alignment", 64)
        builder.key("text", "Wörter")
        builder.float("number", 0.25)
        builder.key("flag", type: 7, [1])
        builder.key("i8", type: 1, [0xff])
        builder.key("u64", type: 10, bytes(UInt64.max))
        builder.key("f64", type: 12, bytes((0.1).bitPattern))
        builder.array("tokens", of: 8, count: 3, ["a", "", "\u{e9}"].flatMap { GGUFBuilder.string($0) })
        builder.array("nested", of: 9, count: 1, bytes(UInt32(1)) + bytes(UInt64(2)) + [1, 2])
        builder.tensor("w", dims: [3], data: bytes([1, 2, 3]))
        builder.tensor("v", dims: [1, 1], data: bytes([4]))
        let original = builder.build()
        let file = try GGUFFile(bytes: original)
        let tensors = try file.tensorNames.map { name in
            TensorRewrite(name: name, source: try #require(try file.tensor(name)), type: .f32)
        }
        try GGUFWriter.write(
            to: folder.path("m.gguf"), keys: file.metadata.keyValues, tensors: tensors, alignment: 64)
        let copy = try ReadFile.bytes(folder.path("m.gguf"))
        // The builder pads with other bytes, and not after the last tensor.
        let dataStart = original.count - 64 - 4
        #expect(copy.count == dataStart + 128)
        let headerEnd = try #require(original.lastIndex(of: 0xEE, before: dataStart))
        #expect(Array(copy[..<headerEnd]) == Array(original[..<headerEnd]))
        #expect(try GGUFFile(path: folder.path("m.gguf")).tensor("v").map { Array($0.bytes) } == bytes([4]))
    }

    @Test func `values made here are read as what they are`() throws {
        let file = try written(
            [],
            keys: [
                GGUFKeyValue("s", "ß"), GGUFKeyValue("u", UInt32.max), GGUFKeyValue("f", Float(0.1)),
                GGUFKeyValue("b", true), GGUFKeyValue("strings", strings: [[0xff], [], [65]]),
                GGUFKeyValue("floats", floats: [-1, .infinity]), GGUFKeyValue("integers", integers: [-5, 7]),
            ])
        let metadata = file.metadata
        #expect(try metadata.string("s") == "ß")
        #expect(try metadata.integer("u") == Int(UInt32.max))
        #expect(try metadata.float("f") == 0.1)
        #expect(try metadata.bool("b"))
        #expect(try metadata.stringArray("strings") == [[0xff], [], [65]])
        #expect(try metadata.floatArray("floats") == [-1, .infinity])
        #expect(try metadata.integerArray("integers") == [-5, 7])
    }

    private func floats(_ bytes: ArraySlice<UInt8>) -> [Float] {
        stride(from: bytes.startIndex, to: bytes.endIndex, by: 4).map { index in
            Float(bitPattern: bytes[index..<index + 4].reversed().reduce(0) { $0 << 8 | UInt32($1) })
        }
    }
}

extension [UInt8] {
    /// Where the run of this byte that ends at `end` begins; `end` itself without one.
    fileprivate func lastIndex(of byte: UInt8, before end: Int) -> Int? {
        var index = end
        while index > 0, self[index - 1] == byte { index -= 1 }
        return index
    }
}
