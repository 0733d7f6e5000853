// IndexCommand.swift — makes, changes and checks an index.
// swiftlet › Commands.

import Base
import Console
import Glibc
import Retrieval

enum IndexCommand: Command {
    static let name = "index"
    static let summary = "build an index of documents, change it, look at it"
    static let operands = "build|add|remove|status|verify|compact [IDS…]"
    static let options = [
        OptionDefinition("--index", "DIR", "the index (needed)"),
        OptionDefinition("--corpus", "PATH", "a folder of .md, .txt and .jsonl files, or one file (build, add)"),
        OptionDefinition("--batch", "N", "chunks embedded and written together (default: 256)"),
        OptionDefinition("--lexical", nil, "build without vectors even if an encoder is installed"),
        OptionDefinition("--json", nil, "print one JSON document"),
    ]
    static let notes = """
        examples
          swiftlet index build --index my-index --corpus path/to/documents
          swiftlet index add --index my-index --corpus new.md
          swiftlet index remove ID ID --index my-index
        """

    static func run(_ arguments: Arguments) throws {
        guard let verb = arguments.positionals.first else {
            throw UsageError("index needs a verb: build, add, remove, status, verify or compact")
        }
        guard let folder = arguments["--index"] else { throw UsageError("--index DIR is needed") }
        let operands = Array(arguments.positionals.dropFirst())
        guard verb == "remove" || operands.isEmpty else { throw UsageError("index \(verb) takes no ids") }
        // A file that would pass the limit of its size is an error to report, not a reason to die.
        signal(SIGXFSZ, SIG_IGN)
        switch verb {
        case "build": try build(folder, arguments)
        case "add": try add(to: try open(folder), arguments)
        case "remove":
            guard !operands.isEmpty else { throw UsageError("index remove needs ids of documents") }
            let writer = try open(folder)
            let known = Set(try writer.snapshot.documentIDs())
            if let stranger = operands.first(where: { !known.contains($0) }) {
                throw UsageError("there is no document '\(stranger)' in the index")
            }
            try writer.apply(operands.map { .remove(id: $0) })
            try finish(
                writer, operands.count == 1 ? "removed 1 document" : "removed \(operands.count) documents", arguments)
        case "status": try status(folder, json: arguments.has("--json"))
        case "verify":
            let progress = ProgressLine("verified")
            let count = try IndexReader.verify(folder) { done, total in progress.show("\(done) of \(total) chunks") }
            progress.end()
            Output.line("\(count) chunks, no faults")
        case "compact":
            let writer = try open(folder)
            try writer.compact(progress: graphProgress())
            try finish(writer, "compacted", arguments)
        default: throw UsageError("index has no verb '\(verb)'; it has build, add, remove, status, verify and compact")
        }
    }

    private static func build(_ folder: String, _ arguments: Arguments) throws {
        guard arguments["--corpus"] != nil else { throw UsageError("index build needs --corpus PATH") }
        let embedder = arguments.has("--lexical") ? nil : try EmbedderLocator.find()
        if embedder == nil, !arguments.has("--lexical") {
            Output.note("warning: no encoder is installed; the index will hold words alone (BM25)")
        }
        let writer = try IndexWriter(
            creating: folder, embedder: embedder?.fingerprint, dimension: embedder?.dimension)
        try add(to: writer, arguments)
    }

    private static func open(_ folder: String) throws -> IndexWriter {
        let writer = try IndexWriter(opening: folder)
        if writer.tornByteCount > 0 {
            Output.note("note: cut \(writer.tornByteCount) bytes off the log: a write that was never acknowledged")
        }
        return writer
    }

    private static func add(to writer: IndexWriter, _ arguments: Arguments) throws {
        guard let corpus = arguments["--corpus"] else { throw UsageError("index add needs --corpus PATH") }
        let embedder = try embedder(of: writer)
        let batch = try arguments.integer("--batch", in: 1...65_536) ?? 256
        var indexer = Indexer(writer, embedder: embedder, batchSize: batch)
        let progress = ProgressLine("indexed")
        try CorpusReader.forEach(corpus) { document in
            if try indexer.add(document) {
                progress.show("\(indexer.progress.documents) documents, \(indexer.progress.chunks) chunks")
            }
        }
        try indexer.flush()
        progress.end()
        try writer.flush()
        try writer.mergeWherePaying(progress: graphProgress())
        let done = indexer.progress
        try finish(
            writer, "\(done.added) documents added, \(done.changed) changed, \(done.unchanged) unchanged", arguments)
    }

    /// The index's own embedder. One with vectors cannot grow without it.
    private static func embedder(of writer: IndexWriter) throws -> (any Embedder)? {
        guard let wanted = writer.manifest.embedder else { return nil }
        guard let embedder = try EmbedderLocator.find(), embedder.fingerprint == wanted else {
            throw IndexError.otherEmbedder(
                writer.folder, index: wanted, program: try EmbedderLocator.find()?.fingerprint ?? "none")
        }
        return embedder
    }

    private static func graphProgress() -> (Int) -> Bool {
        let progress = ProgressLine("neighbour graph")
        return { count in
            progress.show("\(count) vectors")
            return true
        }
    }

    private static func finish(_ writer: IndexWriter, _ what: String, _ arguments: Arguments) throws {
        try writer.flush()
        guard arguments.has("--json") else {
            return Output.line("\(what); \(writer.snapshot.chunkCount) chunks in the index")
        }
        try status(writer.folder, json: true)
    }

    private static func status(_ folder: String, json: Bool) throws {
        let status = try IndexReader.status(folder)
        let snapshot = status.snapshot
        let documents = try snapshot.documentIDs().count
        guard json else {
            Output.line("\(documents) documents, \(snapshot.chunkCount) chunks, \(status.byteCount) bytes")
            Output.line(
                "\(status.segmentCount) segments; \(status.unflushedChunkCount) chunks in the log, "
                    + "\(status.deadChunkCount) dead")
            Output.line("average length \(snapshot.statistics.averageLength) terms")
            return Output.line(
                "vectors: "
                    + (status.manifest.embedder.map { "\(status.manifest.dimension ?? 0) numbers of \($0)" } ?? "none")
                    + (status.hasGraph ? ", with a neighbour graph" : ""))
        }
        var writer = JSONWriter()
        writer.object { writer in
            writer.field("documents", documents)
            writer.field("chunks", snapshot.chunkCount)
            writer.field("dead_chunks", status.deadChunkCount)
            writer.field("unflushed_chunks", status.unflushedChunkCount)
            writer.field("segments", status.segmentCount)
            writer.field("bytes", status.byteCount)
            writer.field("generation", status.manifest.generation)
            writer.field("average_length", snapshot.statistics.averageLength)
            writer.field("analyzer", status.manifest.analyzer)
            writer.field("embedder", status.manifest.embedder)
            writer.field("dimension", status.manifest.dimension ?? 0)
            writer.field("graph", status.hasGraph)
        }
        Output.line(String(decoding: writer.bytes, as: UTF8.self))
    }
}
