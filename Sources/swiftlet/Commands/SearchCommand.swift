// SearchCommand.swift — finds the chunks of an index that answer a question.
// swiftlet › Commands.

import Base
import Console
import Retrieval

enum SearchCommand: Command {
    static let name = "search"
    static let summary = "search an index by words, by vectors, or by both"
    static let operands = "QUERY"
    static let options =
        [
            IndexLocator.option,
            OptionDefinition("--mode", "MODE", "bm25, dense or hybrid (default: hybrid where there are vectors)"),
            OptionDefinition("--fusion", "HOW", "convex (default) or rrf"),
            OptionDefinition("--alpha", "X", "BM25's share in the convex fusion, 0 to 1 (default: 0.5)"),
            OptionDefinition("--top", "N", "chunks to show (default: 10)"),
            OptionDefinition("--filter", "F", "conditions such as topic=rag,level!=senior,year>=2020"),
            OptionDefinition("--rerank-timeout", "MS", "what a reranker may take (default: 2000)"),
            OptionDefinition("--explain", nil, "show how each BM25 score came about"),
            OptionDefinition("--json", nil, "print one JSON document"),
        ] + RerankerLocator.options + [EmbedderLocator.option]
    static let notes = """
        examples
          swiftlet search "paged attention" --index my-index --top 5
          swiftlet search "why cache keys and values?" --index my-index --mode bm25 --explain
        """

    static func run(_ arguments: Arguments) throws {
        guard arguments.positionals.count == 1, let query = arguments.positionals.first else {
            throw UsageError("search needs one QUERY (in quotes)")
        }
        var request = SearchRequest(query)
        request.count = try arguments.integer("--top", in: 1...10_000) ?? 10
        request.filter = try arguments["--filter"].map { try filter($0) } ?? .all
        request.fusion = try fusion(arguments)
        let asked = try arguments.choice("--mode", SearchMode.allCases.map { ($0.rawValue, $0) })
        request.mode = asked ?? .hybrid

        let found = try IndexLocator.find(arguments, needsVectors: request.mode != .bm25)
        let embedder = found.embedder
        let status = try IndexReader.status(found.folder)
        if let asked, asked != .bm25, status.manifest.embedder == nil {
            Output.note("warning: the index has no vectors; searching by words alone (BM25)")
        }
        let reranker = try RerankerLocator.find(arguments, embedder: embedder)
        request.rerankMilliseconds = try arguments.integer("--rerank-timeout", in: 1...3_600_000) ?? 2000
        let result = try Retriever(embedder: embedder, reranker: reranker).search(request, in: status.snapshot)
        if let reason = result.rerankFallback { Output.note("warning: the order is not reranked: \(reason)") }
        let explanations = arguments.has("--explain") ? explanations(result, query, status.snapshot) : nil
        if arguments.has("--json") {
            let json = result.json(query: query, reranker: reranker?.name, explanations: explanations)
            Output.line(String(decoding: json, as: UTF8.self))
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
            if let rerank = hit.rerank { parts.append("rerank \(rounded(rerank))") }
            Output.line("\(index + 1). \(hit.chunk.title.isEmpty ? hit.chunk.documentID : hit.chunk.title)")
            Output.line("   \(hit.chunk.documentID), chunk \(hit.chunk.sequence); \(parts.joined(separator: ", "))")
            let text = hit.chunk.text.split(whereSeparator: \.isWhitespace).joined(separator: " ")
            Output.line("   \(text.prefix(240))\(text.count > 240 ? "…" : "")")
            for line in explanations?[index].lines(depth: 2) ?? [] { Output.line(line) }
        }
    }

    private static func rounded(_ value: Double) -> Double { (value * 1000).rounded() / 1000 }
}
