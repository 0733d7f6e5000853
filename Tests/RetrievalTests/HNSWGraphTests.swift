// HNSWGraphTests.swift — a graph read back is the graph written, and no damage leads a walk out of the table.

import Base
import Kernels
import Retrieval
import TestSupport
import Testing

@Suite struct `HNSW graph` {
    let table: VectorTable
    let bytes: [UInt8]

    init() throws {
        table = try `Vector index`.table(`Vector index`.vectors(500, seed: 20))
        let index = try VectorIndex.build(table, threshold: 1)
        bytes = Array(try #require(index.graph).memory.bytes)
    }

    /// A copy of some bytes, aligned as a mapped file is.
    static func frozen(_ bytes: [UInt8]) throws -> FrozenBytes {
        let buffer = try SharedBuffer<UInt8>(count: bytes.count)
        buffer.baseAddress.update(from: bytes, count: bytes.count)
        return FrozenBytes(UnsafeRawBufferPointer(buffer.buffer.elements), owner: buffer)
    }

    @Test func `finds the same after being written and read`() throws {
        let written = VectorIndex(table, graph: try HNSWGraph(Self.frozen(bytes), vectorCount: 500))
        let built = try VectorIndex.build(table, threshold: 1)
        for query in `Vector index`.vectors(20, seed: 21) {
            #expect(try written.search(query, count: 10, pool: 32) == built.search(query, count: 10, pool: 32))
        }
    }

    @Test func `a damaged graph is refused or searched without harm`() throws {
        var random = SeededGenerator(seed: 22)
        let query = `Vector index`.vectors(1, seed: 23)[0]
        var refused = 0
        for _ in 0..<600 {
            var damaged = bytes
            for _ in 0..<Int.random(in: 1...3, using: &random) {
                damaged[Int.random(in: 0..<damaged.count, using: &random)] = UInt8.random(in: 0...255, using: &random)
            }
            if let graph = try? HNSWGraph(Self.frozen(damaged), vectorCount: 500) {
                #expect(try VectorIndex(table, graph: graph).search(query, count: 10, pool: 64).count == 10)
            } else {
                refused += 1
            }
        }
        #expect(refused > 100)
    }

    @Test(arguments: [0, 7, 8, 63, 64, 100, 5000])
    func `a short graph is refused`(length: Int) throws {
        #expect(throws: VectorIndexError.self) {
            try HNSWGraph(Self.frozen(Array(bytes.prefix(length))), vectorCount: 500)
        }
    }

    @Test func `a graph of another table is refused`() throws {
        #expect(throws: VectorIndexError.damagedGraph("500 nodes for 499 vectors")) {
            try HNSWGraph(Self.frozen(bytes), vectorCount: 499)
        }
    }
}
