// EvidenceIndexes.swift — the indexes that evidence is found in: made when they are first needed, words before vectors.
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
        var wordings: Snapshot?
        var wholes: Snapshot?
        var isMakingVectors = false
    }

    private let corpus: Corpus
    private let embedder: EncoderEmbedder?
    private let sections: @Sendable () throws -> Snapshot
    private let state = Mutex(State())

    /// - Parameter sections: the notes' index, as /v1/search has it.
    init(_ corpus: Corpus, embedder: EncoderEmbedder?, sections: @escaping @Sendable () throws -> Snapshot) {
        self.corpus = corpus
        self.embedder = embedder
        self.sections = sections
    }

    /// The first call takes as long as it takes to index the words; vectors come later, behind the scenes.
    func current() throws -> EvidenceIndex {
        let sections = try sections()
        return try state.withLock { state in
            let wholes = try state.wholes ?? Snapshot(chunks: corpus.wholes)
            state.wholes = wholes
            let wordings = try state.wordings ?? IndexReader.status(try update(embedder: nil)).snapshot
            state.wordings = wordings
            if embedder != nil, !state.isMakingVectors {
                state.isMakingVectors = true
                addVectors()
            }
            return EvidenceIndex(sections: sections, wordings: wordings, wholes: wholes)
        }
    }

    /// Everything at once, for a program that answers one question.
    func complete() throws -> EvidenceIndex {
        let wordings = try IndexReader.status(try update(embedder: embedder)).snapshot
        state.withLock { state in
            state.wordings = wordings
            state.isMakingVectors = true
        }
        return try current()
    }

    private func addVectors() {
        DispatchQueue.global(qos: .utility).async { [self] in
            do {
                let wordings = try IndexReader.status(update(embedder: embedder)).snapshot
                state.withLock { $0.wordings = wordings }
            } catch {
                Output.note("warning: finding evidence by words alone (BM25): \(error)")
            }
        }
    }

    /// Brings the index of the notes' questions up to date and returns its folder.
    private func update(embedder: EncoderEmbedder?) throws -> String {
        let index = CachedIndex(of: corpus.folder + "#wordings", in: try CacheFolder.path, embedder: embedder)
        do {
            _ = try index.update(to: corpus.wordings)
        } catch IndexError.locked where (try? Manifest.current(index.folder)) != nil {
            // Another process is at it: what is there can be read.
        }
        return index.folder
    }
}
