// SearchCommand.swift — finds the chunks of an index that answer a question.
// swiftlet › Commands.

import Base
import Console
import Retrieval

enum SearchCommand: Command {
    static let name = "search"
    static let summary = "search an index by words, by vectors, or by both"
    static let operands = "QUERY"
    static let options = [
        OptionDefinition("--index", "DIR", "the index (needed)"),
        OptionDefinition("--mode", "MODE", "bm25, dense or hybrid (default: hybrid where there are vectors)"),
        OptionDefinition("--fusion", "HOW", "convex (default) or rrf"),
        OptionDefinition("--alpha", "X", "BM25's share in the convex fusion, 0 to 1 (default: 0.5)"),
        OptionDefinition("--top", "N", "chunks to show (default: 10)"),
        OptionDefinition("--filter", "F", "conditions such as topic=rag,level!=senior,year>=2020"),
        OptionDefinition("--explain", nil, "show how each BM25 score came about"),
        OptionDefinition("--json", nil, "print one JSON document"),
    ]
    static let notes = """
        examples
          swiftlet search "paged attention" --index my-index --top 5
          swiftlet search "why cache keys and values?" --index my-index --mode bm25 --explain
        """

    static func run(_ arguments: Arguments) throws {
        guard arguments.positionals.count == 1, let query = arguments.positionals.first else {
            throw UsageError("search needs one QUERY (in quotes)")
        }
        guard let folder = arguments["--index"] else { throw UsageError("--index DIR is needed") }
        var request = SearchRequest(query)
        request.count = try arguments.integer("--top", in: 1...10_000) ?? 10
        request.filter = try arguments["--filter"].map { try filter($0) } ?? .all
        request.fusion = try fusion(arguments)
        let asked = try arguments.choice("--mode", SearchMode.allCases.map { ($0.rawValue, $0) })
        request.mode = asked ?? .hybrid

        let status = try IndexReader.status(folder)
        let embedder = request.mode == .bm25 ? nil : try EmbedderLocator.find(for: status.manifest, at: folder)
        if let asked, asked != .bm25, status.manifest.embedder == nil {
            Output.note("warning: the index has no vectors; searching by words alone (BM25)")
        }
        let result = try Retriever(embedder: embedder).search(request, in: status.snapshot)
        let explanations = arguments.has("--explain") ? explanations(result, query, status.snapshot) : nil
        if arguments.has("--json") {
            Output.line(json(result, query, explanations))
        } else {
            show(result, explanations)
        }
    }

    private static func filter(_ text: String) throws(UsageError) -> Filter {
        do { return try Filter(parsing: text) } catch { throw UsageError(error.description) }
    }

    private static func fusion(_ arguments: Arguments) throws(UsageError) -> Fusion {
        let alpha = Double(try arguments.number("--alpha") ?? 0.5)
        guard (0...1).contains(alpha) else { throw UsageError("--alpha must be a number from 0 to 1") }
        return try arguments.choice(
            "--fusion", [("convex", .convex(alpha: alpha)), ("rrf", .reciprocalRank(k: 60))]) ?? .convex(alpha: alpha)
    }

    private static func explanations(
        _ result: SearchResult, _ query: String, _ snapshot: Snapshot
    ) -> [ScoreExplanation] {
        let search = LexicalSearch(QueryTerms(query, analyzer: Analyzer()), in: snapshot)
        return result.hits.map { search.explanation(of: $0.place) }
    }

    private static func show(_ result: SearchResult, _ explanations: [ScoreExplanation]?) {
        if result.hits.isEmpty { Output.note("nothing found") }
        for (index, hit) in result.hits.enumerated() {
            var parts = ["score \(rounded(hit.score))"]
            if let bm25 = hit.bm25 { parts.append("bm25 \(rounded(bm25)) of \(rounded(result.bm25Ceiling))") }
            if let cosine = hit.cosine { parts.append("cosine \(rounded(cosine))") }
            Output.line("\(index + 1). \(hit.chunk.title.isEmpty ? hit.chunk.documentID : hit.chunk.title)")
            Output.line("   \(hit.chunk.documentID), chunk \(hit.chunk.sequence); \(parts.joined(separator: ", "))")
            let text = hit.chunk.text.split(whereSeparator: \.isWhitespace).joined(separator: " ")
            Output.line("   \(text.prefix(240))\(text.count > 240 ? "…" : "")")
            for line in explanations?[index].lines(depth: 2) ?? [] { Output.line(line) }
        }
    }

    private static func rounded(_ value: Double) -> Double { (value * 1000).rounded() / 1000 }

    private static func json(
        _ result: SearchResult, _ query: String, _ explanations: [ScoreExplanation]?
    ) -> String {
        var writer = JSONWriter()
        writer.object { writer in
            writer.field("query", query)
            writer.field("mode", result.mode.rawValue)
            writer.field("bm25_ceiling", result.bm25Ceiling)
            writer.key("hits")
            writer.array { writer in
                for (index, hit) in result.hits.enumerated() {
                    writer.object { writer in
                        write(hit, to: &writer)
                        if let explanation = explanations?[index] {
                            writer.key("explanation")
                            write(explanation, to: &writer)
                        }
                    }
                }
            }
            writer.key("timings")
            writer.object { writer in
                writer.field("embed_ms", result.timings.embedMilliseconds)
                writer.field("bm25_ms", result.timings.lexicalMilliseconds)
                writer.field("dense_ms", result.timings.denseMilliseconds)
                writer.field("fusion_ms", result.timings.fusionMilliseconds)
                writer.field("rerank_ms", result.timings.rerankMilliseconds)
                writer.field("total_ms", result.timings.totalMilliseconds)
            }
        }
        return String(decoding: writer.bytes, as: UTF8.self)
    }

    private static func write(_ hit: SearchHit, to writer: inout JSONWriter) {
        writer.field("id", hit.chunk.documentID)
        writer.field("chunk", hit.chunk.sequence)
        writer.field("title", hit.chunk.title)
        writer.field("text", hit.chunk.text)
        writer.field("offset", hit.chunk.sourceOffset)
        writer.field("score", hit.score)
        writer.key("parts")
        writer.object { writer in
            for (name, part) in [("bm25", hit.bm25), ("cosine", hit.cosine), ("rerank", hit.rerank)] {
                if let part { writer.field(name, part) } else { writer.nullField(name) }
            }
        }
    }

    private static func write(_ explanation: ScoreExplanation, to writer: inout JSONWriter) {
        writer.object { writer in
            writer.field("value", explanation.value)
            writer.field("description", explanation.description)
            writer.key("details")
            writer.array { writer in
                for detail in explanation.details { write(detail, to: &writer) }
            }
        }
    }
}
