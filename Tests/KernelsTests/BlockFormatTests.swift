// BlockFormatTests.swift — the quantised formats against values that ggml decoded and blocks that ggml wrote.

import Base
import Kernels
import TestSupport
import Testing

@Suite struct `Block formats` {
    static let types = ElementType.allCases.filter { $0.blockSize > 1 }

    /// `Tests/Fixtures/quants`: blocks of random bytes, then their f32 values by gguf-py.
    @Test(arguments: KernelSet.available, types)
    func `random blocks decode to gguf-py's bits`(kernels: KernelSet, type: ElementType) throws {
        let file = try TestFiles.bytes(TestFiles.fixture("quants/\(type.fileName).bin"))
        let blockBytes = try #require(type.rowByteCount(columns: 1024))
        try #require(file.count == blockBytes + 4096)
        for columns in [256, 1024] {
            let matrix = try Stored(Array(file[..<blockBytes]), type, columns: columns).matrix
            #expect(matrix.expanded(kernels).map(\.bitPattern) == words(file[blockBytes...]))
        }
    }

    /// Real weights, quantised and decoded by ggml's own C.
    @Test(.enabled(if: TestFiles.hasSharedData, "needs ../shared/data"), arguments: KernelSet.available, types)
    func `quantised weights decode to ggml's bits`(kernels: KernelSet, type: ElementType) throws {
        func read(_ name: String) throws -> [UInt8] {
            try TestFiles.bytes(try #require(TestFiles.shared("quant/" + name)))
        }
        let matrix = try Stored(try read("\(type.fileName).bin"), type, columns: 1024).matrix
        let expected = words(try read("\(type.fileName).dequant_f32.bin")[...])
        #expect(expected.count == 16384)
        #expect(matrix.expanded(kernels).map(\.bitPattern) == expected)
    }

    @Test(arguments: types) func `a row is whole blocks`(type: ElementType) {
        let block = type.blockSize
        #expect(type.rowByteCount(columns: 3 * block) == 3 * type.bytesPerBlock)
        #expect(type.rowByteCount(columns: block - 1) == nil)
        #expect(type.rowByteCount(columns: block + 32) == (block == 32 ? 2 * type.bytesPerBlock : nil))
    }

    /// Rows of which fewer than four fit the scratch, and the widest that are taken.
    @Test(arguments: KernelSet.available, [ElementType.q4_1, .q6_k])
    func `very wide rows give the f32 product too`(kernels: KernelSet, type: ElementType) throws {
        var random = SplitMix(9)
        for inputs in [24_576, 65_536] {
            let product = try Product(type, rows: 2, inputs: inputs, outputs: 5, random: &random)
            let values = product.weights.values_NK
            let plain = try Stored(values.flatMap { $0.bitPattern.littleEndianBytes }, .f32, columns: inputs)
            let pool = ThreadPool(threadCount: 2, kernels: kernels)
            #expect(product.run(pool) == product.run(pool, weight: plain.matrix))
        }
    }

    private func words(_ bytes: ArraySlice<UInt8>) -> [UInt32] {
        stride(from: bytes.startIndex, to: bytes.endIndex, by: 4).map { index in
            bytes[index..<index + 4].reversed().reduce(0) { $0 << 8 | UInt32($1) }
        }
    }
}

/// Bytes as a matrix, one byte off any alignment.
struct Stored {
    let matrix: Matrix

    init(_ bytes: [UInt8], _ type: ElementType, columns: Int) throws {
        let rowByteCount = try #require(type.rowByteCount(columns: columns))
        let owner = try SharedBuffer<UInt8>(count: bytes.count + 1)
        for (index, byte) in bytes.enumerated() { owner.baseAddress[index + 1] = byte }
        matrix = Matrix(
            type, rows: bytes.count / rowByteCount, columns: columns, pointer: owner.baseAddress + 1, owner: owner)
    }
}

extension ElementType {
    /// "Q4_K".
    var fileName: String { "\(self)".uppercased() }
}

extension FixedWidthInteger {
    var littleEndianBytes: [UInt8] { withUnsafeBytes(of: littleEndian) { Array($0) } }
}
