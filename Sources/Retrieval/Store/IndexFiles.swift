// IndexFiles.swift — the files of an index, and the few system calls that make them durable.
// Retrieval › Store.
//
//     CURRENT         the name of the manifest
//     manifest-7      what belongs to the index
//     segment-12      chunks (SegmentLayout)
//     live-12-7       which chunks of segment 12 live, as of manifest 7
//     log-3           what was written since (WriteAheadLog)
//     LOCK            held by the one writer

internal import Base
internal import Glibc

enum IndexFiles {
    static let current = "CURRENT"
    static let lock = "LOCK"

    static func manifest(_ generation: Int) -> String { "manifest-\(generation)" }
    static func segment(_ number: Int) -> String { "segment-\(number)" }
    static func live(_ segment: Int, _ generation: Int) -> String { "live-\(segment)-\(generation)" }
    static func log(_ number: Int) -> String { "log-\(number)" }

    /// Whether a name is one of ours: all that may be removed.
    static func isOurs(_ name: String) -> Bool {
        name.hasSuffix(".part") || ["manifest-", "segment-", "live-", "log-"].contains { name.hasPrefix($0) }
    }

    static func error(_ action: String, _ path: String) -> FileError {
        FileError(action, path, .system(errno: errno))
    }

    static func makeFolder(_ path: String) throws(FileError) {
        var made = ""
        for part in path.split(separator: "/", omittingEmptySubsequences: false) {
            made += part + "/"
            guard made != "/" else { continue }
            if mkdir(made, 0o755) != 0, errno != EEXIST, errno != EISDIR { throw error("make the folder", path) }
        }
    }

    static func syncFolder(_ path: String) throws(FileError) {
        let descriptor = open(path, O_RDONLY | O_DIRECTORY | O_CLOEXEC)
        guard descriptor >= 0 else { throw error("open", path) }
        defer { close(descriptor) }
        guard fsync(descriptor) == 0 || errno == EINVAL else { throw error("store", path) }
    }
}

/// The writer's lock on an index: held while this lives, given up by the system when the process ends, however.
final class IndexLock: Sendable {
    private let descriptor: Int32

    /// - Throws: `IndexError.locked` when somebody else has it; `FileError`.
    init(_ folder: String) throws {
        let path = folder + "/" + IndexFiles.lock
        let descriptor = open(path, O_RDWR | O_CREAT | O_CLOEXEC, 0o644)
        guard descriptor >= 0 else { throw IndexFiles.error("open", path) }
        guard flock(descriptor, LOCK_EX | LOCK_NB) == 0 else {
            let code = errno
            close(descriptor)
            throw code == EWOULDBLOCK ? IndexError.locked(folder) : FileError("lock", path, .system(errno: code))
        }
        self.descriptor = descriptor
    }

    deinit { close(descriptor) }
}
