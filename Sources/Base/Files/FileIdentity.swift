// FileIdentity.swift — which file this is, and in which state.
// Base › Files.  For what is computed from a file and kept beside it.

/// Equal while nobody replaces, writes to or copies the file.
package struct FileIdentity: Hashable, Sendable {
    package let byteCount: Int
    package let inode: UInt64
    /// Of the last change of its content, nanoseconds since 1970.
    package let modified: Int64

    package init(byteCount: Int, inode: UInt64, modified: Int64) {
        self.byteCount = byteCount
        self.inode = inode
        self.modified = modified
    }
}
