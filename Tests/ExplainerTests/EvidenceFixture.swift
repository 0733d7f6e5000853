// EvidenceFixture.swift — finders over the shipped notes and over small folders, by words alone.

import Base
import Explainer
import Retrieval
import TestSupport

enum EvidenceFixture {
    /// One for all tests: cutting and analyzing the notes takes a second.
    static let shipped: Result<EvidenceFinder, any Error> = Result {
        let corpus = try Corpus.shipped()
        return try finder(
            corpus, abbreviations: Abbreviations(corpus: corpus.folder), others: OtherQuestions(corpus: corpus.folder),
            gate: GateFile(corpus.folder + "/" + GateFile.name).gate)
    }

    static func finder(
        _ corpus: Corpus, abbreviations: Abbreviations = Abbreviations(), others: OtherQuestions = OtherQuestions(),
        gate: EvidenceGate = .cautious, embedder: (any Embedder)? = nil, reranker: (any Reranker)? = nil
    ) throws -> EvidenceFinder {
        let index = try index(corpus, others)
        return EvidenceFinder(
            corpus: corpus, abbreviations: abbreviations, others: others, gate: gate, embedder: embedder,
            reranker: reranker
        ) { index }
    }

    /// Words alone.
    static func index(_ corpus: Corpus, _ others: OtherQuestions) throws -> EvidenceIndex {
        let chunker = Chunker()
        let sections = corpus.notes.flatMap {
            chunker.chunks(CorpusReader.markdown($0.bytes, id: $0.id.description + ".md"))
        }
        return EvidenceIndex(
            sections: try Snapshot(chunks: sections),
            wordings: try Snapshot(chunks: corpus.wordings.flatMap(chunker.chunks)),
            wholes: try Snapshot(chunks: corpus.wholes),
            others: try Snapshot(chunks: others.documents.flatMap(chunker.chunks)))
    }
}
