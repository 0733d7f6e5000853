// IndexWriter.swift — the one writer of an index: log first, then memory, then files.
// Retrieval › Store.  What a call wrote is visible and on the disk when it returns.

internal import Base
internal import Glibc
internal import Synchronization

/// How the writer trades memory and disk.
package struct IndexOptions: Sendable {
    /// Chunks in memory before they become a file.
    package var flushChunkCount = 4096
    package var flushByteCount = 64 << 20
    /// Whether a call returns only when the disk has its record. Without, a crash of the machine (not of the process)
    /// may lose the last calls, in order.
    package var waitsForDisk = true

    package init() {}
}

/// A document's chunks with their vectors.
package struct IndexedDocument: Sendable {
    package let id: String
    package let chunks: [Chunk]
    /// One for each chunk; empty in an index without vectors.
    package let vectors: [[Float]]

    package init(id: String, chunks: [Chunk], vectors: [[Float]] = []) {
        self.id = id
        self.chunks = chunks
        self.vectors = vectors
    }
}

package enum IndexChange: Sendable {
    /// Replaces all chunks of the document, or adds it.
    case put(IndexedDocument)
    case remove(id: String)
}

/// Any number of threads may call it; they take turns, and share the waiting for the disk.
package final class IndexWriter: Sendable {
    package let folder: String
    private let options: IndexOptions
    private let lock: IndexLock
    private let core: Mutex<Core>
    private let published: Mutex<Snapshot>
    /// One merge at a time; it holds `core` only to begin and to end.
    private let merging = Mutex<Void>(())

    private struct Core {
        var state: IndexState
        var log: WriteAheadLog
        /// Segments whose files are being written by a merge: strangers to the manifest, but not to be removed.
        var unnamed: Set<Int> = []
        /// Flushes that failed since the last that did not.
        var flushFailures = 0
        /// Why no more writes are taken.
        var failure: String?
    }

    /// What opening found.
    package let tornByteCount: Int

    /// Makes an empty index.
    ///
    /// - Throws: `IndexError.alreadyThere`, `.locked`; `FileError`.
    package convenience init(
        creating folder: String, embedder: String?, dimension: Int?, options: IndexOptions = IndexOptions()
    ) throws {
        try IndexFiles.makeFolder(folder)
        let lock = try IndexLock(folder)
        if (try? ReadFile.bytes(folder + "/" + IndexFiles.current, limit: 4096)) != nil {
            throw IndexError.alreadyThere(folder)
        }
        let manifest = Manifest(embedder: embedder, dimension: dimension)
        let log = try WriteAheadLog(creating: folder + "/" + IndexFiles.log(0), after: 0)
        try IndexFiles.syncFolder(folder)
        try manifest.commit(folder)
        try self.init(folder, options, lock, IndexState(manifest, folder: folder), log, tornByteCount: 0)
    }

    /// Opens an index, recovers what the log holds, and cuts off what was never acknowledged.
    ///
    /// - Parameter embedder: of the vectors that will be written; nil leaves the index's own.
    /// - Throws: `IndexError`, `FileError`.
    package convenience init(
        opening folder: String, embedder: String? = nil, options: IndexOptions = IndexOptions()
    ) throws {
        // Without an index there, no lock file is left behind.
        _ = try Manifest.current(folder)
        let lock = try IndexLock(folder)
        let manifest = try Manifest.current(folder)
        try manifest.check(folder)
        if let embedder, manifest.embedder != embedder {
            throw IndexError.otherEmbedder(folder, index: manifest.embedder ?? "nobody", program: embedder)
        }
        var state = try IndexState(manifest, folder: folder)
        let read = try state.replay(folder)
        let log = try WriteAheadLog(continuing: folder + "/" + IndexFiles.log(manifest.log), read)
        try self.init(folder, options, lock, state, log, tornByteCount: read.tornByteCount)
    }

    private init(
        _ folder: String, _ options: IndexOptions, _ lock: IndexLock, _ state: IndexState, _ log: WriteAheadLog,
        tornByteCount: Int
    ) throws {
        self.folder = folder
        self.options = options
        self.lock = lock
        self.tornByteCount = tornByteCount
        published = Mutex(state.snapshot)
        core = Mutex(Core(state: state, log: log))
        removeStrangers(state.manifest, sparing: [])
    }

    /// The index as it is now.
    package var snapshot: Snapshot { published.withLock { $0 } }

    /// What is shown from now on. What was before is let go of outside the lock: the last holder of a merged segment
    /// unmaps its file, and no search should wait for that.
    private func show(_ snapshot: Snapshot) {
        let before = published.withLock { shown in
            let before = shown
            shown = snapshot
            return before
        }
        withExtendedLifetime(before) {}
    }

    package var manifest: Manifest { core.withLock { $0.state.manifest } }

    /// Makes the changes together: after a crash either all are there or none.
    ///
    /// - Throws: `IndexError.vector`, `.tooLarge`, `.stopped`; `FileError` when the log's disk is full. The index is
    ///   as before then, and takes more once there is room.
    package func apply(_ changes: [IndexChange]) throws {
        guard !changes.isEmpty else { return }
        let dimension = manifest.dimension
        let encoded = try changes.map { try DocumentChange($0, dimension: dimension) }
        let segment = try IndexState.segment(of: encoded, dimension: dimension)
        let payload = DocumentChange.encode(encoded)
        guard payload.count <= LogLayout.largestPayload else {
            throw IndexError.tooLarge(document: encoded[0].documentID)
        }
        let (log, number) = try core.withLock { core in
            if let failure = core.failure { throw IndexError.stopped(failure) }
            let number = try core.log.append(payload)
            do { try core.state.apply(encoded, segment, number: number) } catch {
                core.failure = "\(error)"
                throw error
            }
            show(core.state.snapshot)
            let log = core.log
            // The change is in the log already: that there is no room for files yet does not undo it.
            if isFull(core) { core.flushFailures = (try? flush(&core)) == nil ? core.flushFailures + 1 : 0 }
            return (log, number)
        }
        if options.waitsForDisk { try sync(log, number) }
    }

    /// Whether it is time for a flush. After one that failed, not before as much again has come.
    private func isFull(_ core: Core) -> Bool {
        let memory = core.state.memory
        let rounds = core.flushFailures + 1
        return memory.chunkCount >= rounds * options.flushChunkCount
            || memory.byteCount >= rounds * options.flushByteCount
    }

    private func sync(_ log: WriteAheadLog, _ number: Int) throws {
        do {
            try log.sync(number)
        } catch {
            core.withLock { $0.failure = "\(error)" }
            throw IndexError.stopped("\(error)")
        }
    }

    /// Writes what is in memory to files. Nothing is lost without it; opening is faster after it.
    package func flush() throws {
        try core.withLock { core in
            if let failure = core.failure { throw IndexError.stopped(failure) }
            try flush(&core)
        }
    }

    private func flush(_ core: inout Core) throws {
        var state = core.state
        guard state.sequenceNumber > state.manifest.sequenceNumber else { return }
        let living = state.memory.segments.filter { $0.liveCount > 0 }
        if !living.isEmpty {
            let image = try SegmentMerger(living).merge(dimension: state.manifest.dimension, graph: .none)
            try append(image, to: &state)
        }
        state.memory.removeAll()
        try commit(&state, &core)
        core.state = state
        show(core.state.snapshot)
    }

    // What merging needs of the core.

    func withState<Result>(_ body: (IndexState) -> Result) -> Result { core.withLock { body($0.state) } }

    func withStored<Result>(_ body: ([StoredSegment]) -> Result) -> Result { withState { body($0.stored) } }

    func whileMerging(_ body: () throws -> Void) throws { try merging.withLock { _ in try body() } }

    /// Runs a merge under a number for its segment, whose file is kept until the merge has ended.
    func withSegmentNumber(_ body: (Int) throws -> Void) throws {
        let number = core.withLock { core in
            core.state.manifest.nextSegment += 1
            core.unnamed.insert(core.state.manifest.nextSegment - 1)
            return core.state.manifest.nextSegment - 1
        }
        defer {
            core.withLock { core in
                core.unnamed.remove(number)
                removeStrangers(core.state.manifest, sparing: core.unnamed)
            }
        }
        try body(number)
    }

    /// Changes the set of segments, on the disk and for searches to come.
    func publish(_ change: (inout IndexState) throws -> Void) throws {
        try core.withLock { core in
            if let failure = core.failure { throw IndexError.stopped(failure) }
            var state = core.state
            try change(&state)
            try commit(&state, &core)
            core.state = state
            show(core.state.snapshot)
        }
    }

    private func append(_ image: SegmentImage, to state: inout IndexState) throws {
        let number = state.manifest.nextSegment
        state.manifest.nextSegment += 1
        try SegmentFile.write(image, number: number, in: folder)
        let segment = try SegmentFile.open(
            number, in: folder, dimension: state.manifest.dimension, checked: false)
        state.stored.append(StoredSegment(number: number, live: LiveSegment(segment)))
    }

    /// Makes `state` what the disk holds. A flush (no memory left) begins a new log; a merge goes on with the old.
    private func commit(_ state: inout IndexState, _ core: inout Core) throws {
        state.manifest.generation += 1
        let generation = state.manifest.generation
        state.stored.removeAll { $0.live.liveCount == 0 }
        for index in state.stored.indices where state.stored[index].hasNewDead {
            let number = state.stored[index].number
            if let live = state.stored[index].live.live {
                try SegmentFile.writeLive(live, segment: number, generation: generation, in: folder)
                state.stored[index].liveGeneration = generation
            }
            state.stored[index].hasNewDead = false
        }
        state.manifest.segments = state.stored.map(\.entry)
        var log = core.log
        if state.memory.segments.isEmpty {
            state.manifest.log += 1
            state.manifest.sequenceNumber = state.sequenceNumber
            log = try WriteAheadLog(
                creating: folder + "/" + IndexFiles.log(state.manifest.log), after: state.sequenceNumber)
            try IndexFiles.syncFolder(folder)
        }
        do { try state.manifest.commit(folder) } catch {
            // Whether the new manifest counts after a crash is unknown if it was put in place: a record in the old log
            // could be lost then.
            if (try? Manifest.current(folder).generation) != core.state.manifest.generation {
                core.failure = "\(error)"
            }
            throw error
        }
        core.log = log
        removeStrangers(state.manifest, sparing: core.unnamed)
    }

    /// Removes files of ours that the manifest does not name. Those that readers have mapped live on until they let go.
    private func removeStrangers(_ manifest: Manifest, sparing unnamed: Set<Int>) {
        let files = manifest.files.union(unnamed.map { IndexFiles.segment($0) })
        var folderNames: [String] = []
        // ReadFolder leaves out names with a dot, such as those of files half written.
        guard let handle = opendir(folder) else { return }
        defer { closedir(handle) }
        while let entry = readdir(handle) {
            let offset = MemoryLayout<dirent>.offset(of: \dirent.d_name)!
            let name = (UnsafeRawPointer(entry) + offset).assumingMemoryBound(to: CChar.self)
            folderNames.append(String(cString: name))
        }
        for name in folderNames where IndexFiles.isOurs(name) && !files.contains(name) {
            unlink(folder + "/" + name)
        }
    }
}
