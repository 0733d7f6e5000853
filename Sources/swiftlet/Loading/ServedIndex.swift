// ServedIndex.swift — the index behind /v1/search.
// swiftlet › Loading.  A named one is followed as it changes. That of the notes is made when somebody searches for the
// first time. Vectors that come with the notes are there at once; others come behind the scenes, while words are searched.

import Console
import Dispatch
import Embedding
import Explainer
import Retrieval
import Synchronization

final class ServedIndex: Sendable {
    private enum State {
        case untouched
        case ready(IndexFollower)
    }

    private let folder: String?
    private let embedder: EncoderEmbedder?
    private let state = Mutex(State.untouched)

    /// - Parameter folder: nil for the notes' index.
    /// - Throws: one line, when a named index cannot be opened or has vectors of another encoder.
    init(_ folder: String?, embedder: EncoderEmbedder?) throws {
        self.folder = folder
        self.embedder = embedder
        guard let folder else { return }
        let follower = try IndexFollower(folder)
        if let embedder, let wanted = follower.embedder, embedder.fingerprint != wanted {
            throw IndexError.otherEmbedder(folder, index: wanted, program: embedder.fingerprint)
        }
        state.withLock { $0 = .ready(follower) }
    }

    /// Called by any thread. The first call for the notes takes as long as it takes to index them.
    func snapshot() throws -> Snapshot {
        try state.withLock { state in
            if case .ready(let follower) = state { return follower.snapshot }
            let embedder = try embedder.map { try NotesVectors.remembering($0) }
            // Vectors that come with the notes are worth waiting for; others take minutes.
            let isQuick = embedder?.hasMemory ?? true
            let follower = try IndexFollower(Self.update(isQuick ? embedder : nil))
            state = .ready(follower)
            if let embedder, !isQuick { addVectors(embedder) }
            return follower.snapshot
        }
    }

    private func addVectors(_ embedder: RememberingEmbedder) {
        DispatchQueue.global(qos: .utility).async { [self] in
            do {
                let follower = try IndexFollower(Self.update(embedder))
                state.withLock { $0 = .ready(follower) }
            } catch {
                Output.note("warning: searching the notes by words alone (BM25): \(error)")
            }
        }
    }

    /// Brings the notes' index up to date and returns its folder.
    private static func update(_ embedder: RememberingEmbedder?) throws -> String {
        let index = try IndexLocator.notesIndex(embedder)
        do {
            _ = try index.update(including: IndexLocator.isNote)
        } catch IndexError.locked where (try? Manifest.current(index.folder)) != nil {
            // Another process is at it: what is there can be read.
        }
        return index.folder
    }
}
