// LexicalSearchTests.swift — the fast search returns exactly what scoring everything returns.

import Retrieval
import TestSupport
import Testing

@Suite struct `Lexical search` {
    /// Texts over a small vocabulary with the frequencies of language: many long lists, many ties.
    static func chunks(_ count: Int, seed: UInt64, prefix: String = "d") -> [Chunk] {
        var random = SeededGenerator(seed: seed)
        return (0..<count).map { number in
            let length = Int.random(in: 1...60, using: &random)
            return Chunk(
                documentID: "\(prefix)\(number)", title: word(&random),
                text: (0..<length).map { _ in word(&random) }.joined(separator: " "))
        }
    }

    static func word(_ random: inout SeededGenerator) -> String {
        "w\(Int(300 * Double.random(in: 0..<1, using: &random) * Double.random(in: 0..<1, using: &random)))"
    }

    static func query(_ random: inout SeededGenerator) -> QueryTerms {
        let words = (0..<Int.random(in: 1...8, using: &random)).map { _ in word(&random) }
        return QueryTerms(words.joined(separator: " "), analyzer: Analyzer())
    }

    /// Three segments with a third of the chunks dead.
    static func damagedSnapshot(seed: UInt64) throws -> Snapshot {
        var random = SeededGenerator(seed: seed)
        return Snapshot(
            try [900, 20, 2500].enumerated().map { index, count in
                let segment = try Segment(chunks: chunks(count, seed: seed + UInt64(index), prefix: "s\(index)-"))
                return LiveSegment(segment).without(
                    (0..<count).filter { _ in Int.random(in: 0..<3, using: &random) == 0 })
            })
    }

    @Test(arguments: [1, 10, 100])
    func `block-max search equals exhaustive search bit for bit`(count: Int) throws {
        for seed in UInt64(1)...4 {
            let snapshot = try Self.damagedSnapshot(seed: seed * 100)
            var random = SeededGenerator(seed: seed)
            let allowed = try snapshot.allowed(.all)
            for _ in 0..<60 {
                let search = LexicalSearch(Self.query(&random), in: snapshot)
                let fast = search.best(count, allowed: allowed)
                #expect(fast == search.best(count, allowed: allowed, method: .exhaustive))
                #expect(search.scores(of: fast.map(\.place)) == fast.map(\.score))
            }
        }
    }

    @Test func `an index with deletes scores like one that never had the dead`() throws {
        let all = Self.chunks(1200, seed: 7)
        var random = SeededGenerator(seed: 8)
        let dead = Set((0..<1200).shuffled(using: &random).prefix(500))
        let whole = try Segment(chunks: all)
        let order = all.indices.sorted { all[$0].key < all[$1].key }
        let shrunk = Snapshot([LiveSegment(whole).without(order.indices.filter { dead.contains(order[$0]) })])
        let fresh = try Snapshot(chunks: all.indices.filter { !dead.contains($0) }.map { all[$0] })
        #expect(shrunk.statistics == fresh.statistics)
        for _ in 0..<50 {
            let query = Self.query(&random)
            let ids = { (snapshot: Snapshot) in
                try LexicalSearch(query, in: snapshot).best(20, allowed: snapshot.allowed(.all))
                    .map { "\(try snapshot.chunk($0.place).documentID) \($0.score)" }
            }
            #expect(try ids(shrunk) == ids(fresh))
        }
    }

    @Test func `scores are those of the formula`() throws {
        let snapshot = try Snapshot(chunks: [
            Chunk(documentID: "a", text: "attention attention cache"),
            Chunk(documentID: "b", title: "Cache", text: "block table"),
            Chunk(documentID: "c", text: "sampling temperature noise draw seed"),
        ])
        let search = LexicalSearch(QueryTerms("the attention cache, cache", analyzer: Analyzer()), in: snapshot)
        let hits = search.best(10, allowed: try snapshot.allowed(.all))
        #expect(try hits.map { try snapshot.chunk($0.place).documentID } == ["a", "b"])
        // N 3, average length 11 / 3; idf(1) = ln(1 + 2.5/1.5), idf(2) = ln(1 + 1.5/2.5).
        let norm = 1.2 * (0.25 + 0.75 * 3 / (11.0 / 3))
        let expected = 0.980_829_253 * 2 / (2 + norm) + 2 * 0.470_003_629 / (1 + norm)
        #expect(abs(hits[0].score - expected) < 1e-6)
        #expect(abs(hits[1].score - 2 * 0.470_003_629 / (1 + norm)) < 1e-6)
        #expect(abs(search.ceiling - (0.980_829_253 + 2 * 0.470_003_629)) < 1e-6)
    }

    @Test func `an explanation adds up to the score`() throws {
        let snapshot = try Self.damagedSnapshot(seed: 3)
        var random = SeededGenerator(seed: 4)
        for _ in 0..<20 {
            let search = LexicalSearch(Self.query(&random), in: snapshot)
            for hit in search.best(5, allowed: try snapshot.allowed(.all)) {
                let tree = search.explanation(of: hit.place)
                #expect(tree.value == hit.score)
                #expect(tree.details.reduce(0) { $0 + $1.value } == hit.score)
            }
        }
    }

    @Test func `equal texts come in the order of their keys`() throws {
        let chunks = (0..<500).map { Chunk(documentID: "same\($0)", text: "one and the same text") }
        let halves = Snapshot([
            LiveSegment(try Segment(chunks: chunks[..<250])), LiveSegment(try Segment(chunks: chunks[250...])),
        ])
        let keys = LexicalSearch(QueryTerms("same text", analyzer: Analyzer()), in: halves)
            .best(10, allowed: try halves.allowed(.all)).map(\.key)
        #expect(keys == Array(chunks.map(\.key).sorted().prefix(10)))
    }

    @Test func `nothing is found for nothing`() throws {
        let snapshot = try Snapshot(chunks: [Chunk(documentID: "a", text: "")])
        for text in ["", "the of", "unknown"] {
            let search = LexicalSearch(QueryTerms(text, analyzer: Analyzer()), in: snapshot)
            #expect(search.best(10, allowed: try snapshot.allowed(.all)).isEmpty)
        }
        let empty = Snapshot([])
        #expect(LexicalSearch(QueryTerms("a word", analyzer: Analyzer()), in: empty).best(3, allowed: []).isEmpty)
    }

    @Test func `a term in every chunk of a large index still counts`() throws {
        let chunks = (0..<3000).map { Chunk(documentID: "\($0)", text: $0 == 77 ? "common rare" : "common") }
        let snapshot = try Snapshot(chunks: chunks)
        let hits = LexicalSearch(QueryTerms("rare common", analyzer: Analyzer()), in: snapshot)
            .best(2, allowed: try snapshot.allowed(.all))
        #expect(try hits.map { try snapshot.chunk($0.place).documentID }.first == "77")
        #expect(hits.count == 2 && hits[1].score > 0)
    }
}
