// EvaluationTable.swift — all ways to search a judged collection, beside each other.
// swiftlet › Commands.  A way counts as better when the interval of its difference to the hybrid leaves zero out.

import Base
import Console
import Embedding
import Retrieval

struct EvaluationTable {
    private struct Row {
        let name: String
        let evaluation: RetrievalEvaluation
    }

    private let collection: JudgedCollection
    private var rows: [Row] = []

    /// - Parameter rerankers: each looks at the hybrid's order.
    init(_ collection: JudgedCollection, embedder: EncoderEmbedder, rerankers: [any Reranker]) throws {
        self.collection = collection
        let snapshot = try collection.snapshot(embedder: embedder)
        for mode in SearchMode.allCases {
            try add(mode.rawValue, Retriever(embedder: embedder), snapshot) { $0.mode = mode }
        }
        try add("rrf", Retriever(embedder: embedder), snapshot) { $0.fusion = .reciprocalRank(k: 60) }
        for reranker in rerankers {
            let retriever = Retriever(embedder: embedder, reranker: reranker)
            try add("hybrid + \(reranker.name)", retriever, snapshot) { _ in }
        }
    }

    private mutating func add(
        _ name: String, _ retriever: Retriever, _ snapshot: Snapshot, _ change: (inout SearchRequest) -> Void
    ) throws {
        let evaluation = try RetrievalEvaluation(collection) { question, count in
            var request = SearchRequest(question)
            request.count = count
            // What an order is worth is asked here, not what it costs.
            request.rerankMilliseconds = 600_000
            change(&request)
            return try retriever.search(request, in: snapshot).hits.map { ($0.chunk.documentID, $0.score) }
        }
        rows.append(Row(name: name, evaluation: evaluation))
    }

    private func difference(_ row: Row) -> PairedBootstrap.Interval? {
        guard row.name != "hybrid", let hybrid = rows.first(where: { $0.name == "hybrid" }) else { return nil }
        return PairedBootstrap.interval(
            zip(row.evaluation.each, hybrid.evaluation.each).map { $0.ndcg10 - $1.ndcg10 })
    }

    func print(json: Bool) {
        guard json else {
            Output.line("\(collection.name): \(collection.questions.count) questions; nDCG@10, MRR@10, Recall@10, @100")
            for row in rows {
                let mean = row.evaluation.mean
                let figures = [mean.ndcg10, mean.mrr10, mean.recall10, mean.recall100].map { "\(Self.rounded($0))" }
                let interval = difference(row).map {
                    "; to hybrid \(Self.rounded($0.mean)) (\(Self.rounded($0.low)) … \(Self.rounded($0.high)))"
                }
                Output.line("\(row.name): \(figures.joined(separator: ", "))\(interval ?? "")")
            }
            return
        }
        var writer = JSONWriter()
        writer.object { writer in
            writer.field("collection", collection.name)
            writer.field("queries", collection.questions.count)
            writer.key("searches")
            writer.object { writer in
                for row in rows {
                    writer.key(row.name)
                    writer.object { writer in write(row, to: &writer) }
                }
            }
        }
        Output.line(String(decoding: writer.bytes, as: UTF8.self))
    }

    private func write(_ row: Row, to writer: inout JSONWriter) {
        let mean = row.evaluation.mean
        writer.field("ndcg@10", mean.ndcg10)
        writer.field("mrr@10", mean.mrr10)
        writer.field("recall@10", mean.recall10)
        writer.field("recall@100", mean.recall100)
        writer.field("p50_ms", row.evaluation.milliseconds(percentile: 50))
        guard let interval = difference(row) else { return }
        writer.key("ndcg@10_to_hybrid")
        writer.object { writer in
            writer.field("mean", interval.mean)
            writer.field("low", interval.low)
            writer.field("high", interval.high)
        }
    }

    private static func rounded(_ value: Double) -> Double { (value * 10_000).rounded() / 10_000 }
}
