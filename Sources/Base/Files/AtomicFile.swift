// AtomicFile.swift — a file appears whole or not at all.
// Base › Files.  For models written by `quantize`, downloads, indexes: a crash leaves the old file.

import Glibc

package enum AtomicFile {
    /// Writes `path` by way of a temporary file in the same folder: write, fsync, rename, fsync of the folder.
    ///
    /// If anything fails, `body` included, the temporary file is removed and whatever stood at `path` is untouched.
    ///
    ///     try AtomicFile.write(to: path) { file in try file.write(header); try file.write(weights) }
    package static func write(
        to path: String, permissions: UInt32 = 0o644, _ body: (FileWriter) throws -> Void
    ) throws {
        let (folder, name) = split(path)
        let temporary = folder + "." + name + "." + String(UInt64.random(in: 0 ... .max), radix: 36) + ".part"
        let descriptor = open(temporary, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, permissions)
        guard descriptor >= 0 else { throw FileError.last("create a file beside", path) }
        var isRenamed = false
        defer {
            close(descriptor)
            if !isRenamed { unlink(temporary) }
        }
        let file = FileWriter(descriptor: descriptor, path: path)
        try body(file)
        try file.flush()
        guard fsync(descriptor) == 0 else { throw FileError.last("store", path) }
        guard rename(temporary, path) == 0 else { throw FileError.last("rename the new file to", path) }
        isRenamed = true
        try syncFolder(folder.isEmpty ? "." : folder)
    }

    /// The name is durable only once its folder is.
    private static func syncFolder(_ folder: String) throws(FileError) {
        let descriptor = open(folder, O_RDONLY | O_DIRECTORY | O_CLOEXEC)
        guard descriptor >= 0 else { throw .last("open", folder) }
        defer { close(descriptor) }
        // Some file systems cannot sync a folder and say so with EINVAL.
        guard fsync(descriptor) == 0 || errno == EINVAL else { throw .last("store", folder) }
    }

    /// The folder with its slash (empty if there is none), and the last component.
    private static func split(_ path: String) -> (folder: String, name: String) {
        guard let slash = path.utf8.lastIndex(of: UInt8(ascii: "/")) else { return ("", path) }
        let afterSlash = path.utf8.index(after: slash)
        return (String(path[..<afterSlash]), String(path[afterSlash...]))
    }
}

/// A buffered writer on an open file. Used inside `AtomicFile.write`, useless after it.
package final class FileWriter {
    private let descriptor: Int32
    private let path: String
    private var buffer: [UInt8] = []
    private static let bufferSize = 1 << 16

    /// Bytes written so far, the buffered ones included: the offset of the next byte.
    package private(set) var offset = 0

    init(descriptor: Int32, path: String) {
        self.descriptor = descriptor
        self.path = path
        buffer.reserveCapacity(Self.bufferSize)
    }

    package func write(_ bytes: UnsafeRawBufferPointer) throws(FileError) {
        offset += bytes.count
        if buffer.count + bytes.count > Self.bufferSize { try flush() }
        if bytes.count >= Self.bufferSize {
            try writeThrough(bytes)
        } else {
            buffer.append(contentsOf: bytes)
        }
    }

    package func write(_ bytes: [UInt8]) throws(FileError) {
        try bytes.span.bytes.withUnsafeBytes { (raw) throws(FileError) in try write(raw) }
    }

    package func write(_ text: String) throws(FileError) { try write(Array(text.utf8)) }

    func flush() throws(FileError) {
        let full = buffer
        try full.span.bytes.withUnsafeBytes { (raw) throws(FileError) in try writeThrough(raw) }
        buffer.removeAll(keepingCapacity: true)
    }

    /// `write` may take less than it is given, and a signal may interrupt it.
    private func writeThrough(_ bytes: UnsafeRawBufferPointer) throws(FileError) {
        var rest = bytes[...]
        while !rest.isEmpty {
            let window = UnsafeRawBufferPointer(rebasing: rest)
            let count = Glibc.write(descriptor, window.baseAddress, window.count)
            if count < 0 {
                if errno == EINTR { continue }
                throw .last("write", path)
            }
            rest = rest.dropFirst(count)
        }
    }
}
