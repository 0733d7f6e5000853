// OpenFile.swift — a file opened for reading, closed when it goes out of scope.
// Base › Files.  The one place that opens what a user named: shared by MappedFile and ReadFile.

import Glibc

struct OpenFile: ~Copyable {
    let descriptor: Int32
    let byteCount: Int
    let identity: FileIdentity

    /// - Throws: what kept the path from being opened as a regular file. A pipe or a terminal is refused: it has no
    ///   size and would block.
    init(reading path: String) throws(FileError) {
        // Non-blocking, because opening a pipe without a writer waits for ever; it means nothing for regular files.
        let descriptor = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK)
        guard descriptor >= 0 else { throw .last("open", path) }
        var status = stat()
        guard fstat(descriptor, &status) == 0 else {
            let error = FileError.last("look at", path)
            close(descriptor)
            throw error
        }
        guard status.st_mode & S_IFMT == S_IFREG else {
            close(descriptor)
            throw FileError("read", path, status.st_mode & S_IFMT == S_IFDIR ? .isFolder : .notARegularFile)
        }
        self.descriptor = descriptor
        byteCount = Int(status.st_size)
        identity = FileIdentity(
            byteCount: byteCount, inode: UInt64(status.st_ino),
            modified: Int64(status.st_mtim.tv_sec) &* 1_000_000_000 &+ Int64(status.st_mtim.tv_nsec))
    }

    deinit { close(descriptor) }
}
