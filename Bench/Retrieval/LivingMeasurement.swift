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
    private static let turns = 5
    private static let questionsPerTurn = 100

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
        var (rest, busy) = (Latencies(), Latencies())
        try ask(questions.prefix(20), embedder, writer, &rest)
        rest = Latencies()
        // In turn: on a machine that others use too, both meet the same weather.
        for turn in 0..<turns {
            let some = questions.dropFirst(turn * questionsPerTurn).prefix(questionsPerTurn)
            try ask(some, embedder, writer, &rest)
            try whileMerging(writer, source) { try ask(some, embedder, writer, &busy) }
        }
        let churn = try churn(writer, source, questions, Array(rows[(rows.count - 200)...]))
        let opening = try opening(writer, source)

        var json = JSONWriter()
        json.object { json in
            json.field("chunks", count)
            json.field("threads", threads)
            for (name, figures) in [("at_rest", rest), ("during_merges", busy)] {
                json.key(name)
                json.object { json in
                    json.field("questions", figures.totals.count)
                    json.field("p50_ms", Latencies.quantile(0.5, of: figures.totals))
                    json.field("p99_ms", Latencies.quantile(0.99, of: figures.totals))
                    json.field("embed_p50_ms", Latencies.quantile(0.5, of: figures.embeddings))
                    json.field("embed_p99_ms", Latencies.quantile(0.99, of: figures.embeddings))
                }
            }
            json.key("churn")
            json.object { json in
                json.field("rounds", rounds)
                json.field("largest_score_difference", churn.scores)
                json.field("recall@10", churn.grown.byScore)
                json.field("recall@10_rebuilt", churn.rebuilt.byScore)
                json.field("recall@10_by_chunk", churn.grown.byChunk)
                json.field("recall@10_by_chunk_rebuilt", churn.rebuilt.byChunk)
                json.field("updates_per_cpu_second", churn.updates)
            }
            json.key("opening")
            json.object { json in
                json.field("seconds", opening.seconds)
                json.field("chunks_in_log", opening.logged)
            }
        }
        Output.line(String(decoding: json.bytes, as: UTF8.self))
    }

    private struct Source: Sendable {
        let texts: [Chunk]
        let rows: [[Float]]
        let count: Int

        /// After round 0, document n has another text and another vector, which no other document has: each is replaced
        /// once.
        func document(_ number: Int, round: Int) -> IndexedDocument {
            var chunk = texts[(number + round * 7919) % texts.count]
            chunk.documentID = "d\(number)"
            let row = round == 0 ? number : count + number
            return IndexedDocument(id: "d\(number)", chunks: [chunk], vectors: [rows[row]])
        }
    }

    /// Milliseconds of each question, the embedding included, and of its embedding.
    private struct Latencies {
        var totals: [Double] = []
        var embeddings: [Double] = []

        static func quantile(_ share: Double, of values: [Double]) -> Double {
            let sorted = values.sorted()
            return sorted.isEmpty ? 0 : sorted[min(Int(share * Double(sorted.count)), sorted.count - 1)]
        }
    }

    private static func ask(
        _ questions: some Sequence<String>, _ embedder: EncoderEmbedder, _ writer: IndexWriter,
        _ latencies: inout Latencies
    ) throws {
        let retriever = Retriever(embedder: embedder)
        for question in questions {
            let timings = try retriever.search(SearchRequest(question), in: writer.snapshot).timings
            latencies.totals.append(timings.totalMilliseconds)
            latencies.embeddings.append(timings.embedMilliseconds)
        }
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
    ) throws -> Churn {
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
        return Churn(
            scores: difference, grown: try recall(writer.snapshot, queries, exact),
            rebuilt: try recall(rebuilt.snapshot, queries, exact), updates: Double(updates) / seconds)
    }

    private struct Churn {
        let scores: Double
        let grown: Recall
        let rebuilt: Recall
        let updates: Double
    }

    /// By score, any chunk counts that is as near as the exact tenth: of chunks with the same vector either is right.
    private struct Recall {
        var byScore = 0.0
        var byChunk = 0.0
    }

    private typealias Neighbour = (key: ChunkKey, score: Double)

    private static func recall(_ snapshot: Snapshot, _ queries: [[Float]], _ exact: [[Neighbour]]) throws -> Recall {
        var recall = Recall()
        for (query, exact) in zip(queries, exact) {
            guard let tenth = exact.last else { continue }
            let found = try nearest(query, in: snapshot, exactly: false)
            let keys = Set(exact.map(\.key))
            recall.byScore += Double(found.count { $0.score >= tenth.score }) / Double(exact.count)
            recall.byChunk += Double(found.count { keys.contains($0.key) }) / Double(exact.count)
        }
        recall.byScore /= Double(queries.count)
        recall.byChunk /= Double(queries.count)
        return recall
    }

    /// The ten nearest as a search finds them, or as comparing with every vector does.
    private static func nearest(_ query: [Float], in snapshot: Snapshot, exactly: Bool) throws -> [Neighbour] {
        let allowed = try snapshot.allowed(.all)
        guard exactly else {
            return try DenseSearch.best(10, of: query, in: snapshot, allowed: allowed).map { ($0.key, $0.score) }
        }
        var places: [ChunkPlace] = []
        for (segment, live) in snapshot.segments.enumerated() {
            places += (0..<live.segment.chunkCount).filter { live.isLive($0) }.map {
                ChunkPlace(segment: segment, ordinal: $0)
            }
        }
        let scores = try DenseSearch.scores(of: places, query, in: snapshot)
        let neighbours: [Neighbour] = zip(places, scores).map { (snapshot.key($0), $1) }
        return Array(neighbours.sorted { ($1.score, $0.key) < ($0.score, $1.key) }.prefix(10))
    }

    /// The time to open the index with a log that is nearly full of small records; the median of five.
    private static func opening(_ writer: IndexWriter, _ source: Source) throws -> (seconds: Double, logged: Int) {
        try writer.flush()
        for number in 0..<4000 { try writer.apply([.put(source.document(number % source.count, round: rounds + 1))]) }
        var seconds: [Double] = []
        var logged = 0
        for _ in 0..<5 {
            let start = RetrievalBenchmark.wallSeconds()
            logged = try IndexReader.status(writer.folder).unflushedChunkCount
            seconds.append(RetrievalBenchmark.wallSeconds() - start)
        }
        return (seconds.sorted()[2], logged)
    }
}
