// CachedIndex.swift — the index of a corpus that nobody built: made on first use, brought up to date on every other.
// Retrieval › Ingest.  It can always be made again: a damaged one is, with a word about it.

internal import Base
internal import Glibc

package struct CachedIndex {
    /// What opening did.
    package struct Report: Sendable, Equatable {
        package var progress = Indexer.Progress()
        package var removed = 0
        /// Why what was there could not be used; nil if it could, or if nothing was there.
        package var replaced: String?

        package var isUnchanged: Bool { progress.added + progress.changed + removed == 0 && replaced == nil }
    }

    private let corpus: String
    private let embedder: (any Embedder)?
    /// Where the index lies. An index of another corpus, encoder, analyzer or format lies elsewhere: neither is ever
    /// taken for the other, and going back costs nothing.
    package let folder: String

    /// - Parameters:
    ///   - corpus: an absolute path, as `CorpusReader` takes it; or, for documents that are no files, a name of them.
    ///   - cache: where indexes lie; made if it is not there.
    ///   - embedder: nil for words alone.
    package init(of corpus: String, in cache: String, embedder: (any Embedder)?) {
        self.corpus = corpus
        self.embedder = embedder
        var hash = SipHash128(key: SipHashKey(0x6361_6368_6564, 0x696e_6465_78))
        for part in [corpus, embedder?.fingerprint ?? "words", "\(Analyzer.version)", "\(Manifest.format)"] {
            hash.append(Array(part.utf8))
            hash.append(UInt64(part.utf8.count))
        }
        folder = cache + "/index-" + hash.finish().description
    }

    /// Makes the index equal to the corpus: documents that are new or differ are indexed, those that are gone removed.
    ///
    /// - Parameters:
    ///   - includes: says by its id which document belongs to the corpus.
    ///   - progress: hears of every batch.
    /// - Throws: `IndexError.locked` while another process does the same; `FileError`, `IngestError`.
    package func update(
        including includes: (String) -> Bool = { _ in true }, progress: (Indexer.Progress) -> Void = { _ in }
    ) throws -> Report {
        var update = try begin()
        try CorpusReader.forEach(corpus) { document in
            guard includes(document.id) else { return }
            if try update.add(document) { progress(update.indexer.progress) }
        }
        return try update.finish()
    }

    /// As above, for documents that are no files.
    package func update(to documents: some Sequence<SourceDocument>) throws -> Report {
        var update = try begin()
        for document in documents { try update.add(document) }
        return try update.finish()
    }

    private func begin() throws -> Update {
        var report = Report()
        let writer: IndexWriter
        do {
            writer = try IndexWriter(opening: folder, embedder: embedder?.fingerprint)
        } catch let error as IndexError {
            switch error {
            case .locked: throw error
            case .missing: break
            default:
                report.replaced = error.description
                try clear()
            }
            writer = try IndexWriter(
                creating: folder, embedder: embedder?.fingerprint, dimension: embedder?.dimension)
        }
        return Update(
            writer: writer, indexer: Indexer(writer, embedder: embedder, batchSize: 64),
            gone: Set(try writer.snapshot.documentIDs().map { Array($0.utf8) }), report: report)
    }

    private struct Update {
        let writer: IndexWriter
        var indexer: Indexer
        /// Documents of the index that the corpus has not shown yet.
        var gone: Set<[UInt8]>
        var report: Report

        @discardableResult
        mutating func add(_ document: SourceDocument) throws -> Bool {
            gone.remove(Array(document.id.utf8))
            return try indexer.add(document)
        }

        mutating func finish() throws -> Report {
            try indexer.flush()
            report.progress = indexer.progress
            report.removed = gone.count
            try writer.apply(gone.map { .remove(id: String(decoding: $0, as: UTF8.self)) })
            if !report.isUnchanged {
                try writer.flush()
                try writer.mergeWherePaying()
            }
            return report
        }
    }

    /// Removes the index. CURRENT goes first: half removed, it is no index.
    private func clear() throws {
        unlink(folder + "/" + IndexFiles.current)
        for name in try ReadFolder.names(folder) where IndexFiles.isOurs(name) { unlink(folder + "/" + name) }
    }
}
