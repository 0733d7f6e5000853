// RetrieverTests.swift — two lists become one, and a reranker that fails costs nothing.

import Base
import Retrieval
import TestSupport
import Testing

/// Texts to vectors by hashing words into a few directions: no model, but alike for like texts.
struct WordHashEmbedder: Embedder {
    let dimension = 16
    let fingerprint = "word-hash"

    func embed(_ texts: [String]) throws -> [[Float]] {
        texts.map { text in
            var vector = [Float](repeating: 0.01, count: dimension)
            for word in text.lowercased().split(whereSeparator: { !$0.isLetter }) {
                var hash = SipHash128(key: SipHashKey(1, 2))
                hash.append(Array(word.utf8))
                vector[Int(hash.finish().low % 16)] += 1
            }
            let length = vector.reduce(0) { $0 + $1 * $1 }.squareRoot()
            return vector.map { $0 / length }
        }
    }

    func tokenCount(_ text: String) -> Int { text.split(whereSeparator: \.isWhitespace).count }
}

struct ScriptedReranker: Reranker {
    struct Failure: Error {}
    let name = "scripted"
    let depth = 3
    let weight = 1.0
    var answer: @Sendable ([Chunk]) throws -> [Double]?

    func scores(
        query: String, chunks: [Chunk], snapshot: Snapshot, deadline: UInt64, time: any TimeSource
    ) throws -> [Double]? { try answer(chunks) }
}

@Suite struct `The retriever` {
    static let texts = [
        "the cat sat on the mat", "dogs chase cats", "a cache of blocks", "paged blocks of a cache",
        "noise and temperature", "temperature of the sea",
    ]

    static func snapshot() throws -> Snapshot {
        let folder = try TemporaryFolder()
        defer { withExtendedLifetime(folder) {} }
        let embedder = WordHashEmbedder()
        let writer = try IndexWriter(
            creating: folder.path("i"), embedder: embedder.fingerprint, dimension: embedder.dimension)
        for (number, text) in texts.enumerated() {
            let chunk = Chunk(documentID: "d\(number)", text: text)
            try writer.apply([
                .put(IndexedDocument(id: "d\(number)", chunks: [chunk], vectors: try embedder.embed([text])))
            ])
        }
        return writer.snapshot
    }

    @Test func `every candidate carries both scores, and they make the fused one`() throws {
        let snapshot = try Self.snapshot()
        var request = SearchRequest("cache blocks")
        request.count = 6
        let result = try Retriever(embedder: WordHashEmbedder()).search(request, in: snapshot)
        #expect(result.hits.count == 6)
        let bm25 = try result.hits.map { try #require($0.bm25) }
        let cosine = try result.hits.map { try #require($0.cosine) }
        let (words, vectors) = (Fusion.stretched(bm25), Fusion.stretched(cosine))
        for (index, hit) in result.hits.enumerated() {
            #expect(abs(hit.score - (0.5 * words[index] + 0.5 * vectors[index])) < 1e-12)
        }
        #expect(result.hits.map(\.score) == result.hits.map(\.score).sorted(by: >))
        #expect(bm25.contains(0) && bm25.max()! > 0)
        #expect(result.hits.allSatisfy { ($0.bm25 ?? 0) <= result.bm25Ceiling })
    }

    @Test func `a chunk's fused score does not depend on how deep the lists are`() throws {
        let snapshot = try Self.snapshot()
        let retriever = Retriever(embedder: WordHashEmbedder())
        for question in ["cache blocks", "temperature of a cache", "cats"] {
            var request = SearchRequest(question)
            request.count = 6
            let whole = try retriever.search(request, in: snapshot).hits
            #expect(whole.count == 6)
            for depth in 1...3 {
                (request.count, request.depth) = (depth, depth)
                for hit in try retriever.search(request, in: snapshot).hits {
                    let same = try #require(whole.first { $0.place == hit.place })
                    #expect(abs(same.score - hit.score) < 1e-12)
                }
            }
        }
    }

    @Test func `the parts are those of the single searches`() throws {
        let snapshot = try Self.snapshot()
        let retriever = Retriever(embedder: WordHashEmbedder())
        var request = SearchRequest("temperature of a cache")
        let hybrid = try retriever.search(request, in: snapshot).hits
        for mode in [SearchMode.bm25, .dense] {
            request.mode = mode
            for hit in try retriever.search(request, in: snapshot).hits {
                let same = try #require(hybrid.first { $0.place == hit.place })
                #expect(mode == .bm25 ? same.bm25 == hit.score : same.cosine == hit.score)
            }
        }
    }

    @Test func `equal scores normalise to zero, never to nothing`() {
        #expect(Fusion.stretched([2, 2, 2]) == [0, 0, 0])
        #expect(Fusion.stretched([7]) == [0])
        #expect(Fusion.stretched([]) == [])
        #expect(Fusion.stretched([1, 3, 2]) == [0, 1, 0.5])
        #expect(Fusion.stretched([1, 3, 2], from: -1) == [0.5, 1, 0.75])
        #expect(Fusion.stretched([0, 0], from: 0) == [0, 0])
        let ranks = Fusion.reciprocalRank(k: 60)
            .scores(lexical: [], dense: [], lowestCosine: 0, lexicalRanks: [1, nil], denseRanks: [2, 1])
        #expect(ranks == [1.0 / 61 + 1.0 / 62, 1.0 / 61])
    }

    @Test func `without an encoder words alone are searched`() throws {
        let result = try Retriever().search(SearchRequest("cats"), in: try Self.snapshot())
        #expect(result.mode == .bm25)
        #expect(result.hits.map(\.chunk.documentID).sorted() == ["d0", "d1"])
        #expect(result.hits.allSatisfy { $0.cosine == nil && $0.bm25 == $0.score })
    }

    @Test func `a reranker orders what it was shown, and a failing or late one changes nothing`() throws {
        let snapshot = try Self.snapshot()
        let request = SearchRequest("a cache of blocks")
        func ids(_ reranker: ScriptedReranker?) throws -> ([String], String?) {
            let result = try Retriever(embedder: WordHashEmbedder(), reranker: reranker).search(request, in: snapshot)
            return (result.hits.map(\.chunk.documentID), result.rerankFallback)
        }
        let plain = try ids(nil).0
        let reversed = try ids(ScriptedReranker { chunks in chunks.indices.map { Double($0) } })
        #expect(reversed.0 == plain.prefix(3).reversed() + plain.dropFirst(3))
        #expect(reversed.1 == nil)
        let failing = try ids(ScriptedReranker { _ in throw ScriptedReranker.Failure() })
        #expect(failing.0 == plain && failing.1 == "scripted failed: Failure()")
        let late = try ids(ScriptedReranker { _ in nil })
        #expect(late.0 == plain && late.1 == "scripted was not done within 500 ms")
    }
}
