// LivingMeasurement.swift — an index under change: how long questions take, at rest and during a merge, and what ten
// rounds of replacing a tenth of it do to its answers.
// Bench › Retrieval.

import Base
import Console
import Dispatch
import Embedding
import Glibc
import Kernels
import Retrieval
import Synchronization

/// Texts come from `--corpus`, questions from `--queries`, vectors from `--vectors DIR/base.f32`, of which the rest
/// replaces the first. How long a search takes does not depend on whether a vector is that of its text.
enum LivingMeasurement {
    private static let rounds = 10

    static func run(_ arguments: Arguments) throws {
        guard let folder = arguments["--living"], let vectors = arguments["--vectors"],
            let corpus = arguments["--corpus"], let queries = arguments["--queries"]
        else { throw UsageError("--living needs --vectors, --corpus and --queries") }
        let count = try arguments.integer("--chunks", in: 100...1_000_000) ?? 20_000
        let rows = try VectorMeasurement.floats(vectors + "/base.f32", columns: 384)
        let texts = try RetrievalBenchmark.chunks(corpus)
        let questions = try RetrievalBenchmark.questions(queries)
        guard rows.count >= 2 * count, texts.count >= count else {
            throw UsageError("\(count) chunks need \(2 * count) vectors and \(count) texts")
        }
        let threads = try arguments.integer("--threads", in: 1...256) ?? Machine.usableCoreCount
        let embedder = try EncoderEmbedder(
            folder: ModelLocator.path(arguments["--model"] ?? "all-MiniLM-L6-v2"),
            pool: ThreadPool(threadCount: threads))

        let writer = try IndexWriter(creating: folder, embedder: embedder.fingerprint, dimension: 384)
        let source = Source(texts: texts, rows: rows, count: count)
        for start in stride(from: 0, to: count, by: 512) {
            try writer.apply((start..<min(start + 512, count)).map { .put(source.document($0, round: 0)) })
        }
        try writer.compact()
        let rest = try latencies(questions, embedder, writer)
        let busy = try whileMerging(writer, source) { try latencies(questions, embedder, writer) }
        let churn = try churn(writer, source, questions, Array(rows[(rows.count - 200)...]))
        let opening = try openingSeconds(folder)

        var json = JSONWriter()
        json.object { json in
            json.field("chunks", count)
            json.field("threads", threads)
            for (name, figures) in [("at_rest", rest), ("during_merges", busy)] {
                json.key(name)
                json.object { json in
                    json.field("p50_ms", figures.p50)
                    json.field("p99_ms", figures.p99)
                    json.field("embed_p50_ms", figures.embed)
                }
            }
            json.key("churn")
            json.object { json in
                json.field("rounds", rounds)
                json.field("largest_score_difference", churn.scores)
                json.field("recall@10", churn.recall)
                json.field("recall@10_rebuilt", churn.rebuilt)
                json.field("updates_per_cpu_second", churn.updates)
            }
            json.field("opening_seconds", opening)
        }
        Output.line(String(decoding: json.bytes, as: UTF8.self))
    }

    private struct Source: Sendable {
        let texts: [Chunk]
        let rows: [[Float]]
        let count: Int

        /// In round r, document n has another text and another vector than in round 0.
        func document(_ number: Int, round: Int) -> IndexedDocument {
            var chunk = texts[(number + round * 7919) % texts.count]
            chunk.documentID = "d\(number)"
            let row = round == 0 ? number : count + (number + round * 104_729) % (rows.count - count)
            return IndexedDocument(id: "d\(number)", chunks: [chunk], vectors: [rows[row]])
        }
    }

    private static func latencies(
        _ questions: [String], _ embedder: EncoderEmbedder, _ writer: IndexWriter
    ) throws -> (p50: Double, p99: Double, embed: Double) {
        let retriever = Retriever(embedder: embedder)
        var totals: [Double] = []
        var embeddings: [Double] = []
        for question in questions.prefix(20) + questions.prefix(500) {
            let timings = try retriever.search(SearchRequest(question), in: writer.snapshot).timings
            totals.append(timings.totalMilliseconds)
            embeddings.append(timings.embedMilliseconds)
        }
        // The first twenty warm up.
        totals = totals.dropFirst(20).sorted()
        embeddings = embeddings.dropFirst(20).sorted()
        return (totals[totals.count / 2], totals[totals.count * 99 / 100], embeddings[embeddings.count / 2])
    }

