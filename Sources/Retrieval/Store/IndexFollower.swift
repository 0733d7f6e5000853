// IndexFollower.swift — an index that another process may be writing, as it is now.
// Retrieval › Store.  Looks whether something changed before a search, and opens the index again if so.

package import Base
internal import Glibc
internal import Synchronization

/// Any number of threads may ask. While one opens the index, the others get what was there before.
package final class IndexFollower: Sendable {
    package let folder: String
    /// The index's embedder when it was opened first. An index of another one is another index.
    package let embedder: String?
    private let time: any TimeSource
    private let state: Mutex<State>

    private struct State {
        var snapshot: Snapshot
        var mark: Mark
        var nextLook: UInt64
        var isOpening = false
    }

    /// What differs when the index does.
    private struct Mark: Equatable {
        var current: [UInt8] = []
        var logByteCount = 0
    }

    /// How long an answer may be out of date.
    private static let patienceNanoseconds: UInt64 = 500_000_000

    /// - Throws: `IndexError`, `FileError`.
    package init(_ folder: String, time: any TimeSource = MonotonicTime()) throws {
        self.folder = folder
        self.time = time
        // Looked at first: what changes in between is seen by the next look.
        let mark = Self.mark(folder)
        let status = try IndexReader.status(folder)
        embedder = status.manifest.embedder
        state = Mutex(
            State(
                snapshot: status.snapshot, mark: mark,
                nextLook: time.nanoseconds() + Self.patienceNanoseconds))
    }

    /// The index as it was half a second ago at most. When it cannot be opened any more, what it was before.
    package var snapshot: Snapshot {
        let (old, mustLook) = state.withLock { state in
            let now = time.nanoseconds()
            guard !state.isOpening, now >= state.nextLook else { return (state.snapshot, false) }
            state.isOpening = true
            return (state.snapshot, true)
        }
        guard mustLook else { return old }
        let mark = Self.mark(folder)
        let isSame = state.withLock { $0.mark == mark }
        let found = isSame ? nil : try? IndexReader.status(folder)
        return state.withLock { state in
            state.isOpening = false
            state.nextLook = time.nanoseconds() + Self.patienceNanoseconds
            if let found, found.manifest.embedder == embedder {
                state.snapshot = found.snapshot
                state.mark = mark
            }
            return state.snapshot
        }
    }

    private static func mark(_ folder: String) -> Mark {
        var mark = Mark()
        mark.current = (try? ReadFile.bytes(folder + "/" + IndexFiles.current, limit: 4096)) ?? []
        if let manifest = try? Manifest.current(folder) {
            var status = stat()
            if stat(folder + "/" + IndexFiles.log(manifest.log), &status) == 0 {
                mark.logByteCount = Int(status.st_size)
            }
        }
        return mark
    }
}
