// Repository.swift — what to download from: an owner, a name and a revision on a model hub.
// Download.

/// One revision of a repository, its parts checked.
package struct Repository: Equatable, Sendable {
    /// `OWNER/NAME`.
    package let id: String
    /// The part after the slash.
    package let name: String
    /// A branch, a tag or a commit.
    package let revision: String

    package init(_ id: String, revision: String = "main") throws(DownloadError) {
        let parts = id.split(separator: "/", omittingEmptySubsequences: false)
        guard parts.count == 2, parts.allSatisfy({ Repository.isPlain($0) }) else { throw .invalidRepository(id) }
        guard RemotePath.isSafe(revision), !revision.hasPrefix("-") else { throw .invalidRevision(revision) }
        self.id = id
        self.name = String(parts[1])
        self.revision = revision
    }

    private static func isPlain(_ part: Substring) -> Bool {
        guard !part.isEmpty, part.utf8.count <= 96, part.utf8.first != UInt8(ascii: "."), part != ".." else {
            return false
        }
        return part.utf8.allSatisfy { byte in
            switch byte {
            case UInt8(ascii: "a")...UInt8(ascii: "z"), UInt8(ascii: "A")...UInt8(ascii: "Z"),
                UInt8(ascii: "0")...UInt8(ascii: "9"), UInt8(ascii: "-"), UInt8(ascii: "."), UInt8(ascii: "_"):
                true
            default: false
            }
        }
    }
}
