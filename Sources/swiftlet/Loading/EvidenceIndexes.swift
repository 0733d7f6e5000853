// EvidenceIndexes.swift — the indexes that evidence is found in: made when they are first needed; words before vectors,
// where these take long.
// swiftlet › Loading.

import Console
import Dispatch
import Embedding
import Explainer
import Retrieval
import Synchronization

/// What of `EvidenceIndex` is ready. Any number of threads may ask.
final class EvidenceIndexes: Sendable {
    private struct State {
        /// The notes' questions, and those of others.
        var questions: (own: Snapshot, others: Snapshot)?
        var wholes: Snapshot?
        var isMakingVectors = false
    }

    private let corpus: Corpus
    private let others: OtherQuestions
    /// Of questions; that of the sections is known by their index.
    private let embedder: EncoderEmbedder?
    private let sections: @Sendable () throws -> Snapshot
    private let state = Mutex(State())

    /// - Parameter sections: the notes' index, as /v1/search has it.
    init(
        _ corpus: Corpus, others: OtherQuestions, embedder: EncoderEmbedder?,
        sections: @escaping @Sendable () throws -> Snapshot
    ) {
        self.corpus = corpus
        self.others = others
        self.embedder = embedder
        self.sections = sections
    }

    /// The first call takes as long as it takes to index the words, and vectors that come with the notes. Where there are
    /// none, they come later, behind the scenes.
    func current() throws -> EvidenceIndex {
        let sections = try sections()
        return try state.withLock { state in
            let wholes = try state.wholes ?? Snapshot(chunks: corpus.wholes)
            state.wholes = wholes
            let questions = try state.questions ?? first(&state)
            state.questions = questions
            if embedder != nil, !state.isMakingVectors {
                state.isMakingVectors = true
                addVectors()
            }
            return EvidenceIndex(
                sections: sections, wordings: questions.own, wholes: wholes, others: questions.others)
        }
    }

    /// Nobody has asked before.
    private func first(_ state: inout State) throws -> (own: Snapshot, others: Snapshot) {
        let embedder = remembering()
        state.isMakingVectors = embedder?.hasMemory ?? false
        return try update(embedder: state.isMakingVectors ? embedder : nil)
    }

    /// Everything at once, for a program that answers one question.
    func complete() throws -> EvidenceIndex {
        let questions = try update(embedder: remembering())
        state.withLock { state in
            state.questions = questions
            state.isMakingVectors = true
        }
        return try current()
    }

    private func addVectors() {
        DispatchQueue.global(qos: .utility).async { [self] in
            do {
                let questions = try update(embedder: remembering())
                state.withLock { $0.questions = questions }
            } catch {
                Output.note("warning: finding evidence by words alone (BM25): \(error)")
            }
        }
    }

    /// One for both indexes: what it remembers is read once, and let go when they are made.
    private func remembering() -> RememberingEmbedder? {
        embedder.map { NotesVectors.remembering($0, corpus: corpus.folder) }
    }

    private func update(embedder: RememberingEmbedder?) throws -> (own: Snapshot, others: Snapshot) {
        (
            try update("wordings", corpus.wordings, embedder),
            try update("others", others.documents, embedder)
        )
    }

    /// Brings an index of questions up to date.
    private func update(
        _ name: String, _ documents: [SourceDocument], _ embedder: (any Embedder)?
    ) throws -> Snapshot {
        let index = CachedIndex(of: "\(corpus.folder)#\(name)", in: try CacheFolder.path, embedder: embedder)
        do {
            _ = try index.update(to: documents)
        } catch IndexError.locked where (try? Manifest.current(index.folder)) != nil {
            // Another process is at it: what is there can be read.
        }
        return try IndexReader.status(index.folder).snapshot
    }
}
