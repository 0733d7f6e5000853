// EvaluationTests.swift — the figures, and the bars that BM25 must reach on judged collections.

import Retrieval
import TestSupport
import Testing

@Suite struct `Evaluation` {
    @Test func `metrics are trec_eval's`() {
        let metrics = RankingMetrics(
            ranking: ["x", "a", "b", "y", "c"], grades: ["a": 1, "b": 3, "c": 0, "d": 2, "x": 0])
        // DCG: 1/log2(3) + 3/log2(4); ideal: 3/1 + 2/log2(3) + 1/log2(4).
        #expect(abs(metrics.ndcg10 - (0.630_929_753_6 + 1.5) / (3 + 1.261_859_507_1 + 0.5)) < 1e-9)
        #expect(metrics.mrr10 == 0.5)
        #expect(abs(metrics.recall10 - 2.0 / 3) < 1e-12)
    }

    @Test func `only ten count at ten, and a hundred at a hundred`() {
        let ranking = (0..<120).map { "d\($0)" }
        let metrics = RankingMetrics(ranking: ranking, grades: ["d10": 1, "d99": 1, "d100": 1])
        #expect(metrics.ndcg10 == 0 && metrics.mrr10 == 0 && metrics.recall10 == 0)
        #expect(abs(metrics.recall100 - 2.0 / 3) < 1e-12)
    }

    @Test func `a bootstrap interval holds the mean, and is narrow where questions agree`() {
        let mixed = PairedBootstrap.interval((0..<200).map { $0 % 2 == 0 ? 0.4 : -0.2 })
        #expect(abs(mixed.mean - 0.1) < 1e-12)
        // The mean of 200 draws of ±.3 about .1 has a deviation of .3 / √200 = .0212.
        #expect(abs(mixed.low - (0.1 - 1.96 * 0.0212)) < 0.004 && abs(mixed.high - (0.1 + 1.96 * 0.0212)) < 0.004)
        let equal = PairedBootstrap.interval([Double](repeating: 0.3, count: 50))
        #expect(abs(equal.low - 0.3) < 1e-12 && abs(equal.high - 0.3) < 1e-12)
        #expect(PairedBootstrap.interval([]).mean == 0)
    }

    @Test(
        .enabled(if: TestFiles.hasSharedData, "../shared/data is absent"),
        arguments: [("cranfield", 0.357), ("cacm", 0.49), ("xquad-en", 0.963)])
    func `BM25 reaches the bar`(collection: String, bar: Double) throws {
        let judged = try JudgedCollection(folder: try #require(TestFiles.shared("retrieval/" + collection)))
        let snapshot = try Snapshot(chunks: judged.documents)
        let allowed = try snapshot.allowed(.all)
        let evaluation = try RetrievalEvaluation(judged) { question, count in
            let search = LexicalSearch(QueryTerms(question, analyzer: Analyzer()), in: snapshot)
            let best = search.best(count, allowed: allowed)
            #expect(best == search.best(count, allowed: allowed, method: .exhaustive))
            return try best.map { (try snapshot.chunk($0.place).documentID, $0.score) }
        }
        #expect(evaluation.mean.ndcg10 >= bar)
    }

    @Test func `a draw of questions keeps their order, is the same again, and is no first part`() throws {
        let folder = try TemporaryFolder()
        try folder.write("corpus.jsonl", Array(#"{"_id": "d", "text": "one"}"#.utf8))
        let ids = (0..<60).map { "q\($0)" }
        try folder.write("queries.jsonl", Array(ids.map { #"{"_id": "\#($0)", "text": "t"}"# + "\n" }.joined().utf8))
        try folder.write("qrels.tsv", Array(ids.map { "\($0)\td\t1\n" }.joined().utf8))
        let all = try JudgedCollection(folder: folder.path)
        let drawn = all.drawing(20).questions.map(\.id)
        #expect(drawn.count == 20 && drawn == ids.filter { drawn.contains($0) } && drawn != Array(ids[..<20]))
        #expect(all.drawing(20).questions.map(\.id) == drawn)
        #expect(Set(all.drawing(10).questions.map(\.id)).isSubset(of: drawn))
        #expect(all.drawing(100).questions == all.questions)
    }

    @Test(arguments: [
        ("q1\td9\t1\n", "line 1: no document has the id 'd9'"),
        ("q9\td1\t1\n", "line 1: no question has the id 'q9'"),
        ("q1 d1 1\n", "line 1: expected question, document and grade with tabs between"),
        ("q1\td1\t0\n", ": it judges no document relevant"),
    ])
    func `judgments of what is not there are refused`(qrels: String, message: String) throws {
        let folder = try TemporaryFolder()
        try folder.write("corpus.jsonl", Array(#"{"_id": "d1", "text": "x"}"#.utf8))
        try folder.write("queries.jsonl", Array(#"{"_id": "q1", "text": "x"}"#.utf8))
        try folder.write("qrels.tsv", Array(qrels.utf8))
        do {
            _ = try JudgedCollection(folder: folder.path)
            Issue.record("it was read")
        } catch {
            #expect("\(error)".hasSuffix(message))
        }
    }
}
