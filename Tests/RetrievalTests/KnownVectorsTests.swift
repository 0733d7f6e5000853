// KnownVectorsTests.swift — vectors that were computed before are taken from a file, the others computed.

import Base
import Foundation
import Retrieval
import Synchronization
import TestSupport
import Testing

/// Counts the texts that reach the encoder.
private final class CountingEmbedder: Embedder {
    let inner = WordHashEmbedder()
    let asked = Mutex<[String]>([])
    var dimension: Int { inner.dimension }
    let fingerprint: String

    init(fingerprint: String = "word-hash") { self.fingerprint = fingerprint }

    func embed(_ texts: [String]) throws -> [[Float]] {
        asked.withLock { $0 += texts }
        return try inner.embed(texts)
    }

    func tokenCount(_ text: String) -> Int { inner.tokenCount(text) }
}

@Suite struct `Known vectors` {
    private let texts = ["Paged blocks.", "A queue of requests.", "keys and values, keys and values", ""]
    private let folder: TemporaryFolder
    private let path: String

    init() throws {
        folder = try TemporaryFolder()
        path = folder.path("known.vectors")
    }

    private func known() throws -> KnownVectors {
        var known = KnownVectors(fingerprint: "word-hash", dimension: 16)
        for (text, vector) in zip(texts, try WordHashEmbedder().embed(texts)) { known.insert(vector, of: text) }
        return known
    }

    @Test func `a vector of length 1 comes back from the file, turned by less than a hundredth of a radian`() throws {
        try known().write(to: path)
        let read = try #require(try KnownVectors(ifThereAt: path))
        #expect((read.fingerprint, read.dimension, read.count) == ("word-hash", 16, 4))
        for (text, vector) in zip(texts, try WordHashEmbedder().embed(texts)) {
            let found = try #require(read[text])
            #expect(zip(found, vector).reduce(0) { $0 + $1.0 * $1.1 } > 0.9999)
            #expect(abs(found.reduce(0) { $0 + $1 * $1 } - 1) < 1e-5)
        }
        #expect(read["Paged blocks"] == nil)
        // The same vectors are the same file.
        let first = try Data(contentsOf: URL(fileURLWithPath: path))
        try read.write(to: path)
        #expect(try Data(contentsOf: URL(fileURLWithPath: path)) == first)
    }

    @Test func `only unknown texts reach the encoder, and the order stays`() throws {
        let known = try known()
        let encoder = CountingEmbedder()
        let embedder = RememberingEmbedder(encoder) { known }
        let asked = ["new", texts[1], "newer", texts[0]]
        let vectors = try embedder.embed(asked)
        #expect(encoder.asked.withLock { $0 } == ["new", "newer"])
        let expected = try WordHashEmbedder().embed(asked)
        #expect(vectors[0] == expected[0] && vectors[2] == expected[2])
        #expect(vectors[1] == known[texts[1]] && vectors[3] == known[texts[0]])
    }

    @Test func `another encoder's vectors are not used`() throws {
        let known = try known()
        let encoder = CountingEmbedder(fingerprint: "another")
        _ = try RememberingEmbedder(encoder) { known }.embed(texts)
        #expect(encoder.asked.withLock { $0 } == texts)
        var others = KnownVectors(fingerprint: "another", dimension: 16)
        var same = KnownVectors(fingerprint: "word-hash", dimension: 16)
        let taken = [
            others.take(texts[0], from: known), same.take(texts[0], from: known), same.take("new", from: known),
        ]
        #expect(taken == [false, true, false])
        #expect(same.count == 1 && others.count == 0)
    }

    @Test func `an index that is up to date reads no file`() throws {
        let corpus = try TemporaryFolder()
        try corpus.write("a.md", Array("# Alpha\n\nPaged blocks.".utf8))
        let reads = Mutex(0)
        for round in 0..<2 {
            let embedder = RememberingEmbedder(WordHashEmbedder()) {
                reads.withLock { $0 += 1 }
                return nil
            }
            let report = try CachedIndex(of: corpus.path, in: folder.path, embedder: embedder).update()
            #expect(report.isUnchanged == (round == 1))
        }
        #expect(reads.withLock { $0 } == 1)
    }

    @Test func `a vector that has no direction is not kept`() throws {
        var known = KnownVectors(fingerprint: "any", dimension: 2)
        known.insert([0, 0], of: "nothing")
        known.insert([.nan, 1], of: "no number")
        known.insert([.infinity, 1], of: "endless")
        known.insert([-3e38, 3e38], of: "large")
        #expect(known.count == 1)
        #expect(known["large"]?.allSatisfy { abs(abs($0) - 0.70710677) < 1e-6 } == true)
    }

    @Test func `no file is no vectors; a damaged one is refused in one line, at every byte`() throws {
        #expect(try KnownVectors(ifThereAt: path) == nil)
        try known().write(to: path)
        let good = Array(try Data(contentsOf: URL(fileURLWithPath: path)))
        for place in good.indices {
            var bytes = good
            bytes[place] ^= 0x10
            try folder.write("flipped", bytes)
            #expect(throws: KnownVectorsFault.self) { try KnownVectors(ifThereAt: folder.path("flipped")) }
            try folder.write("cut", Array(good[..<place]))
            do {
                _ = try KnownVectors(ifThereAt: folder.path("cut"))
                Issue.record("a file cut at byte \(place) was read")
            } catch let error as KnownVectorsFault {
                #expect(error.description.hasPrefix(folder.path("cut")) && !error.description.contains("\n"))
            }
        }
    }
}
