// EvaluateCommand.swift — how well a search finds what people judged relevant; EvaluateEvidence has the notes' part.
// swiftlet › Commands.

import Base
import Console
import Embedding
import Retrieval
import Transformer

enum EvaluateCommand: Command {
    static let name = "evaluate"
    static let summary = "measure retrieval on a judged collection, or evidence and answers on judged questions"
    static let operands = "retrieval|evidence|explain"
    private static let retrievalOptions = [
        OptionDefinition("--collection", "DIR", "retrieval: corpus.jsonl, queries.jsonl and qrels.tsv (needed)"),
        OptionDefinition("--mode", "MODE", "retrieval: bm25 (default), dense or hybrid"),
        OptionDefinition("--compare", nil, "retrieval, instead: every mode, fusion and reranker, with intervals"),
        OptionDefinition("--draw", "N", "retrieval: N of the questions, drawn at random, the same each time"),
        OptionDefinition("--run", "FILE", "retrieval: write the rankings too, in the form of TREC runs"),
        EmbedderLocator.precisionOption,
    ]
    private static let sharedOptions =
        RerankerLocator.options
        + [EmbedderLocator.option, OptionDefinition("--json", nil, "print one JSON document")]
    static let options =
        retrievalOptions + EvaluateEvidence.questionOptions + EvaluateEvidence.options + EvaluateExplain.options
        + sharedOptions

    /// What can be measured, and the options of each besides the shared ones.
    private static let kinds: [(name: String, options: [OptionDefinition], run: @Sendable (Arguments) throws -> Void)] =
        [
            ("retrieval", retrievalOptions, retrieval),
            ("evidence", EvaluateEvidence.questionOptions + EvaluateEvidence.options, EvaluateEvidence.run),
            ("explain", EvaluateEvidence.questionOptions + EvaluateExplain.options, EvaluateExplain.run),
        ]
    static let notes = """
        examples
          swiftlet evaluate retrieval --collection path/to/collection --mode bm25
          swiftlet evaluate evidence --split tune
          swiftlet evaluate explain --split tune --limit 50
        """

    static func run(_ arguments: Arguments) throws {
        guard let kind = kinds.first(where: { [$0.name] == arguments.positionals }) else {
            throw UsageError("evaluate needs what: retrieval, evidence or explain")
        }
        let known = Set((kind.options + sharedOptions).map(\.name))
        if let option = arguments.given.subtracting(known).min() {
            throw UsageError("evaluate \(kind.name) has no \(option)")
        }
        try kind.run(arguments)
    }

    private static func retrieval(_ arguments: Arguments) throws {
        guard let folder = arguments["--collection"] else { throw UsageError("--collection is needed") }
        if arguments.has("--compare") { return try compare(collection(folder, arguments), arguments) }
        let mode = try arguments.choice("--mode", SearchMode.allCases.map { ($0.rawValue, $0) }) ?? .bm25
        let embedder = mode == .bm25 ? nil : try embedder(arguments)
        guard mode == .bm25 || embedder != nil else {
            throw UsageError("--mode \(mode.rawValue) needs an encoder, and none is installed; bm25 works without")
        }
        let collection = try collection(folder, arguments)
        let snapshot = try collection.snapshot(embedder: embedder)
        let reranker = try RerankerLocator.find(arguments, embedder: embedder)
        let retriever = Retriever(embedder: embedder, reranker: reranker)
        let evaluation = try RetrievalEvaluation(collection) { question, count in
            var request = SearchRequest(question)
            request.mode = mode
            request.count = count
            // What an order is worth is asked here, not what it costs.
            request.rerankMilliseconds = 600_000
            return try retriever.search(request, in: snapshot).hits.map { ($0.chunk.documentID, $0.score) }
        }
        if let path = arguments["--run"] { try write(evaluation, of: collection, to: path) }
        report(
            evaluation, of: collection, mode: mode.rawValue, reranker: reranker?.name ?? "none",
            json: arguments.has("--json"))
    }

    private static func embedder(_ arguments: Arguments) throws -> EncoderEmbedder? {
        let precision = try EncoderPrecision.asked(arguments) ?? EmbedderLocator.precision
        return try EmbedderLocator.find(arguments["--encoder"], precision: precision)
    }

    private static func collection(_ folder: String, _ arguments: Arguments) throws -> JudgedCollection {
        let collection = try JudgedCollection(folder: folder)
        return try arguments.integer("--draw", in: 1...1_000_000).map { collection.drawing($0) } ?? collection
    }

    private static func compare(_ collection: JudgedCollection, _ arguments: Arguments) throws {
        guard let embedder = try embedder(arguments) else {
            throw UsageError("--compare needs an encoder; `make models` fetches one, and --encoder DIR names another")
        }
        let model = try arguments["--language-model"].map { try LoadedModel.open($0).model }
        let rerankers = try RerankerLocator.all(arguments["--cross-encoder"], embedder: embedder, model: model)
        try EvaluationTable(collection, embedder: embedder, rerankers: rerankers)
            .print(json: arguments.has("--json"))
    }

    private static func report(
        _ evaluation: RetrievalEvaluation, of collection: JudgedCollection, mode: String, reranker: String, json: Bool
    ) {
        let mean = evaluation.mean
        let (p50, p99) = (evaluation.milliseconds(percentile: 50), evaluation.milliseconds(percentile: 99))
        guard json else {
            Output.line("\(collection.name), \(mode), rerank \(reranker): \(evaluation.questionCount) questions")
            Output.line("nDCG@10 \(mean.ndcg10), MRR@10 \(mean.mrr10)")
            Output.line("Recall@10 \(mean.recall10), Recall@100 \(mean.recall100)")
            return Output.line("latency \(p50) ms (half of the questions), \(p99) ms (99 %)")
        }
        var writer = JSONWriter()
        writer.object { writer in
            writer.field("collection", collection.name)
            writer.field("mode", mode)
            writer.field("rerank", reranker)
            writer.field("queries", evaluation.questionCount)
            writer.field("ndcg@10", mean.ndcg10)
            writer.field("mrr@10", mean.mrr10)
            writer.field("recall@10", mean.recall10)
            writer.field("recall@100", mean.recall100)
            writer.key("latency_ms")
            writer.object { writer in
                writer.field("p50", p50)
                writer.field("p99", p99)
            }
        }
        Output.line(String(decoding: writer.bytes, as: UTF8.self))
    }

    /// `question Q0 document rank score swiftlet`, a line each.
    private static func write(
        _ evaluation: RetrievalEvaluation, of collection: JudgedCollection, to path: String
    ) throws {
        try AtomicFile.write(to: path) { file in
            for (question, ranking) in zip(collection.questions, evaluation.rankings) {
                for (index, entry) in ranking.enumerated() {
                    try file.write("\(question.id) Q0 \(entry.id) \(index + 1) \(entry.score) swiftlet\n")
                }
            }
        }
    }
}
