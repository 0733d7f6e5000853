// IndexReader.swift — looks at an index without writing to it, beside a writer or without one.
// Retrieval › Store.

internal import Base

package enum IndexReader {
    /// What is known of an index from outside.
    package struct Status: Sendable {
        package let manifest: Manifest
        package let snapshot: Snapshot
        package let segmentCount: Int
        package let unflushedChunkCount: Int
        package let deadChunkCount: Int
        package let byteCount: Int
        package let hasGraph: Bool
    }

    /// The index with everything its log holds.
    ///
    /// - Throws: `IndexError`, `FileError`.
    package static func open(_ folder: String) throws -> Snapshot { try status(folder).snapshot }

    package static func status(_ folder: String) throws -> Status {
        var attempt = 0
        while true {
            let manifest = try Manifest.current(folder)
            do { return try status(manifest, folder) } catch {
                attempt += 1
                // A writer may have replaced the files since the manifest was read: then there is another manifest.
                guard attempt < 5, (try? Manifest.current(folder).generation) != manifest.generation else {
                    throw error
                }
            }
        }
    }

    private static func status(_ manifest: Manifest, _ folder: String) throws -> Status {
        try manifest.check(folder)
        var state = try IndexState(manifest, folder: folder)
        _ = try state.replay(folder)
        let all = state.stored.map(\.live) + state.memory.segments
        return Status(
            manifest: manifest, snapshot: state.snapshot, segmentCount: state.stored.count,
            unflushedChunkCount: state.memory.segments.reduce(0) { $0 + $1.liveCount },
            deadChunkCount: all.reduce(0) { $0 + $1.segment.chunkCount - $1.liveCount },
            byteCount: state.stored.reduce(0) { $0 + $1.live.segment.byteCount },
            hasGraph: state.stored.contains { $0.live.segment.vectors?.graph != nil })
    }

    /// Looks at every byte and every chunk. Opening compares all checksums; this also decodes all texts and checks
    /// that every term's postings lie where they should.
    ///
    /// - Returns: how many chunks were looked at.
    /// - Throws: `IndexError`, `FileError`: the first thing that is wrong.
    package static func verify(_ folder: String, progress: (Int, Int) -> Void = { _, _ in }) throws -> Int {
        let snapshot = try open(folder)
        let total = snapshot.segments.reduce(0) { $0 + $1.segment.chunkCount }
        var done = 0
        var ids: [ChunkKey: Int] = [:]
        for (index, live) in snapshot.segments.enumerated() {
            do {
                for ordinal in 0..<live.segment.chunkCount {
                    let chunk = try live.segment.chunk(ordinal)
                    guard chunk.key == live.segment.key(ordinal) else {
                        throw SegmentError.inconsistent("chunk \(ordinal) lies under another key")
                    }
                    if live.isLive(ordinal), ids.updateValue(index, forKey: chunk.key) != nil {
                        throw SegmentError.inconsistent("'\(chunk.documentID)' is there twice")
                    }
                    done += 1
                    if done % 1000 == 0 { progress(done, total) }
                }
                try live.segment.postings.verify()
            } catch let error as SegmentError {
                throw IndexError.damagedSegment(folder, error)
            }
        }
        progress(done, total)
        return done
    }
}
