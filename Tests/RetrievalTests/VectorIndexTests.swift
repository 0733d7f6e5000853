// VectorIndexTests.swift — what is found is what is nearest, whichever way the search goes.

import Base
import Kernels
import Retrieval
import TestSupport
import Testing

@Suite struct `Vector index` {
    static let dimension = 48

    /// Points around a few centres: near neighbours exist, as among texts.
    static func vectors(_ count: Int, seed: UInt64) -> [[Float]] {
        var random = SeededGenerator(seed: seed)
        let centres = (0..<20).map { _ in (0..<dimension).map { _ in Float.random(in: -1...1, using: &random) } }
        return (0..<count).map { _ in
            let centre = centres[Int.random(in: 0..<20, using: &random)]
            return centre.map { $0 + Float.random(in: -0.8...0.8, using: &random) }
        }
    }

    static func table(_ vectors: [[Float]]) throws -> VectorTable {
        var builder = try VectorTableBuilder(dimension: dimension)
        for vector in vectors { try builder.append(vector) }
        return try builder.finish()
    }

    /// The best by the table's own f16 scores, looking at every row.
    static func exact(
        _ index: VectorIndex, _ query: [Float], count: Int, where allowed: (Int) -> Bool = { _ in true }
    ) throws -> [VectorHit] {
        let ordinals = (0..<index.table.count).filter(allowed)
        let scores = try index.scores(query, of: ordinals)
        return zip(ordinals, scores).map { VectorHit(ordinal: $0, score: $1) }
            .sorted { ($1.score, $0.ordinal) < ($0.score, $1.ordinal) }.prefix(count).map { $0 }
    }

    @Test(arguments: KernelSet.available)
    func `a scan finds the best and scores them with the f16 rows`(kernels: KernelSet) throws {
        let index = VectorIndex(try Self.table(Self.vectors(700, seed: 1)), graph: nil, kernels: kernels)
        for query in Self.vectors(30, seed: 2) {
            #expect(try index.search(query, count: 10) == Self.exact(index, query, count: 10))
        }
    }

    @Test func `the scores are cosines`() throws {
        let vectors = Self.vectors(50, seed: 3)
        let index = VectorIndex(try Self.table(vectors), graph: nil)
        for hit in try index.search(vectors[7], count: 50) {
            let other = vectors[hit.ordinal]
            let product = zip(vectors[7], other).reduce(0.0) { $0 + Double($1.0) * Double($1.1) }
            let squares = { (vector: [Float]) in vector.reduce(0.0) { $0 + Double($1) * Double($1) } }
            let cosine = product / (squares(vectors[7]) * squares(other)).squareRoot()
            #expect(abs(Double(hit.score) - cosine) < 1e-3)
        }
        #expect(try index.search(vectors[7], count: 1).first?.ordinal == 7)
    }

    @Test func `a walk over the graph finds nearly all of the best`() throws {
        let index = try VectorIndex.build(Self.table(Self.vectors(4000, seed: 4)), threshold: 1)
        #expect(index.graph != nil)
        var found = 0
        for query in Self.vectors(100, seed: 5) {
            let best = Set(try Self.exact(index, query, count: 10).map(\.ordinal))
            let hits = try index.search(query, count: 10, pool: 128)
            #expect(hits.count == 10)
            found += hits.filter { best.contains($0.ordinal) }.count
        }
        #expect(found >= 970, "\(found) of 1000")
    }

