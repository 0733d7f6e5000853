// RerankerTests.swift — second looks with a tiny encoder, beside their definitions written out.

import Base
import Embedding
import Glibc
import Kernels
import Retrieval
import TestSupport
import Testing
import Tokenization
import Transformer

@Suite struct `Rerankers` {
    private static let texts = [
        "the cache keeps keys and values", "blocks of tokens", "requests wait in a queue", "keys", "",
    ]
    private static let query = "what does the cache of keys keep"

    private static func embedder() throws -> EncoderEmbedder {
        try EncoderEmbedder(
            folder: TestFiles.fixture("encoder/bert-mean-f32"), pool: ThreadPool(threadCount: 1))
    }

    private static func chunks() -> [Chunk] {
        texts.enumerated().map { Chunk(documentID: "\($0.offset)", text: $0.element) }
    }

    @Test func `token vectors have length 1, and their mean points where the text's vector does`() throws {
        let embedder = try Self.embedder()
        let framed = embedder.framing.frame(Self.texts[0])
        let rows = embedder.tokenVectors(framed)
        #expect(rows.count == framed.tokenCount * embedder.dimension)
        for start in stride(from: 0, to: rows.count, by: embedder.dimension) {
            let squares = rows[start..<start + embedder.dimension].reduce(0) { $0 + $1 * $1 }
            #expect(abs(squares - 1) < 1e-5)
        }
        // The same text beside others: the same bits.
        _ = try embedder.embed(Self.texts)
        #expect(embedder.tokenVectors(framed) == rows)
    }

