// MappedFile.swift — a file as read-only memory.
// Base › Files.  Weights are used where the page cache holds them: loading a model copies nothing.

import Glibc

/// Maps a file while the object lives. Not Sendable: who owns the weights decides who reads them.
///
/// The mapping is private to no one: if another process shortens the file, touching the lost pages raises SIGBUS.
/// Replace model files by renaming (as `AtomicFile` does), never by rewriting them in place.
package final class MappedFile {
    package let path: String
    /// At the time of mapping.
    package let identity: FileIdentity
    /// Valid while this object lives: keep the object in a property, or around the use in `withExtendedLifetime`.
    /// `MappedFile(path).bytes` alone is unmapped before it is read. Page-aligned; empty for an empty file.
    package let bytes: UnsafeRawBufferPointer

    package init(_ path: String) throws(FileError) {
        let file = try OpenFile(reading: path)
        self.path = path
        identity = file.identity
        // mmap refuses a length of zero.
        guard file.byteCount > 0 else {
            bytes = UnsafeRawBufferPointer(start: nil, count: 0)
            return
        }
        let address = mmap(nil, file.byteCount, PROT_READ, MAP_SHARED, file.descriptor, 0)
        guard let address, address != MAP_FAILED else { throw .last("map", path) }
        bytes = UnsafeRawBufferPointer(start: address, count: file.byteCount)
    }

    /// Lets the pages go that lie wholly inside some of the file's bytes. A later read brings them back.
    package func discard(_ part: UnsafeRawBufferPointer) {
        guard let start = part.baseAddress, let base = bytes.baseAddress else { return }
        let pageSize = Int(sysconf(Int32(_SC_PAGESIZE)))
        let first = (start - base + pageSize - 1) / pageSize * pageSize
        let end = (start - base + part.count) / pageSize * pageSize
        // Only ever a hint, and harmless on a shared mapping: the file keeps the content.
        if first < end, end <= bytes.count {
            madvise(UnsafeMutableRawPointer(mutating: base + first), end - first, MADV_DONTNEED)
        }
    }

    deinit {
        if let start = bytes.baseAddress { munmap(UnsafeMutableRawPointer(mutating: start), bytes.count) }
    }
}