    private static func whileMerging<Result>(
        _ writer: IndexWriter, _ source: Source, _ body: () throws -> Result
    ) throws -> Result {
        let isOver = Mutex(false)
        let group = DispatchGroup()
        DispatchQueue.global().async(group: group) {
            var round = 0
            while !isOver.withLock({ $0 }) {
                try? writer.apply([.put(source.document(round % source.count, round: 0))])
                try? writer.compact()
                round += 1
            }
        }
        defer {
            isOver.withLock { $0 = true }
            group.wait()
        }
        return try body()
    }

    /// Replaces a tenth of the index ten times, and compares with an index built of what it holds then.
    private static func churn(
        _ writer: IndexWriter, _ source: Source, _ questions: [String], _ queries: [[Float]]
    ) throws -> (scores: Double, recall: Double, rebuilt: Double, updates: Double) {
        var rounds = [Int](repeating: 0, count: source.count)
        let start = RetrievalBenchmark.processorSeconds()
        var updates = 0
        for round in 1...Self.rounds {
            let numbers = stride(from: round % 10, to: source.count, by: 10).map { $0 }
            for number in numbers { rounds[number] = round }
            for start in stride(from: 0, to: numbers.count, by: 256) {
                try writer.apply(
                    numbers[start..<min(start + 256, numbers.count)].map {
                        .put(source.document($0, round: round))
                    })
            }
            updates += numbers.count
            try writer.mergeWherePaying()
        }
        let seconds = RetrievalBenchmark.processorSeconds() - start

        let path = writer.folder + "-rebuilt"
        let rebuilt = try IndexWriter(creating: path, embedder: nil, dimension: 384)
        try rebuilt.apply(rounds.enumerated().map { .put(source.document($0, round: $1)) })
        try rebuilt.compact()
        var difference = 0.0
        for question in questions.prefix(200) {
            let request = SearchRequest(question)
            let found = try Retriever().search(request, in: writer.snapshot).hits
            let wanted = try Retriever().search(request, in: rebuilt.snapshot).hits
            for (found, wanted) in zip(found, wanted) {
                difference = max(
                    difference,
                    found.chunk.documentID == wanted.chunk.documentID ? abs(found.score - wanted.score) : .infinity)
            }
        }
        let exact = try queries.map { try nearest($0, in: rebuilt.snapshot, exactly: true) }
        func recall(_ snapshot: Snapshot) throws -> Double {
            let found = try zip(queries, exact).reduce(0) { sum, pair in
                guard let tenth = pair.1.last else { return sum }
                return try sum + nearest(pair.0, in: snapshot, exactly: false).count { $0 >= tenth }
            }
            return Double(found) / Double(exact.reduce(0) { $0 + $1.count })
        }
        return (
            difference, try recall(writer.snapshot), try recall(rebuilt.snapshot), Double(updates) / seconds
        )
    }

    /// The scores of the ten nearest, best first. Not their ids: some documents have the same vector, and either is right.
    private static func nearest(_ query: [Float], in snapshot: Snapshot, exactly: Bool) throws -> [Float] {
        var scores: [Float] = []
        for live in snapshot.segments {
            guard let index = live.segment.vectors else { continue }
            let living = (0..<index.table.count).filter { live.isLive($0) }
            var allowed = [UInt64](repeating: 0, count: (index.table.count + 63) / 64)
            for ordinal in living { allowed[ordinal / 64] |= 1 << UInt64(ordinal % 64) }
            let found =
                exactly
                ? zip(living, try index.scores(query, of: living)).map { VectorHit(ordinal: $0, score: $1) }
                : try index.search(
                    query, count: 10, pool: living.count == index.table.count ? 64 : nil,
                    allowed: living.count == index.table.count ? nil : allowed)
            scores += found.map(\.score)
        }
        return Array(scores.sorted(by: >).prefix(10))
    }

    private static func openingSeconds(_ folder: String) throws -> Double {
        let start = RetrievalBenchmark.wallSeconds()
        _ = try IndexReader.open(folder)
        return RetrievalBenchmark.wallSeconds() - start
    }
}
