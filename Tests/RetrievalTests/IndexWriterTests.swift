// IndexWriterTests.swift — an index that grew equals one built at once, and nothing that was acknowledged is lost.

import Base
import Foundation
import Retrieval
import TestSupport
import Testing

@Suite struct `The living index` {
    static let dimension = 8

    static func options(flushAt count: Int = 100) -> IndexOptions {
        var options = IndexOptions()
        options.flushChunkCount = count
        return options
    }

    /// A document of one to three chunks, the same for the same seed.
    static func document(_ id: String, seed: UInt64) -> IndexedDocument {
        var random = SeededGenerator(seed: seed)
        let chunks = `Lexical search`.chunks(Int.random(in: 1...3, using: &random), seed: seed).map { chunk in
            var chunk = chunk
            chunk.fields = [
                Field("parity", .keywords([seed % 2 == 0 ? "even" : "odd"])), Field("seed", .integer(Int(seed))),
            ]
            return chunk
        }
        let vectors = chunks.map { _ in (0..<dimension).map { _ in Float.random(in: -1...1, using: &random) } }
        return IndexedDocument(id: id, chunks: chunks, vectors: vectors)
    }

    /// What a search returns, independent of where the chunks lie.
    static func answers(_ snapshot: Snapshot) throws -> [String] {
        var random = SeededGenerator(seed: 99)
        return try (0..<25).flatMap { _ in
            try LexicalSearch(`Lexical search`.query(&random), in: snapshot)
                .best(10, allowed: snapshot.allowed(.all)).map { hit in
                    let chunk = try snapshot.chunk(hit.place)
                    let vector = try snapshot.segments[hit.place.segment].segment.vectors?
                        .scores([Float](repeating: 1, count: dimension), of: [hit.place.ordinal])
                    return "\(chunk.documentID)/\(chunk.sequence) \(hit.score) \(vector ?? [])"
                }
        }
    }

    /// Hands over a writer of an index with these documents, in a folder that lasts as long as `body` runs.
    static func withIndex(
        _ documents: [String: UInt64], _ body: (TemporaryFolder, IndexWriter) throws -> Void
    ) throws {
        let folder = try TemporaryFolder()
        try withExtendedLifetime(folder) {
            let writer = try IndexWriter(creating: folder.path("index"), embedder: "test", dimension: dimension)
            try writer.apply(documents.sorted { $0.key < $1.key }.map { .put(document($0.key, seed: $0.value)) })
            try body(folder, writer)
        }
    }

