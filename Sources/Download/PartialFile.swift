// PartialFile.swift — the part of a file that has arrived, under a name of its own until it is whole.
// Download.  Beside `NAME` stand `NAME.partial`, the bytes, and `NAME.partial.source`, what they are the beginning of:
// the checksum that the whole must have, and the server's ETag. A process may be killed at any moment.

import Base
import Glibc

/// Open for writing at its end, and locked, so that two downloads cannot mix their bytes.
final class PartialFile {
    /// Bytes that have arrived.
    private(set) var count = 0
    /// The ETag of the answer that the bytes came from, if it was a strong one.
    private(set) var etag: String?
    private let checksum: Checksum
    private let finalPath: String
    private let descriptor: Int32
    /// Locked, and still under its name.
    private var isOurs = false

    private var path: String { finalPath + ".partial" }
    private var sourcePath: String { path + ".source" }

    /// Opens what an earlier run left, or an empty file if there is nothing that fits.
    init(of finalPath: String, _ file: RemoteFile) throws(DownloadError) {
        self.finalPath = finalPath
        checksum = file.checksum
        // A link in its place is not followed: it could lead anywhere.
        descriptor = open(finalPath + ".partial", O_RDWR | O_CREAT | O_CLOEXEC | O_NOFOLLOW, 0o644)
        guard descriptor >= 0 else {
            throw .file(FileError("create", finalPath + ".partial", .system(errno: errno)))
        }
        guard flock(descriptor, LOCK_EX | LOCK_NB) == 0 else { throw .busy(path: path) }
        var status = stat()
        guard fstat(descriptor, &status) == 0 else { throw failure("look at") }
        // Between opening and locking, another download may have finished and renamed the very file.
        var named = stat()
        guard lstat(path, &named) == 0, named.st_ino == status.st_ino, named.st_dev == status.st_dev else {
            throw .busy(path: path)
        }
        isOurs = true
        guard status.st_mode & S_IFMT == S_IFREG else { throw .file(FileError("write", path, .notARegularFile)) }
        count = Int(status.st_size)
        let source = (try? ReadFile.bytes(sourcePath, limit: 4096)).map { String(decoding: $0, as: UTF8.self) }
        let lines = source?.split(separator: "\n", omittingEmptySubsequences: false) ?? []
        if count == 0 || count > file.size || lines.count < 2 || lines[0] != checksum.text {
            try restart()
        } else {
            etag = lines[1].isEmpty ? nil : String(lines[1])
        }
    }

    deinit {
        // Nothing came, so nothing stays.
        if isOurs && count == 0 { discard() }
        close(descriptor)
    }

    /// Drops what there is.
    func restart() throws(DownloadError) {
        guard ftruncate(descriptor, 0) == 0 else { throw failure("shorten") }
        count = 0
        etag = nil
    }

    /// Notes where the bytes to come are from. Before the first of them, so that they are never without it.
    func note(etag: String?) throws(DownloadError) {
        // A weak tag does not vouch for single bytes; one with a line break cannot have come over HTTP.
        let strong = etag.flatMap { $0.hasPrefix("\"") && $0.utf8.count <= 1024 && !$0.contains("\n") ? $0 : nil }
        self.etag = strong
        do {
            try AtomicFile.write(to: sourcePath) { try $0.write("\(checksum.text)\n\(strong ?? "")\n") }
        } catch let error as FileError {
            throw .file(error)
        } catch {
            throw .library("\(error)")
        }
    }

    func append(_ bytes: UnsafeRawBufferPointer) throws(DownloadError) {
        var rest = bytes[...]
        while !rest.isEmpty {
            let window = UnsafeRawBufferPointer(rebasing: rest)
            let written = pwrite(descriptor, window.baseAddress, window.count, off_t(count))
            if written < 0 {
                if errno == EINTR { continue }
                throw failure("write")
            }
            count += written
            rest = rest.dropFirst(written)
        }
    }

    /// Hands the bytes that are there to `body`, in pieces.
    func read(_ body: (UnsafeRawBufferPointer) -> Void) throws(DownloadError) {
        let chunk = UnsafeMutableRawBufferPointer.allocate(byteCount: 1 << 20, alignment: 16)
        defer { chunk.deallocate() }
        var position = 0
        while position < count {
            let taken = pread(descriptor, chunk.baseAddress, min(chunk.count, count - position), off_t(position))
            if taken < 0, errno == EINTR { continue }
            guard taken > 0 else { throw failure("read") }
            body(UnsafeRawBufferPointer(rebasing: chunk[..<taken]))
            position += taken
        }
    }

    /// Gives the file its name: stored first, so that a crash cannot leave a whole name with half a file.
    func finish() throws(DownloadError) {
        guard fsync(descriptor) == 0 else { throw failure("store") }
        guard rename(path, finalPath) == 0 else { throw failure("rename") }
        unlink(sourcePath)
        isOurs = false
    }

    /// Removes what has arrived.
    func discard() {
        unlink(path)
        unlink(sourcePath)
    }

    private func failure(_ action: String) -> DownloadError {
        .file(FileError(action, path, .system(errno: errno)))
    }
}
