// EvidenceLocator.swift — a finder of evidence in the notes that come with the program.
// swiftlet › Loading.

import Console
import Embedding
import Explainer
import Retrieval

enum EvidenceLocator {
    /// For a command that answers a few questions and ends: indexes are made first, vectors too. Where a command has
    /// `--rerank`, its reranker takes the time that it needs: what an order is worth is asked there, not what it costs.
    static func find(_ arguments: Arguments) throws -> EvidenceFinder {
        let found = try IndexLocator.find(arguments)
        let reranker = try RerankerLocator.find(arguments, embedder: found.embedder)
        let sections = try IndexReader.status(found.folder).snapshot
        return try finder(found.embedder, reranker, sections: { sections }) { indexes in
            let index = try indexes.complete()
            return { index }
        }
    }

    /// For a server: where no vectors come with the notes, questions are answered by words until these are made.
    static func serve(
        embedder: EncoderEmbedder?, sections: @escaping @Sendable () throws -> Snapshot
    ) throws -> EvidenceFinder {
        try finder(embedder, sections: sections) { indexes in { try indexes.current() } }
    }

    /// - Parameter index: what asks for the index before every search.
    private static func finder(
        _ embedder: EncoderEmbedder?, _ reranker: (any Reranker)? = nil,
        sections: @escaping @Sendable () throws -> Snapshot,
        index: (EvidenceIndexes) throws -> @Sendable () throws -> EvidenceIndex
    ) throws -> EvidenceFinder {
        let corpus = try Corpus.shipped()
        let others = try OtherQuestions(corpus: corpus.folder)
        let (gate, questions) = gate(corpus, embedder)
        let indexes = EvidenceIndexes(corpus, others: others, embedder: questions ?? embedder, sections: sections)
        return EvidenceFinder(
            corpus: corpus, abbreviations: try Abbreviations(corpus: corpus.folder), others: others, gate: gate,
            embedder: embedder, questions: questions, reranker: reranker,
            rerankMilliseconds: 600_000, index: try index(indexes))
    }

    /// The fitted gate, and the encoder of questions if the gate knows it.
    private static func gate(
        _ corpus: Corpus, _ embedder: EncoderEmbedder?
    ) -> (gate: EvidenceGate, questions: EncoderEmbedder?) {
        let questions = embedder.flatMap { EmbedderLocator.questions(beside: $0) }
        let (gate, warning) = GateFile.gate(
            for: corpus, embedder: embedder?.fingerprint, questions: questions?.fingerprint)
        if let warning { Output.note("warning: \(warning)") }
        return (gate, gate.questions == nil ? nil : questions)
    }
}