    @Test func `after thousands of changes, flushes, merges and openings it equals one built at once`() throws {
        let folder = try TemporaryFolder()
        let path = folder.path("index")
        var random = SeededGenerator(seed: 1)
        var documents: [String: UInt64] = [:]
        var writer: IndexWriter? = try IndexWriter(
            creating: path, embedder: "test", dimension: Self.dimension, options: Self.options())
        for step in 0..<400 {
            var changes: [IndexChange] = []
            for _ in 0..<Int.random(in: 1...6, using: &random) {
                let id = "doc\(Int.random(in: 0..<150, using: &random))"
                if Int.random(in: 0..<3, using: &random) == 0 {
                    changes.append(.remove(id: id))
                    documents[id] = nil
                } else {
                    let seed = random.next() >> 32
                    changes.append(.put(Self.document(id, seed: seed)))
                    documents[id] = seed
                }
            }
            try #require(writer).apply(changes)
            if step % 60 == 30 { try #require(writer).mergeWherePaying() }
            if step % 50 == 49 {
                // The log alone carries what was not flushed.
                writer = nil
                writer = try IndexWriter(opening: path, embedder: "test", options: Self.options())
            }
        }
        try Self.withIndex(documents) { _, rebuilt in
            let expected = try Self.answers(rebuilt.snapshot)
            #expect(!expected.isEmpty)
            let grown = try #require(writer)
            #expect(grown.snapshot.statistics == rebuilt.snapshot.statistics)
            #expect(try Self.answers(grown.snapshot) == expected)
            #expect(try Self.answers(IndexReader.open(path)) == expected)
            try grown.compact()
            #expect(grown.snapshot.segments.count == 1)
            #expect(try Self.answers(grown.snapshot) == expected)
            #expect(try IndexReader.verify(path) == grown.snapshot.chunkCount)
            // Nothing is left behind.
            #expect(try ReadFolder.names(path).count == 5)
        }
    }

    @Test func `what is near is found as well after ten rounds of changes as in a fresh index`() throws {
        let folder = try TemporaryFolder()
        // Enough for a neighbour graph.
        let count = VectorIndex.graphThreshold + 200
        func vector(_ number: Int, round: Int) -> [Float] {
            var random = SeededGenerator(seed: UInt64(number + round * 1_000_003))
            return (0..<Self.dimension).map { _ in Float.random(in: -1...1, using: &random) }
        }
        func document(_ number: Int, round: Int) -> IndexChange {
            let chunk = Chunk(documentID: "d\(number)", text: "round \(round)")
            return .put(
                IndexedDocument(id: "d\(number)", chunks: [chunk], vectors: [vector(number, round: round)]))
        }
        var options = Self.options(flushAt: 1000)
        options.waitsForDisk = false
        func index(_ name: String) throws -> IndexWriter {
            try IndexWriter(
                creating: folder.path(name), embedder: "test", dimension: Self.dimension, options: options)
        }
        let grown = try index("grown")
        // All at once: a single segment, which no other is merged with.
        try grown.apply((0..<count).map { document($0, round: 0) })
        try grown.compact()
        #expect(grown.snapshot.segments.first?.segment.vectors?.graph != nil)
        var rounds = [Int](repeating: 0, count: count)
        for round in 1...10 {
            for number in stride(from: round % 10, to: count, by: 10) { rounds[number] = round }
            let numbers = stride(from: round % 10, to: count, by: 10).map { $0 }
            try grown.apply(numbers.map { document($0, round: round) })
            try grown.mergeWherePaying()
        }
        let fresh = try index("fresh")
        for start in [0, count / 2] {
            try fresh.apply((start..<start + count / 2).map { document($0, round: rounds[$0]) })
        }
        try fresh.compact()

        // The exact scores come from the same f16 rows, so that they can be compared to the bit.
        let places = (0..<count).map { ChunkPlace(segment: 0, ordinal: $0) }
        let queries = (0..<100).map { vector($0, round: 20) }
        let tenths = try queries.map { query in
            try DenseSearch.scores(of: places, query, in: fresh.snapshot).sorted(by: >)[9]
        }
        func found(_ snapshot: Snapshot) throws -> Double {
            let counts = try zip(queries, tenths).map { query, tenth in
                try DenseSearch.best(10, of: query, in: snapshot, allowed: snapshot.allowed(.all))
                    .count { $0.score >= tenth }
            }
            return Double(counts.reduce(0, +)) / Double(10 * queries.count)
        }
        let recall = (grown: try found(grown.snapshot), fresh: try found(fresh.snapshot))
        #expect(recall.fresh > 0.98)
        #expect(recall.grown >= recall.fresh - 0.005, "\(recall)")
    }

    @Test func `a log of many small records opens as one segment`() throws {
        let folder = try TemporaryFolder()
        let path = folder.path("index")
        var writer: IndexWriter? = try IndexWriter(
            creating: path, embedder: "test", dimension: Self.dimension)
        for step in 0..<150 {
            // The later records replace and remove what the earlier ones brought.
            try #require(writer).apply(
                step % 7 == 6
                    ? [.remove(id: "d\(step / 2)")]
                    : [.put(Self.document("d\(step % 60)", seed: UInt64(step)))])
        }
        let expected = try Self.answers(try #require(writer).snapshot)
        writer = nil
        let opened = try IndexReader.open(path)
        #expect(opened.segments.count == 1)
        #expect(opened.segments.first?.segment.chunkCount == opened.chunkCount)
        #expect(try Self.answers(opened) == expected)
        #expect(try Self.answers(IndexWriter(opening: path, embedder: "test").snapshot) == expected)
    }

    @Test func `a snapshot stays what it was`() throws {
        try Self.withIndex(["a": 1, "b": 2, "c": 3]) { _, writer in
            let before = writer.snapshot
            let answers = try Self.answers(before)
            try writer.apply([.remove(id: "a"), .put(Self.document("b", seed: 9))])
            try writer.compact()
            #expect(try Self.answers(before) == answers)
            #expect(try Self.answers(writer.snapshot) != answers)
            #expect(try writer.snapshot.documentIDs() == ["b", "c"])
        }
    }

    @Test func `deletes during a merge survive it`() throws {
        let documents = Dictionary(uniqueKeysWithValues: (0..<200).map { ("d\($0)", UInt64($0)) })
        try Self.withIndex(documents) { folder, writer in
            try writer.flush()
            try writer.apply([.put(Self.document("new", seed: 500)), .remove(id: "d0")])
            try writer.flush()
            let thread = Thread {
                for number in 1..<100 { try? writer.apply([.remove(id: "d\(number)")]) }
            }
            thread.start()
            try writer.compact()
            while !thread.isFinished { usleep(1000) }
            try writer.compact()
            let ids = try writer.snapshot.documentIDs()
            #expect(ids.count == 101)
            #expect(!ids.contains("d50"))
            #expect(try IndexReader.open(folder.path("index")).documentIDs() == ids)
        }
    }

    @Test func `a segment that dies whole during a merge stays dead`() throws {
        let folder = try TemporaryFolder()
        let writer = try IndexWriter(
            creating: folder.path("index"), embedder: "test", dimension: Self.dimension,
            options: Self.options(flushAt: 100_000))
        func put(_ id: String) -> IndexChange {
            let chunk = Chunk(documentID: id, text: id)
            return .put(
                IndexedDocument(id: id, chunks: [chunk], vectors: [[Float](repeating: 1, count: Self.dimension)]))
        }
        // Enough for a graph: while one is built, the merge says how far it is.
        try writer.apply((0..<VectorIndex.graphThreshold).map { put("d\($0)") })
        try writer.flush()
        try writer.apply([put("a"), put("b")])
        try writer.flush()
        try writer.compact { _ in
            try? writer.apply([.remove(id: "a"), .remove(id: "b")])
            try? writer.flush()
            return false
        }
        #expect(writer.snapshot.chunkCount == VectorIndex.graphThreshold)
        #expect(try writer.snapshot.sourceHash(ofDocument: "a") == nil)
    }

    @Test func `a torn log gives what was whole, and is written on`() throws {
        try Self.withIndex([:]) { folder, writer in
            for number in 0..<12 { try writer.apply([.put(Self.document("d\(number)", seed: UInt64(number)))]) }
            let path = folder.path("index")
            let log = path + "/log-0"
            let whole = try TestFiles.bytes(log)
            let copy = folder.path("copy")
            var seen: Set<Int> = []
            for length in stride(from: 16, through: whole.count, by: 37) {
                try? FileManager.default.removeItem(atPath: copy)
                try FileManager.default.copyItem(atPath: path, toPath: copy)
                try Data(whole[..<length]).write(to: URL(fileURLWithPath: copy + "/log-0"))
                var reopened: IndexWriter? = try IndexWriter(opening: copy)
                let ids = try #require(reopened).snapshot.documentIDs()
                #expect(Set(ids) == Set((0..<ids.count).map { "d\($0)" }))
                seen.insert(ids.count)
                try #require(reopened).apply([.put(Self.document("after", seed: 77))])
                reopened = nil
                #expect(try IndexReader.open(copy).documentIDs().contains("after"))
            }
            #expect(seen.count >= 12)
        }
    }

    @Test func `a flipped byte anywhere is noticed or harmless`() throws {
        let documents = Dictionary(uniqueKeysWithValues: (0..<30).map { ("d\($0)", UInt64($0)) })
        try Self.withIndex(documents) { folder, writer in
            try writer.flush()
            try writer.apply([.remove(id: "d3"), .put(Self.document("late", seed: 31))])
            try writer.apply([.put(Self.document("later", seed: 32))])
            try writer.apply([.put(Self.document("last", seed: 33))])
            let path = folder.path("index")
            let all = try Self.answers(IndexReader.open(path))
            let copy = folder.path("copy")
            var random = SeededGenerator(seed: 5)
            var refused = 0
            var fewer = 0
            for name in try ReadFolder.names(path) where name != "LOCK" {
                let bytes = try TestFiles.bytes(path + "/" + name)
                for _ in 0..<60 {
                    var damaged = bytes
                    let place = Int.random(in: 0..<bytes.count, using: &random)
                    damaged[place] ^= 1 << UInt8.random(in: 0..<8, using: &random)
                    try? FileManager.default.removeItem(atPath: copy)
                    try FileManager.default.copyItem(atPath: path, toPath: copy)
                    try Data(damaged).write(to: URL(fileURLWithPath: copy + "/" + name))
                    do {
                        let snapshot = try IndexReader.open(copy)
                        // Only the very last record can pass for torn: nothing after it says that it was whole.
                        if try Self.answers(snapshot) != all {
                            #expect(name.hasPrefix("log-") && place > bytes.count / 2)
                            #expect(try !snapshot.documentIDs().contains("last"))
                            fewer += 1
                        }
                    } catch {
                        #expect(error is IndexError || error is FileError)
                        #expect(!"\(error)".contains("\n"))
                        refused += 1
                    }
                }
            }
            #expect(refused > 200, "\(refused) refused, \(fewer) taken for torn")
        }
    }

    @Test func `a second writer is refused, a reader is not`() throws {
        try Self.withIndex(["a": 1]) { folder, writer in
            let path = folder.path("index")
            #expect(throws: IndexError.locked(path)) { try IndexWriter(opening: path) }
            let seen = try IndexReader.open(path)
            #expect(seen.chunkCount == writer.snapshot.chunkCount)
        }
    }

    @Test func `an index of another model, or none, is refused`() throws {
        try Self.withIndex(["a": 1]) { folder, writer in
            let path = folder.path("index")
            #expect(throws: IndexError.vector(document: "x", "2 numbers, the index has 8")) {
                try writer.apply([
                    .put(IndexedDocument(id: "x", chunks: [Chunk(documentID: "x", text: "t")], vectors: [[1, 2]]))
                ])
            }
            #expect(throws: IndexError.missing(folder.path("none"))) { try IndexReader.open(folder.path("none")) }
            #expect(throws: IndexError.alreadyThere(folder.path("other"))) {
                _ = try IndexWriter(creating: folder.path("other"), embedder: nil, dimension: nil).snapshot
                _ = try IndexWriter(creating: folder.path("other"), embedder: nil, dimension: nil)
            }
            #expect(throws: IndexError.otherEmbedder(folder.path("other"), index: "nobody", program: "test")) {
                try IndexWriter(opening: folder.path("other"), embedder: "test")
            }
            #expect(TestFiles.exists(path + "/LOCK"))
        }
    }

    @Test func `filters pass exactly what they say`() throws {
        let documents = Dictionary(uniqueKeysWithValues: (0..<60).map { ("d\($0)", UInt64($0)) })
        try Self.withIndex(documents) { _, writer in
            try writer.flush()
            try writer.apply((0..<10).map { .remove(id: "d\($0)") })
            let snapshot = writer.snapshot
            func ids(_ text: String) throws -> Set<String> {
                let allowed = try snapshot.allowed(try Filter(parsing: text))
                var ids: Set<String> = []
                for (segment, bitmap) in allowed.enumerated() {
                    for ordinal in 0..<snapshot.segments[segment].segment.chunkCount
                    where bitmap.map({ $0[ordinal] }) ?? true {
                        ids.insert(try snapshot.chunk(ChunkPlace(segment: segment, ordinal: ordinal)).documentID)
                    }
                }
                return ids
            }
            #expect(try ids("parity=even") == Set((10..<60).filter { $0 % 2 == 0 }.map { "d\($0)" }))
            #expect(try ids("parity!=even,seed>=20,seed<24") == ["d21", "d23"])
            #expect(try ids("seed=30..32") == ["d30", "d31", "d32"])
            #expect(try ids("parity=odd|even,seed=12") == ["d12"])
            #expect(try ids("colour=red").isEmpty)
            #expect(throws: FilterSyntaxError.self) { try Filter(parsing: "parity") }
            #expect(throws: FilterSyntaxError.self) { try Filter(parsing: "seed>many") }
        }
    }

    @Test func `CRC32C is the same by the CPU's instruction and by tables`() {
        var state: UInt32 = 1
        let bytes = (0..<300).map { _ in
            state = state &* 1_664_525 &+ 1_013_904_223
            return UInt8(truncatingIfNeeded: state >> 24)
        }
        for start in 0..<9 {
            for end in stride(from: start, through: bytes.count, by: start + 1) {
                var byTables = CRC32C(seed: UInt32(end))
                bytes[start..<end].withUnsafeBytes { byTables.appendByTables($0) }
                #expect(bytes[start..<end].withUnsafeBytes { CRC32C.of($0, seed: UInt32(end)) } == byTables.value)
            }
        }
    }

    @Test func `CRC32C is Castagnoli's`() {
        #expect(CRC32C.of(Array("123456789".utf8)) == 0xE306_9283)
        #expect(CRC32C.of([UInt8](repeating: 0, count: 32)) == 0x8A91_36AA)
    }
}
