// RetrievalBenchmark.swift — how many questions a second BM25 answers on one thread, and how fast texts are indexed.
// Bench.  Bench/peers/retrieval/speed.py runs it beside tantivy and bm25s on the same texts and questions.

import Base
import Console
import Glibc
import Retrieval

enum RetrievalBenchmark: Command {
    static let name = "retrieval"
    static let summary = "BM25 queries per second, and texts indexed per second"
    static let options = [
        OptionDefinition("--corpus", "FILE", "texts: JSON lines with _id, title and text"),
        OptionDefinition("--queries", "FILE", "questions: JSON lines with _id and text"),
        OptionDefinition("--top", "N", "chunks to find (default: 10)"),
        OptionDefinition("--repeats", "N", "passes over the questions, after one to warm up (default: 3)"),
        OptionDefinition("--segments", "N", "cut the texts into so many segments (default: 1)"),
        OptionDefinition("--exhaustive", nil, "score every chunk that has a term, to see what skipping gains"),
        OptionDefinition("--terms", nil, "instead: read JSON strings, a line each, and print their terms"),
        OptionDefinition("--json", nil, "print one JSON document"),
    ]

    static func run(_ arguments: Arguments) throws {
        if arguments.has("--terms") { return try printTerms() }
        guard let corpus = arguments["--corpus"], let queries = arguments["--queries"] else {
            throw UsageError("retrieval needs --corpus FILE and --queries FILE")
        }
        let count = try arguments.integer("--top", in: 1...1000) ?? 10
        let repeats = try arguments.integer("--repeats", in: 1...1000) ?? 3
        let segmentCount = try arguments.integer("--segments", in: 1...1000) ?? 1
        var chunks: [Chunk] = []
        try JSONLines.forEach(corpus) { value, _ in
            chunks.append(
                Chunk(
                    documentID: value["_id"]?.string ?? "\(chunks.count)", title: value["title"]?.string ?? "",
                    text: value["text"]?.string ?? ""))
        }
        var questions: [String] = []
        try JSONLines.forEach(queries) { value, _ in questions.append(value["text"]?.string ?? "") }

        let start = processorSeconds()
        let snapshot = try snapshot(chunks, segmentCount: segmentCount)
        let buildSeconds = processorSeconds() - start
        let method: LexicalSearch.Method = arguments.has("--exhaustive") ? .exhaustive : .blockMax
        let allowed = try snapshot.allowed(.all)
        let analyzer = Analyzer()
        var seconds: [Double] = []
        var scoreSum = 0.0
        for pass in 0...repeats {
            let start = processorSeconds()
            scoreSum = 0
            for question in questions {
                let search = LexicalSearch(QueryTerms(question, analyzer: analyzer), in: snapshot)
                scoreSum += search.best(count, allowed: allowed, method: method).reduce(0) { $0 + $1.score }
            }
            if pass > 0 { seconds.append(processorSeconds() - start) }
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

    private static func printTerms() throws {
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

    /// Time on the processor: on a shared machine, waiting says nothing.
    private static func processorSeconds() -> Double {
        var time = timespec()
        clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &time)
        return Double(time.tv_sec) + Double(time.tv_nsec) / 1e9
    }
}
