// WriteAheadLog.swift — what is written first, so that nothing acknowledged is lost.
// Retrieval › Store.  Callers that wait at the same time share one fsync.

internal import Base
internal import Glibc
internal import Synchronization

/// Appends records (layout: `LogReader`). `append` is called under the writer's lock; `sync` is not, so that writers
/// that come while the disk works are served by its next turn together.
final class WriteAheadLog: Sendable {
    let path: String
    private let descriptor: Int32
    private let seed: UInt32
    private let written: Mutex<Written>
    /// The last record known to be on the disk. Held while the disk works: the queue is the group.
    private let durable: Mutex<Int>

    private struct Written {
        var end: Int
        var number: Int
        /// `durable`, as far as the writer has heard.
        var durable: Int
    }

    /// A new log whose header is on the disk.
    ///
    /// - Parameter after: the number of the last record of the log before.
    init(creating path: String, after number: Int) throws(FileError) {
        let seed = UInt32.random(in: 1 ... .max)
        let descriptor = open(path, O_RDWR | O_CREAT | O_TRUNC | O_CLOEXEC, 0o644)
        guard descriptor >= 0 else { throw IndexFiles.error("create", path) }
        do throws(FileError) {
            try Self.write(LogLayout.header(seed: seed), to: descriptor, at: 0, path)
            guard fsync(descriptor) == 0 else { throw IndexFiles.error("store", path) }
        } catch {
            close(descriptor)
            unlink(path)
            throw error
        }
        self.path = path
        self.descriptor = descriptor
        self.seed = seed
        written = Mutex(Written(end: LogLayout.headerSize, number: number, durable: number))
        durable = Mutex(number)
    }

    /// Goes on with a log that was read. A torn tail is cut off first: what is appended behind one would be lost.
    init(continuing path: String, _ read: LogReader.Result) throws(FileError) {
        let descriptor = open(path, O_RDWR | O_CLOEXEC)
        guard descriptor >= 0 else { throw IndexFiles.error("open", path) }
        guard ftruncate(descriptor, read.end) == 0, fsync(descriptor) == 0 else {
            let error = IndexFiles.error("cut", path)
            close(descriptor)
            throw error
        }
        self.path = path
        self.descriptor = descriptor
        seed = read.seed
        written = Mutex(Written(end: read.end, number: read.lastNumber, durable: read.lastNumber))
        durable = Mutex(read.lastNumber)
    }

    deinit { close(descriptor) }

    var byteCount: Int { written.withLock { $0.end } }
    var lastNumber: Int { written.withLock { $0.number } }

    /// Writes a record and returns its number. If that fails, what was written of it is cut off again.
    func append(_ payload: [UInt8]) throws(FileError) -> Int {
        let path = path
        let descriptor = descriptor
        let seed = seed
        return try written.withLock { (written) throws(FileError) in
            let record = LogLayout.record(
                payload, number: written.number + 1, durable: written.durable, seed: seed)
            do throws(FileError) {
                try Self.write(record, to: descriptor, at: written.end, path)
            } catch {
                ftruncate(descriptor, written.end)
                throw error
            }
            written.end += record.count
            written.number += 1
            return written.number
        }
    }

    /// Returns when the record is on the disk.
    ///
    /// - Throws: `FileError` when the disk refuses. What it kept is unknown then: take no more writes.
    func sync(_ number: Int) throws(FileError) {
        try durable.withLock { (durable) throws(FileError) in
            guard durable < number else { return }
            let last = written.withLock { $0.number }
            guard fdatasync(descriptor) == 0 else { throw IndexFiles.error("store", path) }
            durable = last
            written.withLock { $0.durable = max($0.durable, last) }
        }
    }

    private static func write(
        _ bytes: [UInt8], to descriptor: Int32, at offset: Int, _ path: String
    ) throws(FileError) {
        var done = 0
        while done < bytes.count {
            let count = bytes[done...].withUnsafeBytes { pwrite(descriptor, $0.baseAddress, $0.count, offset + done) }
            if count < 0 {
                if errno == EINTR { continue }
                throw IndexFiles.error("write", path)
            }
            done += count
        }
    }
}
