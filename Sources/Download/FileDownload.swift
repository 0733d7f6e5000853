// FileDownload.swift — one file: what is there already, what is missing, and whether the whole is right.
// Download.

import Base
import Glibc

/// Downloads a file to a path.
struct FileDownload {
    let hub: Hub
    let repository: Repository
    let file: RemoteFile
    /// The final path.
    let path: String
    let report: (DownloadEvent) -> Void

    /// How often in a row a connection may end without a single new byte.
    private static let patience = 5

    /// - Postcondition: a file of the listed size and checksum is at `path`.
    func run() throws(DownloadError) {
        if try isThere() { return report(.kept(file)) }
        let partial = try PartialFile(of: path, file)
        var isInherited = partial.count > 0
        while true {
            let found = try fill(partial)
            if found == file.checksum.text { break }
            guard isInherited else {
                partial.discard()
                throw .wrongChecksum(name: file.path, expected: file.checksum.text, found: found)
            }
            // The bytes that an earlier run left may be at fault (a power failure, another program): once without them.
            isInherited = false
            report(.startedOver(file))
            try partial.restart()
        }
        try partial.finish()
        report(.finished(file))
    }

    /// Whether the file is there from an earlier run, whole and right.
    private func isThere() throws(DownloadError) -> Bool {
        let there: MappedFile
        do throws(FileError) {
            there = try MappedFile(path)
        } catch {
            if error.isMissing { return false }
            throw .file(error)
        }
        return withExtendedLifetime(there) {
            guard there.bytes.count == file.size else { return false }
            var digest = ContentDigest(file.checksum, size: file.size)
            digest.append(there.bytes)
            return digest.finish() == file.checksum.text
        }
    }

    /// Fetches what is missing of `partial`, over as many connections as it takes.
    /// - Returns: the checksum of the whole.
    private func fill(_ partial: PartialFile) throws(DownloadError) -> String {
        let sink = FileSink(partial, file, report)
        try sink.digestWhatIsThere()
        report(.started(file, resumedAt: partial.count))
        let url = hub.url(of: file, in: repository)
        var failures = 0
        // A connection that only repeats what an earlier one brought does not count as progress.
        var furthest = partial.count
        while partial.count < file.size {
            let trouble = try attempt(url, sink)
            failures = partial.count > furthest ? 0 : failures + 1
            furthest = max(furthest, partial.count)
            guard failures < FileDownload.patience else {
                throw trouble ?? .wrongSize(name: file.path, expected: file.size, found: partial.count)
            }
            if partial.count < file.size { usleep(FileDownload.pauseMicroseconds(failures)) }
        }
        return sink.finish()
    }

    /// One connection.
    /// - Returns: what ended it too early, if trying again may help.
    private func attempt(_ url: String, _ sink: FileSink) throws(DownloadError) -> DownloadError? {
        do throws(DownloadError) {
            let head = try hub.get(url, headers: sink.rangeHeaders, into: sink)
            // A busy server gets the same patience as a broken line.
            if head.status == 429 || head.status >= 500 {
                return .refused(status: head.status, url: url, retryAfter: head.retryAfter)
            }
            _ = try hub.checked(head, url: url, repository: repository)
            // The server's file ends before the part that was asked for.
            if head.status == 416 { try sink.restart() }
            return nil
        } catch .interrupted(let url, let reason) {
            return .interrupted(url: url, reason: reason)
        }
    }

    /// At once after progress, then 0.2, 0.4, 0.8, 1.6 seconds.
    private static func pauseMicroseconds(_ failures: Int) -> UInt32 {
        failures == 0 ? 0 : 100_000 << UInt32(min(failures, 4))
    }
}

/// Puts the bytes of an answer where they belong, and takes their checksum on the way.
private final class FileSink: ResponseSink {
    private let partial: PartialFile
    private let file: RemoteFile
    private let report: (DownloadEvent) -> Void
    private var digest: ContentDigest

    init(_ partial: PartialFile, _ file: RemoteFile, _ report: @escaping (DownloadEvent) -> Void) {
        self.partial = partial
        self.file = file
        self.report = report
        digest = ContentDigest(file.checksum, size: file.size)
    }

    func digestWhatIsThere() throws(DownloadError) {
        try partial.read { digest.append($0) }
    }

    /// Asks for the rest, provided that the file is still the one whose beginning is here.
    var rangeHeaders: [String] {
        guard partial.count > 0 else { return [] }
        return ["Range: bytes=\(partial.count)-"] + (partial.etag.map { ["If-Range: \($0)"] } ?? [])
    }

    func restart() throws(DownloadError) {
        try partial.restart()
        digest = ContentDigest(file.checksum, size: file.size)
    }

    func begin(_ head: ResponseHead) throws(DownloadError) {
        if head.status == 206 {
            guard let range = head.contentRange, range.start == partial.count else {
                throw .network(url: file.path, reason: "the server sent another part than it was asked for")
            }
            try check(size: range.total)
        } else {
            // The whole: the server knows no ranges, or the file has changed since.
            if partial.count > 0 {
                report(.startedOver(file))
                try restart()
            }
            if let length = head.contentLength { try check(size: length) }
            try partial.note(etag: head.etag)
        }
    }

    func append(_ bytes: UnsafeRawBufferPointer) throws(DownloadError) {
        guard bytes.count <= file.size - partial.count else {
            partial.discard()
            throw .wrongSize(name: file.path, expected: file.size, found: partial.count + bytes.count)
        }
        try partial.append(bytes)
        digest.append(bytes)
        report(.progressed(file, count: partial.count))
    }

    func finish() -> String { digest.finish() }

    private func check(size: Int) throws(DownloadError) {
        guard size == file.size else {
            partial.discard()
            throw .wrongSize(name: file.path, expected: file.size, found: size)
        }
    }
}
