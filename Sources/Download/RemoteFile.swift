// RemoteFile.swift — one file as the hub lists it.
// Download.

/// What the bytes of a file must hash to.
package enum Checksum: Equatable, Sendable {
    /// Of the bytes: what Git LFS names large files by. Hexadecimal, lower case.
    case sha256(String)
    /// Git's name of a small file: the SHA-1 of a header with its size, and the bytes. Hexadecimal, lower case.
    case gitBlob(String)

    package var text: String {
        switch self {
        case .sha256(let digits), .gitBlob(let digits): digits
        }
    }
}

/// A file of a repository, its name and numbers checked.
package struct RemoteFile: Equatable, Sendable {
    /// Relative, inside the repository (`RemotePath.isSafe`).
    package let path: String
    /// In bytes.
    package let size: Int
    package let checksum: Checksum

    package init(path: String, size: Int, checksum: Checksum) {
        self.path = path
        self.size = size
        self.checksum = checksum
    }
}
