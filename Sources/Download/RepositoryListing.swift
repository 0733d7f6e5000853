// RepositoryListing.swift — reads one page of the hub's list of files.
// Download.  Format: `GET /api/models/OWNER/NAME/tree/REVISION?recursive=true` of the Hugging Face hub.

import Base

/// Bounds on what a server may say, far above any real model.
enum ListingLimit {
    static let files = 10_000
    static let pages = 1_000
    static let pageBytes = 16 << 20
    static let fileBytes = 1 << 42
}

package enum RepositoryListing {
    /// The files on a page; folders are skipped.
    ///
    ///     [{"type": "file", "path": "config.json", "size": 613, "oid": "‹git blob sha-1›"},
    ///      {"type": "file", "path": "model.safetensors", "size": 4096, "oid": "…", "lfs": {"oid": "‹sha-256›", "size": 4096}}]
    ///
    /// - Throws: `unsafeName` if any name could lead out of a folder, whether it is wanted or not: such a repository is
    ///   not to be trusted with the others.
    package static func parse(_ bytes: [UInt8], url: String) throws(DownloadError) -> [RemoteFile] {
        let json: JSON
        do throws(JSONError) {
            json = try JSON.parse(bytes, maximumDepth: 16)
        } catch {
            throw .malformedListing(url: url, reason: "\(error)")
        }
        guard json.kind == .array else { throw .malformedListing(url: url, reason: "it is \(json.kind), not an array") }
        guard json.count <= ListingLimit.files else { throw .tooManyFiles(limit: ListingLimit.files) }
        var files: [RemoteFile] = []
        for entry in json.elements where entry["type"]?.string == "file" {
            files.append(try file(entry, url: url))
        }
        return files
    }

    private static func file(_ entry: JSON, url: String) throws(DownloadError) -> RemoteFile {
        guard let path = entry["path"]?.string else {
            throw .malformedListing(url: url, reason: "an entry has no path (line \(entry.line))")
        }
        guard RemotePath.isSafe(path) else { throw .unsafeName(path) }
        // A file in Git LFS is listed by what it holds; its own oid is that of the pointer.
        let lfs = entry["lfs"].flatMap { $0.kind == .object ? $0 : nil }
        guard let size = (lfs?["size"] ?? entry["size"])?.integer, size >= 0 else {
            throw .malformedListing(url: url, reason: "\(path) has no size")
        }
        guard size <= ListingLimit.fileBytes else {
            throw .tooLarge(name: path, size: size, limit: ListingLimit.fileBytes)
        }
        let oid = (lfs ?? entry)["oid"]?.string ?? ""
        guard isHexadecimal(oid, count: lfs == nil ? 40 : 64) else {
            throw .malformedListing(url: url, reason: "\(path) has no checksum")
        }
        return RemoteFile(path: path, size: size, checksum: lfs == nil ? .gitBlob(oid) : .sha256(oid))
    }

    private static func isHexadecimal(_ text: String, count: Int) -> Bool {
        text.utf8.count == count
            && text.utf8.allSatisfy { byte in
                (UInt8(ascii: "0")...UInt8(ascii: "9")).contains(byte)
                    || (UInt8(ascii: "a")...UInt8(ascii: "f")).contains(byte)
            }
    }
}
