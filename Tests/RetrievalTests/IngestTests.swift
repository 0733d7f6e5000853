// IngestTests.swift — documents become chunks that can be found again in their files.

import Base
import Retrieval
import TestSupport
import Testing

@Suite struct `The chunker` {
    /// A word is a token: easy to count by hand.
    static func chunker(target: Int) -> Chunker {
        var chunker = Chunker { $0.split(whereSeparator: \.isWhitespace).count }
        chunker.target = target
        return chunker
    }

    static func document(_ text: String, title: String = "") -> SourceDocument {
        SourceDocument(id: "doc", title: title, bytes: Array(text.utf8), isMarkdown: true)
    }

    @Test func `packs whole sentences and begins anew at a heading`() {
        let text = """
            # Cache

            Blocks hold tokens. A table maps them! Is it paged? Yes, e.g. in blocks of 16.

            ## Eviction

            - The oldest goes first.
            - Shared blocks stay.
            """
        let chunks = Self.chunker(target: 40).chunks(Self.document(text, title: "Cache"))
        #expect(chunks.map(\.title) == ["Cache", "Cache › Eviction"])
        #expect(chunks[0].text == "Blocks hold tokens. A table maps them! Is it paged? Yes, e.g. in blocks of 16.")
        #expect(chunks[0].sentences.count == 4)
        #expect(chunks[1].text == "- The oldest goes first.\n- Shared blocks stay.")
        for (sequence, chunk) in chunks.enumerated() {
            #expect(chunk.sequence == sequence)
            #expect(Array(text.utf8)[chunk.sourceOffset...].starts(with: chunk.text.utf8))
        }
        let second = Array(chunks[0].text.utf8)[chunks[0].sentences[1]]
        #expect(String(decoding: second, as: UTF8.self) == "A table maps them!")
    }

    @Test func `no chunk is longer than the target, and only a cut sentence overlaps`() {
        var random = SeededGenerator(seed: 3)
        let chunker = Self.chunker(target: 40)
        for _ in 0..<40 {
            let sentences = (0..<30).map { _ in
                (0..<Int.random(in: 1...90, using: &random)).map { _ in "Word\(Int.random(in: 0..<999, using: &random))"
                }
                .joined(separator: " ") + "."
            }
            let text = sentences.joined(separator: " ")
            let chunks = chunker.chunks(Self.document(text))
            var end = 0
            for chunk in chunks {
                #expect(chunk.text.split(separator: " ").count <= 40)
                if chunk.sourceOffset < end {
                    // Both lie in one sentence.
                    #expect(chunk.sentences.count == 1)
                }
                end = chunk.sourceOffset + chunk.text.utf8.count
            }
            // Every word is in some chunk.
            #expect(Set(text.split(separator: " ")) == Set(chunks.flatMap { $0.text.split(separator: " ") }))
        }
    }

    @Test func `code and tables are kept line by line`() {
        let text = "Before.\n\n```\nlet a = 1. And b\n```\n\n| a | b. C |\n|---|---|\n"
        let units = TextStructure.units(Array(text.utf8), in: 0..<text.utf8.count, isMarkdown: true)
        let lines = units.map { String(decoding: Array(text.utf8)[$0.range], as: UTF8.self) }
        #expect(lines == ["Before.", "let a = 1. And b", "| a | b. C |", "|---|---|"])
    }

    @Test(arguments: [
        ("One. Two? Three!", 3), ("Dr. Smith met J. Doe. They left.", 2), ("See Fig. 3. It shows 3.5 of 4.", 2),
        ("He said \"Stop.\" Then he left.", 2), ("这是一句。这是两句！", 2), ("No end", 1), ("", 0), ("...", 1),
        ("Use `a. B` here. Done.", 2), ("It ends. and goes on.", 1),
    ])
    func `finds sentences`(text: String, count: Int) {
        let bytes = Array(text.utf8)
        #expect(TextStructure.units(bytes, in: 0..<bytes.count, isMarkdown: false).count == count)
    }