    @Test func `MaxSim is the weighted mean of each word's nearest`() throws {
        let embedder = try Self.embedder()
        let reranker = try #require(MaxSimReranker(embedder))
        let chunks = Self.chunks()
        let snapshot = try Snapshot(chunks: chunks)
        let found = try #require(
            try reranker.scores(
                query: Self.query, chunks: chunks, snapshot: snapshot, deadline: .max, time: MonotonicTime()))
        let D = embedder.dimension
        func rows(_ text: String) -> [[Float]] {
            let all = embedder.tokenVectors(embedder.framing.frame(text))
            return stride(from: D, to: all.count - D, by: D).map { Array(all[$0..<$0 + D]) }
        }
        let query = rows(Self.query)
        var weights: [Double] = []
        for word in Self.query.split(separator: " ") {
            for _ in 0..<embedder.tokenCount(String(word)) { weights.append(snapshot.weight(ofWord: String(word))) }
        }
        #expect(weights.count == query.count)
        // "the" is a stop word and says nothing; "what" and "does" are as rare as can be.
        #expect(weights.contains(0) && weights.contains { $0 > 0 })
        for (text, score) in zip(Self.texts, found) {
            let passage = rows(text)
            var sum = 0.0
            for (row, weight) in zip(query, weights) {
                let best = passage.map { other in zip(row, other).reduce(Float(0)) { $0 + $1.0 * $1.1 } }.max() ?? -1
                sum += weight * Double(best)
            }
            #expect(abs(score - sum / weights.reduce(0, +)) < 2e-3, "\(text)")
        }
        // What was looked at once is kept, and gives the same.
        let again = try reranker.scores(
            query: Self.query, chunks: chunks, snapshot: snapshot, deadline: .max, time: MonotonicTime())
        #expect(again == found)
    }

    @Test func `a question of stop words leaves the order`() throws {
        let reranker = try #require(MaxSimReranker(try Self.embedder()))
        let chunks = Self.chunks()
        let scores = try reranker.scores(
            query: "is it the", chunks: chunks, snapshot: Snapshot(chunks: chunks), deadline: .max,
            time: MonotonicTime())
        #expect(scores == chunks.map { _ in 0 })
    }

    @Test func `the cross-encoder scores pairs as they are`() throws {
        let encoder = try CrossEncoder(
            folder: TestFiles.fixture("encoder/bert-pairs"), pool: ThreadPool(threadCount: 1))
        let reranker = CrossEncoderReranker(encoder)
        let chunks = Self.chunks()
        let scores = try reranker.scores(
            query: Self.query, chunks: chunks, snapshot: Snapshot(chunks: chunks), deadline: .max,
            time: MonotonicTime())
        #expect(scores == encoder.scores(Self.query, Self.texts).map { Double($0) })
    }

    /// swiftlet-5m, which is committed.
    private static func likelihood() throws -> (LikelihoodReranker, Tokenizer) {
        let path = TestFiles.root + "/Models/swiftlet-5m"
        let tokenizer = try Tokenizer.load(huggingFaceFolder: path)
        let reranker = LikelihoodReranker(
            tokenizer: tokenizer, contextLength: try ModelCheckpoint(path: path).configuration.maxPositionCount,
            threadCount: 1
        ) {
            try ModelCheckpoint(path: path)
        }
        return (reranker, tokenizer)
    }

    @Test func `the likelihood is the mean over the question's tokens`() throws {
        let (reranker, tokenizer) = try Self.likelihood()
        let chunks = [Chunk(documentID: "a", text: Self.texts[0])]
        let found = try reranker.scores(
            query: Self.query, chunks: chunks, snapshot: Snapshot(chunks: chunks), deadline: .max,
            time: MonotonicTime())

        func encoded(_ text: String) -> [TokenID] {
            tokenizer.encode(text, addSpecialTokens: false, parseSpecialTokens: false)
        }
        let question = encoded(" " + Self.query)
        let passage =
            (tokenizer.beginningOfSequence.map { [$0] } ?? []) + encoded("Passage: ")
            + encoded(chunks[0].embeddedText) + encoded("\nQuestion:")
        // All rows in one pass, and the softmax written out.
        let tokens = passage + question
        let model = try DecoderModel(
            ModelCheckpoint(path: TestFiles.root + "/Models/swiftlet-5m"),
            options: DecoderOptions(blockCount: 8, maxModelLength: 128), pool: ThreadPool(threadCount: 1))
        var batch = ForwardBatch(tokensPerBlock: 16)
        batch.append(tokens: tokens, range: 0..<tokens.count, blockTable: Array(0..<8), logits: .everyRow)
        model.forward(batch)
        var sum = 0.0
        for position in passage.count..<tokens.count {
            let logits = model.logits(position - 1).map { Double($0) }
            let largest = logits.max()!
            let total = logits.reduce(0) { $0 + exp($1 - largest) }
            sum += logits[tokens[position].index] - largest - log(total)
        }
        #expect(abs(try #require(found)[0] - sum / Double(question.count)) < 1e-4)
    }

    @Test func `a question is likelier after a passage that answers it, however long that is`() throws {
        let (reranker, _) = try Self.likelihood()
        let about = "Paged attention keeps keys and values in blocks of fixed size. "
        let texts = [about, "The weather was fine, and she went to town.", String(repeating: about, count: 100), ""]
        let chunks = texts.enumerated().map { Chunk(documentID: "\($0.offset)", text: $0.element) }
        let query = "Why does paged attention keep keys and values in blocks?"
        let scores = try #require(
            try reranker.scores(
                query: query, chunks: chunks, snapshot: Snapshot(chunks: chunks), deadline: .max,
                time: MonotonicTime()))
        #expect(scores[0] > scores[1] && scores[0] > scores[3])
        #expect(scores.allSatisfy { $0.isFinite && $0 < 0 })
        // The long passage is cut, and a question is as well.
        #expect(reranker.tokenCount(query: query, texts: [texts[2]]) <= 512)
        let long = String(repeating: query, count: 50)
        #expect(
            try reranker.scores(
                query: long, chunks: chunks, snapshot: Snapshot(chunks: chunks), deadline: .max,
                time: MonotonicTime()) != nil)
    }

    @Test func `past the deadline nobody answers, and the fused order stays`() throws {
        let embedder = try Self.embedder()
        let chunks = Self.chunks()
        let snapshot = try Snapshot(chunks: chunks)
        let time = ManualTime()
        time.advance(nanoseconds: 1_000_000_000)
        let encoder = try CrossEncoder(
            folder: TestFiles.fixture("encoder/bert-pairs"), pool: ThreadPool(threadCount: 1))
        let rerankers: [any Reranker] = [
            try #require(MaxSimReranker(embedder)), CrossEncoderReranker(encoder), try Self.likelihood().0,
        ]
        for reranker in rerankers {
            let late = try reranker.scores(
                query: "cache", chunks: chunks, snapshot: snapshot, deadline: 0, time: time)
            #expect(late == nil)
        }
        var request = SearchRequest("cache keys")
        let plain = try Retriever(embedder: embedder).search(request, in: snapshot)
        request.rerankMilliseconds = 0
        for reranker in rerankers {
            let found = try Retriever(embedder: embedder, reranker: reranker).search(request, in: snapshot)
            #expect(found.rerankFallback == "\(reranker.name) was not done within 0 ms")
            #expect(found.hits.map(\.place) == plain.hits.map(\.place))
        }
    }
}
