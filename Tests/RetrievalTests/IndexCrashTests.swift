// IndexCrashTests.swift — a writer that is killed, and one whose disk is full, in a process of their own.

import Base
import Foundation
import IndexHarness
import Retrieval
import TestSupport
import Testing

@Suite struct `An index whose writer dies` {
    private static let killCount = ProcessInfo.processInfo.environment["SWIFTLET_SLOW_TESTS"] == nil ? 12 : 200

    /// Starts a writer on `folder`.
    private static func child(_ arguments: [String]) throws -> (process: Process, output: FileHandle) {
        let process = Process()
        // The build puts all programs beside each other.
        process.executableURL = URL(fileURLWithPath: Machine.executablePath)
            .deletingLastPathComponent().appendingPathComponent("index-child")
        process.arguments = arguments
        let pipe = Pipe()
        process.standardOutput = pipe
        try process.run()
        return (process, pipe.fileHandleForReading)
    }

    /// What was said, as whole lines: until there are `count`, or to the end.
    private static func lines(_ output: FileHandle, count: Int = .max) -> [String] {
        var bytes: [UInt8] = []
        while bytes.count(where: { $0 == 0x0A }) < count {
            let more = output.availableData
            if more.isEmpty { break }
            bytes += more
        }
        // A last line without its end was never said.
        let end = bytes.lastIndex(of: 0x0A).map { $0 + 1 } ?? 0
        return String(decoding: bytes[..<end], as: UTF8.self).split(separator: "\n").map { String($0) }
    }

    @Test func `killed at any moment it keeps what it acknowledged, whole changes in order`() throws {
        let folder = try TemporaryFolder()
        defer { withExtendedLifetime(folder) {} }
        let index = folder.path("index")
        var random = SeededGenerator(seed: 200)
        var acknowledged = 0
        for kill in 0..<Self.killCount {
            let (process, output) = try Self.child([index])
            // After some changes, in the middle of the next; or before there is a first.
            var said = Self.lines(output, count: Int.random(in: 0...25, using: &random))
            usleep(UInt32.random(in: 0...3000, using: &random))
            Foundation.kill(process.processIdentifier, SIGKILL)
            process.waitUntilExit()
            said += Self.lines(output)
            let numbers = said.compactMap { Int($0) }
            // The first says what recovery found.
            if let found = numbers.first { try #require(found >= acknowledged, "kill \(kill)") }
            acknowledged = max(acknowledged, numbers.last ?? 0)
            guard TestFiles.exists(index + "/CURRENT") else { continue }
            let snapshot = try IndexReader.open(index)
            let counter = try IndexWorkload.counter(snapshot)
            // One more than was said may have reached the log.
            try #require((acknowledged...acknowledged + 1).contains(counter), "kill \(kill)")
            let found = try IndexWorkload.texts(in: snapshot)
            try #require(found == IndexWorkload.texts(after: counter), "kill \(kill)")
            acknowledged = counter
        }
        #expect(acknowledged > Self.killCount)
        let snapshot = try IndexReader.open(index)
        #expect(try IndexReader.verify(index) >= snapshot.chunkCount)
        let writer = try IndexWriter(opening: index)
        try writer.compact()
        #expect(try IndexWorkload.texts(in: writer.snapshot) == IndexWorkload.texts(after: acknowledged))
        // Nothing that was half written is left: CURRENT, LOCK, manifest, segment, log.
        #expect(folder.names(in: "index").count == 5)
    }

    @Test(arguments: [700, 3000, 9000]) func `a full disk refuses in one line, and loses nothing`(
        byteLimit: Int
    ) throws {
        let folder = try TemporaryFolder()
        defer { withExtendedLifetime(folder) {} }
        let index = folder.path("index")
        // Something must be there for the manifest to fit.
        _ = try IndexWriter(creating: index, embedder: "test", dimension: IndexWorkload.dimension)
        let (process, output) = try Self.child([index, "\(byteLimit)"])
        let lines = Self.lines(output)
        process.waitUntilExit()
        #expect(process.terminationStatus == 0)
        let full = try #require(lines.first { $0.hasPrefix("full") })
        let taken = lines.compactMap { Int($0) }.last ?? 0
        #expect(full.hasPrefix("full \(taken): cannot write "))
        #expect(lines.last == "room \(taken + 1)")
        let snapshot = try IndexReader.open(index)
        #expect(try IndexWorkload.texts(in: snapshot) == IndexWorkload.texts(after: taken + 1))
    }
}
