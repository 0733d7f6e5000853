// LexicalMeasurement.swift — BM25 queries per second on one thread, and how fast texts are indexed.
// Bench › Retrieval.  Bench/peers/retrieval/speed.py runs it beside tantivy and bm25s on the same texts and questions.

import Base
import Console
import Retrieval

enum LexicalMeasurement {
    static func run(_ arguments: Arguments) throws {
        guard let corpus = arguments["--corpus"], let queries = arguments["--queries"] else {
            throw UsageError("retrieval needs --corpus FILE and --queries FILE")
        }
        let count = try arguments.integer("--top", in: 1...1000) ?? 10
        let repeats = try arguments.integer("--repeats", in: 1...1000) ?? 3
        let segmentCount = try arguments.integer("--segments", in: 1...1000) ?? 1
        let chunks = try RetrievalBenchmark.chunks(corpus)
        let questions = try RetrievalBenchmark.questions(queries)

        let start = RetrievalBenchmark.processorSeconds()
        let snapshot = try snapshot(chunks, segmentCount: segmentCount)
        let buildSeconds = RetrievalBenchmark.processorSeconds() - start
        let method: LexicalSearch.Method = arguments.has("--exhaustive") ? .exhaustive : .blockMax
        let allowed = try snapshot.allowed(.all)
        let analyzer = Analyzer()
        var seconds: [Double] = []
        var scoreSum = 0.0
        for pass in 0...repeats {
            let start = RetrievalBenchmark.processorSeconds()
            scoreSum = 0
            for question in questions {
                let search = LexicalSearch(QueryTerms(question, analyzer: analyzer), in: snapshot)
                scoreSum += search.best(count, allowed: allowed, method: method).reduce(0) { $0 + $1.score }
            }
            if pass > 0 { seconds.append(RetrievalBenchmark.processorSeconds() - start) }
        }
        let best = seconds.sorted()[seconds.count / 2]
        var json = JSONWriter()
        json.object { json in
            json.field("chunks", chunks.count)
            json.field("questions", questions.count)
            json.field("top", count)
            json.field("segments", segmentCount)
            json.field("queries_per_second", Double(questions.count) / best)
            json.field("build_seconds", buildSeconds)
            // Equal sums: equal results, as good as surely.
            json.field("score_sum", scoreSum)
        }
        if arguments.has("--json") { return Output.line(String(decoding: json.bytes, as: UTF8.self)) }
        Output.line("\(Double(questions.count) / best) queries per second, the best \(count) of \(chunks.count) chunks")
        Output.line("built in \(buildSeconds) s")
    }

    private static func snapshot(_ chunks: [Chunk], segmentCount: Int) throws -> Snapshot {
        let size = (chunks.count + segmentCount - 1) / segmentCount
        return Snapshot(
            try stride(from: 0, to: chunks.count, by: max(size, 1)).map { start in
                LiveSegment(try Segment(chunks: chunks[start..<min(start + size, chunks.count)]))
            })
    }

    static func printTerms() throws {
        let analyzer = Analyzer()
        for line in try Output.readInput(limit: 4 << 30).split(separator: 0x0A) {
            guard let text = try JSON.parse(Array(line)).string else { throw UsageError("--terms reads JSON strings") }
            var json = JSONWriter()
            json.array { json in
                for term in analyzer.terms(of: text) { json.string(term) }
            }
            Output.line(String(decoding: json.bytes, as: UTF8.self))
        }
    }
}