    @Test func `the same table and seed give the same graph, another seed another`() throws {
        let table = try Self.table(Self.vectors(600, seed: 6))
        var options = HNSWOptions()
        func bytes() throws -> [UInt8] {
            let index = try VectorIndex.build(table, options: options, threshold: 1)
            return Array(try #require(index.graph).memory.bytes)
        }
        let first = try bytes()
        #expect(try bytes() == first)
        options.seed += 1
        #expect(try bytes() != first)
    }

    @Test func `a thousand equal vectors do not cut the others off`() throws {
        var vectors = [[Float]](repeating: [Float](repeating: 0.5, count: Self.dimension), count: 1000)
        vectors += Self.vectors(1000, seed: 7)
        vectors += [[Float]](repeating: vectors[1500], count: 200)
        let index = try VectorIndex.build(Self.table(vectors), threshold: 1)
        var found = 0
        for ordinal in stride(from: 1000, to: 2000, by: 10) where ordinal != 1500 {
            found += try index.search(vectors[ordinal], count: 1, pool: 64).first?.ordinal == ordinal ? 1 : 0
        }
        #expect(found >= 97, "\(found) of 99")
    }

    @Test(arguments: [1, 7, 400, 1900])
    func `a filter returns only what it allows, and as many as there are`(allowedCount: Int) throws {
        let index = try VectorIndex.build(Self.table(Self.vectors(2000, seed: 8)), threshold: 1)
        var random = SeededGenerator(seed: UInt64(allowedCount))
        let allowed = Set((0..<2000).shuffled(using: &random).prefix(allowedCount))
        var bits = [UInt64](repeating: 0, count: 2000 / 64 + 1)
        for ordinal in allowed { bits[ordinal / 64] |= 1 << UInt64(ordinal % 64) }
        // Bits past the end mean nothing.
        bits[bits.count - 1] |= 1 << 63
        for query in Self.vectors(20, seed: 9) {
            let hits = try index.search(query, count: 10, allowed: bits)
            #expect(hits == (try Self.exact(index, query, count: 10) { allowed.contains($0) }))
        }
    }

    @Test func `plans a scan where the graph would get lost`() throws {
        let index = try VectorIndex.build(Self.table(Self.vectors(1000, seed: 10)), threshold: 1)
        #expect(index.plan(count: 10, pool: nil, allowedCount: 1000) == .graph(pool: 64))
        #expect(index.plan(count: 10, pool: 200, allowedCount: 1000) == .graph(pool: 200))
        #expect(index.plan(count: 100, pool: nil, allowedCount: 1000) == .graph(pool: 200))
        #expect(index.plan(count: 10, pool: nil, allowedCount: 900) == .scan)
        #expect(index.plan(count: 1_000_000, pool: nil, allowedCount: 1000) == .scan)
        let small = VectorIndex(index.table, graph: nil)
        #expect(small.plan(count: 10, pool: 100, allowedCount: 1000) == .scan)
    }

    @Test func `a table copied from its f16 rows is the same table`() throws {
        let table = try Self.table(Self.vectors(100, seed: 11))
        var builder = try VectorTableBuilder(dimension: Self.dimension)
        for ordinal in 0..<100 { try builder.append(halves: table.halves(of: ordinal)) }
        let copy = try builder.finish()
        #expect(copy.coarse.bytes.elementsEqual(table.coarse.bytes))
        #expect(copy.fine.bytes.elementsEqual(table.fine.bytes))
    }

    @Test func `an empty index finds nothing`() throws {
        let index = try VectorIndex.build(Self.table([]))
        #expect(try index.search([Float](repeating: 1, count: Self.dimension), count: 5).isEmpty)
    }

    @Test func `refuses vectors that have no direction or another length`() throws {
        var builder = try VectorTableBuilder(dimension: 3)
        #expect(throws: VectorIndexError.notFinite(row: 0)) { try builder.append([0, 0, 0]) }
        #expect(throws: VectorIndexError.notFinite(row: 0)) { try builder.append([1, .nan, 0]) }
        #expect(throws: VectorIndexError.notFinite(row: 0)) { try builder.append([.infinity, 1, 0]) }
        #expect(throws: VectorIndexError.wrongLength(row: 0, expected: 3, found: 2)) { try builder.append([1, 2]) }
        try builder.append([3, 0, 4])
        let index = VectorIndex(try builder.finish(), graph: nil)
        #expect(throws: VectorIndexError.wrongLength(row: 0, expected: 3, found: 1)) {
            try index.search([1], count: 1)
        }
        #expect(throws: VectorIndexError.notFinite(row: 0)) { try index.search([0, 0, 0], count: 1) }
        for dimension in [0, -1, 4097] {
            #expect(throws: VectorIndexError.dimension(dimension)) { try VectorTableBuilder(dimension: dimension) }
        }
    }
}
