// EvidenceLocator.swift — a finder of evidence in the notes that come with the program.
// swiftlet › Loading.

import Console
import Embedding
import Explainer
import Retrieval

enum EvidenceLocator {
    /// For a command that answers a few questions and ends: indexes are made first, vectors too.
    static func find(_ arguments: Arguments, reranker: (any Reranker)? = nil) throws -> EvidenceFinder {
        let corpus = try Corpus.shipped()
        let found = try IndexLocator.find(arguments)
        let sections = try IndexReader.status(found.folder).snapshot
        let others = try OtherQuestions(corpus: corpus.folder)
        let index = try EvidenceIndexes(corpus, others: others, embedder: found.embedder) { sections }.complete()
        return try finder(corpus, others, embedder: found.embedder, reranker: reranker) { index }
    }

    /// For a server: questions are answered by words until the vectors are there.
    static func serve(
        embedder: EncoderEmbedder?, reranker: (any Reranker)? = nil,
        sections: @escaping @Sendable () throws -> Snapshot
    ) throws -> EvidenceFinder {
        let corpus = try Corpus.shipped()
        let others = try OtherQuestions(corpus: corpus.folder)
        let indexes = EvidenceIndexes(corpus, others: others, embedder: embedder, sections: sections)
        return try finder(corpus, others, embedder: embedder, reranker: reranker) { try indexes.current() }
    }

    private static func finder(
        _ corpus: Corpus, _ others: OtherQuestions, embedder: EncoderEmbedder?, reranker: (any Reranker)?,
        index: @escaping @Sendable () throws -> EvidenceIndex
    ) throws -> EvidenceFinder {
        let (gate, warning) = GateFile.gate(for: corpus, embedder: embedder?.fingerprint)
        if let warning { Output.note("warning: \(warning)") }
        return EvidenceFinder(
            corpus: corpus, abbreviations: try Abbreviations(corpus: corpus.folder), others: others, gate: gate,
            embedder: embedder, reranker: reranker, index: index)
    }
}
