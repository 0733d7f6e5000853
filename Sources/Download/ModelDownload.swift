// ModelDownload.swift — a model, or one file, from a hub into a folder.
// Download.  List, choose, check for room, then file after file; each is resumable by itself.

import Base
import Glibc

/// What happens while downloading, for whoever shows it.
package enum DownloadEvent {
    /// The files that will be there at the end, and how many bytes are still to come.
    case chosen([RemoteFile], missingBytes: Int)
    case started(RemoteFile, resumedAt: Int)
    /// `count` bytes of the file are there.
    case progressed(RemoteFile, count: Int)
    /// What was there of the file is of no use: it begins anew.
    case startedOver(RemoteFile)
    case finished(RemoteFile)
    /// The file was there already, and is right.
    case kept(RemoteFile)
}

package struct ModelDownload {
    private let repository: Repository
    private let file: String?
    private let folder: String
    private let hub: Hub

    /// The hub that is asked when no other is named.
    package static let defaultEndpoint = "https://huggingface.co"

    /// - Parameters:
    ///   - file: the one file that is wanted; nil for all that a model needs.
    ///   - folder: where the files go, with the sub-folders of their names; made if it is not there.
    ///   - token: an access token for the endpoint's host, and for no other.
    /// - Throws: `invalidEndpoint`, before anything is asked of anybody.
    package init(
        _ repository: Repository, file: String? = nil, to folder: String, endpoint: String = defaultEndpoint,
        token: String? = nil
    ) throws(DownloadError) {
        self.repository = repository
        self.file = file
        self.folder = folder
        hub = try Hub(endpoint: endpoint, token: token)
    }

    /// - Returns: the paths of the files, all whole and right.
    /// - Throws: the first failure; files that were finished before it stay, as does the beginning of the one at hand.
    @discardableResult
    package func run(report: @escaping (DownloadEvent) -> Void) throws(DownloadError) -> [String] {
        let listed = try hub.files(of: repository)
        let chosen =
            if let file {
                [try ModelSelection.choose(file, among: listed, repository: repository)]
            } else {
                try ModelSelection.choose(listed, repository: repository)
            }
        try makeFolders(for: chosen)
        let missing = chosen.reduce(0) { $0 + max(0, $1.size - bytesThere(of: $1)) }
        report(.chosen(chosen, missingBytes: missing))
        try checkRoom(for: missing)
        for file in chosen {
            try FileDownload(hub: hub, repository: repository, file: file, path: path(of: file), report: report).run()
        }
        return chosen.map(path)
    }

    private func path(of file: RemoteFile) -> String { folder + "/" + file.path }

    private func makeFolders(for files: [RemoteFile]) throws(DownloadError) {
        // `--to a/b/c` may name folders that are all new.
        var end = folder.startIndex
        while end < folder.endIndex {
            end = folder[folder.index(after: end)...].firstIndex(of: "/") ?? folder.endIndex
            try makeFolder(String(folder[..<end]))
        }
        for file in files {
            for parent in RemotePath.folders(of: file.path) { try makeFolder(folder + "/" + parent) }
        }
    }

    private func makeFolder(_ path: String) throws(DownloadError) {
        guard mkdir(path, 0o755) == 0 || errno == EEXIST || errno == EISDIR else {
            throw .file(FileError("make the folder", path, .system(errno: errno)))
        }
    }

    /// How much of the file needs no room any more.
    private func bytesThere(of file: RemoteFile) -> Int {
        var status = stat()
        if stat(path(of: file), &status) == 0, Int(status.st_size) == file.size { return file.size }
        return stat(path(of: file) + ".partial", &status) == 0 ? Int(status.st_size) : 0
    }

    private func checkRoom(for needed: Int) throws(DownloadError) {
        var status = statvfs()
        guard statvfs(folder, &status) == 0 else { return }
        let (free, overflow) = Int(clamping: status.f_bavail).multipliedReportingOverflow(
            by: Int(clamping: status.f_frsize))
        guard overflow || needed <= free else { throw .noRoom(folder: folder, needed: needed, free: free) }
    }
}
