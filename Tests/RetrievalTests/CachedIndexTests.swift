// CachedIndexTests.swift — an index that keeps up with a folder, and a reader that keeps up with an index.

import Base
import Foundation
import Retrieval
import TestSupport
import Testing

@Suite struct `The cached index` {
    private let corpus: TemporaryFolder
    private let cache: TemporaryFolder

    init() throws {
        corpus = try TemporaryFolder()
        cache = try TemporaryFolder()
        try corpus.write("a.md", Array("# Alpha\n\nPaged blocks.".utf8))
        try corpus.write("b.md", Array("# Beta\n\nA queue of requests.".utf8))
        try corpus.write("README.md", Array("# About\n\nNot a note.".utf8))
    }

    private func index(_ embedder: (any Embedder)? = nil) -> CachedIndex {
        CachedIndex(of: corpus.path, in: cache.path, embedder: embedder)
    }

    private func update(_ embedder: (any Embedder)? = nil) throws -> CachedIndex.Report {
        try index(embedder).update(including: { $0 != "README.md" })
    }

    @Test func `only what changed is indexed again, and what is gone is removed`() throws {
        #expect(try update().progress.added == 2)
        let folder = index().folder
        #expect(try IndexReader.open(folder).documentIDs() == ["a.md", "b.md"])
        #expect(try update().isUnchanged)

        try corpus.write("b.md", Array("# Beta\n\nA queue of many requests.".utf8))
        try corpus.write("c.md", Array("# Gamma\n\nNew.".utf8))
        let report = try update()
        #expect((report.progress.added, report.progress.changed, report.progress.unchanged) == (1, 1, 1))
        #expect((report.removed, report.progress.chunks) == (0, 2))

        try FileManager.default.removeItem(atPath: corpus.path("a.md"))
        #expect(try update().removed == 1)
        #expect(try IndexReader.open(folder).documentIDs() == ["b.md", "c.md"])
    }

    @Test func `another encoder has another index, and going back costs nothing`() throws {
        _ = try update()
        let report = try update(WordHashEmbedder())
        #expect(report.progress.added == 2 && report.replaced == nil)
        #expect(index().folder != index(WordHashEmbedder()).folder)
        #expect(try IndexReader.open(index(WordHashEmbedder()).folder).dimension == 16)
        #expect(try update().isUnchanged)
        #expect(try update(WordHashEmbedder()).isUnchanged)
    }

    @Test func `a damaged one is made anew, with the reason`() throws {
        _ = try update()
        let folder = index().folder
        let manifest = try #require(try ReadFolder.names(folder).first { $0.hasPrefix("manifest-") })
        var bytes = try TestFiles.bytes(folder + "/" + manifest)
        bytes[10] ^= 1
        try Data(bytes).write(to: URL(fileURLWithPath: folder + "/" + manifest))
        let report = try update()
        #expect(report.progress.added == 2)
        #expect(try #require(report.replaced).contains("is damaged"))
        #expect(try IndexReader.verify(folder) == 2)
    }

    @Test func `while somebody else writes it, one is told so`() throws {
        _ = try update()
        let writer = try IndexWriter(opening: index().folder)
        #expect(throws: IndexError.locked(index().folder)) { try update() }
        withExtendedLifetime(writer) {}
    }

    @Test func `a follower sees what a writer does, at the next look`() throws {
        _ = try update()
        let time = ManualTime()
        let follower = try IndexFollower(index().folder, time: time)
        let before = follower.snapshot
        #expect(before.chunkCount == 2)
        let writer = try IndexWriter(opening: index().folder)
        for number in 0..<3 {
            try writer.apply([.put(IndexedDocument(id: "n\(number)", chunks: [Chunk(documentID: "", text: "new")]))])
            #expect(follower.snapshot.chunkCount == 2 + number)
            time.advance(nanoseconds: 1_000_000_000)
            #expect(follower.snapshot.chunkCount == 3 + number)
            if number == 1 { try writer.compact() }
        }
        #expect(before.chunkCount == 2)
        // Nothing changed: nothing is opened again.
        time.advance(nanoseconds: 1_000_000_000)
        let same = follower.snapshot
        time.advance(nanoseconds: 1_000_000_000)
        #expect(follower.snapshot === same)
    }

    @Test func `an index of a later format or another analyzer is refused in one line`() throws {
        _ = try update()
        let folder = index().folder
        let name = try #require(try ReadFolder.names(folder).first { $0.hasPrefix("manifest-") })
        let line =
            String(decoding: try TestFiles.bytes(folder + "/" + name), as: UTF8.self)
            .split(separator: "\n")[0] + "\n"
        for (old, new, error) in [
            ("\"format\":\(Manifest.format)", "\"format\":99", IndexError.format(folder, 99)),
            ("\"analyzer\":\(Analyzer.version)", "\"analyzer\":77", IndexError.analyzer(folder, 77)),
        ] {
            let changed = line.replacingOccurrences(of: old, with: new)
            #expect(changed != line)
            let text = changed + "crc32c \(CRC32C.of(Array(changed.utf8)))\n"
            try Data(text.utf8).write(to: URL(fileURLWithPath: folder + "/" + name))
            #expect(throws: error) { try IndexReader.open(folder) }
            #expect(throws: error) { try IndexWriter(opening: folder) }
            #expect(!error.description.contains("\n"))
        }
    }
}
