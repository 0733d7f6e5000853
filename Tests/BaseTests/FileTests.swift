// FileTests.swift — reading, mapping and replacing files.

import Base
import Glibc
import TestSupport
import Testing

@Suite struct `Files` {
    @Test(arguments: [0, 1, 4096, 10_000]) func `a mapped file and a read file hold the bytes`(count: Int) throws {
        let folder = try TemporaryFolder()
        let path = folder.path("data")
        let bytes = (0..<count).map { UInt8(truncatingIfNeeded: $0) }
        try AtomicFile.write(to: path) { try $0.write(bytes) }
        let file = try MappedFile(path)
        withExtendedLifetime(file) { #expect(Array(file.bytes) == bytes) }
        #expect(try ReadFile.bytes(path) == bytes)
    }

    @Test func `a missing file, a folder and a pipe are clear errors`() throws {
        let folder = try TemporaryFolder()
        let missing = folder.path("missing")
        let error = try #require(throws: FileError.self) { try MappedFile(missing) }
        #expect(error == FileError("open", missing, .system(errno: ENOENT)))
        #expect(error.description == "cannot open \(missing): No such file or directory")
        #expect(throws: FileError("read", folder.path, .isFolder)) { try MappedFile(folder.path) }
        #expect(throws: FileError("read", folder.path, .isFolder)) { try ReadFile.bytes(folder.path) }
        let pipe = folder.path("pipe")
        #expect(mkfifo(pipe, 0o600) == 0)
        #expect(throws: FileError("read", pipe, .notARegularFile)) { try MappedFile(pipe) }
    }

    @Test func `a file over the limit is refused, one at the limit is read`() throws {
        let folder = try TemporaryFolder()
        let path = folder.path("data")
        try AtomicFile.write(to: path) { try $0.write("12345") }
        #expect(try ReadFile.bytes(path, limit: 5).count == 5)
        #expect(throws: FileError("read", path, .tooLarge(limit: 4))) { try ReadFile.bytes(path, limit: 4) }
    }

    @Test func `a file whose size is not known beforehand is read whole`() throws {
        #expect(try ReadFile.bytes("/proc/self/maps").isEmpty == false)
    }

    @Test func `an atomic write replaces the file and sets the permissions asked for`() throws {
        let folder = try TemporaryFolder()
        let path = folder.path("data")
        try AtomicFile.write(to: path) { try $0.write("old") }
        try AtomicFile.write(to: path, permissions: 0o600) { file in
            try file.write("new ")
            #expect(file.offset == 4)
            try file.write([UInt8](repeating: UInt8(ascii: "x"), count: 100_000))
            try file.write("end")
            #expect(file.offset == 100_007)
            #expect(try ReadFile.bytes(path) == Array("old".utf8))
        }
        let text = String(decoding: try ReadFile.bytes(path), as: UTF8.self)
        #expect(text == "new " + String(repeating: "x", count: 100_000) + "end")
        var status = stat()
        #expect(stat(path, &status) == 0)
        #expect(status.st_mode & 0o777 == 0o600)
        #expect(folder.names() == ["data"])
    }

    @Test func `a failed atomic write leaves the old file and nothing else`() throws {
        struct Stop: Error {}
        let folder = try TemporaryFolder()
        let path = folder.path("data")
        try AtomicFile.write(to: path) { try $0.write("old") }
        #expect(throws: Stop.self) {
            try AtomicFile.write(to: path) { file in
                try file.write([UInt8](repeating: 1, count: 200_000))
                throw Stop()
            }
        }
        #expect(try ReadFile.bytes(path) == Array("old".utf8))
        #expect(folder.names() == ["data"])
        // The target of the rename is a folder: the new file must not stay behind.
        #expect(throws: FileError.self) {
            try AtomicFile.write(to: folder.path("sub")) { _ in mkdir(folder.path("sub"), 0o700) }
        }
        #expect(folder.names() == ["data", "sub"])
        #expect(throws: FileError.self) { try AtomicFile.write(to: folder.path("none/data")) { _ in } }
    }
}
