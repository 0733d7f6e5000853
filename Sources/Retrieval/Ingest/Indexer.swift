// Indexer.swift — documents into an index: unchanged ones are passed over, the others cut, embedded and written.
// Retrieval › Ingest.

internal import Base

package struct Indexer {
    /// What has been done so far.
    package struct Progress: Sendable, Equatable {
        package var added = 0
        package var changed = 0
        package var unchanged = 0
        package var chunks = 0
        package var documents: Int { added + changed + unchanged }
    }

    private let writer: IndexWriter
    private let embedder: (any Embedder)?
    private let chunker: Chunker
    private let batchSize: Int
    private var waiting: [(id: String, chunks: [Chunk])] = []
    private var waitingIDs: Set<[UInt8]> = []
    package private(set) var progress = Progress()

    /// - Parameters:
    ///   - embedder: the one that the index was made for; nil for an index without vectors.
    ///   - batchSize: chunks that are embedded and written together.
    package init(_ writer: IndexWriter, embedder: (any Embedder)?, batchSize: Int = 256) {
        self.writer = writer
        self.embedder = embedder
        self.batchSize = batchSize
        chunker = Self.chunker(for: embedder)
    }

    private static func chunker(for embedder: (any Embedder)?) -> Chunker {
        embedder.map { embedder in Chunker { embedder.tokenCount($0) } } ?? Chunker()
    }

    /// What an index with vectors asks the encoder about a document.
    package static func embeddedTexts(of document: SourceDocument, for embedder: any Embedder) -> [String] {
        chunker(for: embedder).chunks(document).map(\.embeddedText)
    }

    /// Takes a document; it is in the index after the next `flush` at the latest.
    ///
    /// - Returns: whether documents were written by this call.
    @discardableResult
    package mutating func add(_ document: SourceDocument) throws -> Bool {
        // The same id twice: the first must be in the index before the second can replace it.
        if waitingIDs.contains(Array(document.id.utf8)) { try flush() }
        let known = try writer.snapshot.sourceHash(ofDocument: document.id)
        if known == document.sourceHash {
            progress.unchanged += 1
            return false
        }
        if known == nil { progress.added += 1 } else { progress.changed += 1 }
        waiting.append((document.id, chunker.chunks(document)))
        waitingIDs.insert(Array(document.id.utf8))
        guard waiting.reduce(0, { $0 + $1.chunks.count }) >= batchSize else { return false }
        try flush()
        return true
    }

    /// Writes what waits.
    package mutating func flush() throws {
        guard !waiting.isEmpty else { return }
        let texts = waiting.flatMap { $0.chunks.map(\.embeddedText) }
        let vectors = try embedder?.embed(texts) ?? []
        var next = 0
        try writer.apply(
            waiting.map { document in
                let own = vectors.isEmpty ? [] : Array(vectors[next..<min(next + document.chunks.count, vectors.count)])
                next += document.chunks.count
                return .put(IndexedDocument(id: document.id, chunks: document.chunks, vectors: own))
            })
        progress.chunks += texts.count
        waiting.removeAll()
        waitingIDs.removeAll()
    }
}