    @Test func `a document without text is found by its title`() {
        let chunks = Self.chunker(target: 40).chunks(Self.document("\n\n", title: "Only a title"))
        #expect(chunks.count == 1 && chunks[0].title == "Only a title" && chunks[0].text.isEmpty)
    }

    @Test func `bytes that are no text do no harm`() {
        var random = SeededGenerator(seed: 9)
        for _ in 0..<200 {
            let bytes = (0..<300).map { _ in UInt8.random(in: 0...255, using: &random) }
            for isMarkdown in [false, true] {
                let document = SourceDocument(id: "x", bytes: bytes, isMarkdown: isMarkdown)
                for chunk in Self.chunker(target: 8).chunks(document) {
                    #expect(chunk.sentences.allSatisfy { $0.upperBound <= chunk.text.utf8.count })
                    #expect(Snapshot.isSound(chunk))
                }
            }
        }
    }
}

extension Snapshot {
    /// Whether a chunk comes back from a segment as it went in.
    static func isSound(_ chunk: Chunk) -> Bool {
        guard let snapshot = try? Snapshot(chunks: [chunk]) else { return false }
        return (try? snapshot.chunk(ChunkPlace(segment: 0, ordinal: 0))) == chunk
    }
}

@Suite struct `Corpus reader` {
    @Test func `reads folders of Markdown, text and JSON lines`() throws {
        let folder = try TemporaryFolder()
        try folder.write(
            "a.md",
            Array(
                """
                ---
                title: "A title"
                level: 3
                tags: [x, 'y z']
                reviewed: true
                more:
                  - one
                  - two
                ---
                # Heading
                Text here.
                """.utf8))
        try folder.write("b.txt", Array("plain".utf8))
        try folder.write(
            "c.jsonl",
            Array(#"{"_id": "j1", "title": "T", "text": "body", "metadata": {"year": 2020, "k": ["p", "q"]}}"#.utf8))
        try folder.write("ignored.bin", [0, 1])
        var documents: [SourceDocument] = []
        try CorpusReader.forEach(folder.path) { documents.append($0) }
        #expect(documents.map(\.id) == ["a.md", "b.txt", "j1"])
        #expect(documents[0].title == "A title")
        #expect(
            documents[0].fields == [
                Field("title", .keywords(["A title"])), Field("level", .integer(3)),
                Field("tags", .keywords(["x", "y z"])), Field("reviewed", .flag(true)),
                Field("more", .keywords(["one", "two"])),
            ])
        #expect(String(decoding: documents[0].bytes[documents[0].body], as: UTF8.self) == "# Heading\nText here.")
        #expect(documents[2].fields == [Field("year", .integer(2020)), Field("k", .keywords(["p", "q"]))])
    }

    @Test func `says which line is wrong`() throws {
        let folder = try TemporaryFolder()
        let path = try folder.write("x.jsonl", Array("{\"_id\": \"1\", \"text\": \"t\"}\n{\"_id\": 2,}\n".utf8))
        #expect {
            try CorpusReader.forEach(path) { _ in }
        } throws: {
            "\($0)".contains("x.jsonl, line 2")
        }
    }

    @Test func `only what changed is indexed again`() throws {
        let folder = try TemporaryFolder()
        try folder.write("a.txt", Array("First text.".utf8))
        try folder.write("b.txt", Array("Second text.".utf8))
        let index = try TemporaryFolder()
        defer { withExtendedLifetime(index) {} }
        let writer = try IndexWriter(creating: index.path("i"), embedder: nil, dimension: nil)
        func add() throws -> Indexer.Progress {
            var indexer = Indexer(writer, embedder: nil)
            try CorpusReader.forEach(folder.path) { try indexer.add($0) }
            try indexer.flush()
            return indexer.progress
        }
        #expect(try add().added == 2)
        try folder.write("b.txt", Array("Another text.".utf8))
        let again = try add()
        #expect((again.added, again.changed, again.unchanged, again.chunks) == (0, 1, 1, 1))
        #expect(try writer.snapshot.chunks(ofDocument: "b.txt").map(\.text) == ["Another text."])
    }
}
