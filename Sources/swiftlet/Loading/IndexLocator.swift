// IndexLocator.swift — the index to search: the one that is named, else that of the notes that come with the program.
// swiftlet › Loading.

import Console
import Embedding
import Explainer
import Retrieval

/// An index that is there, and the encoder of its vectors.
struct FoundIndex {
    let folder: String
    /// nil: only words are searched.
    let embedder: EncoderEmbedder?
}

enum IndexLocator {
    static let option = OptionDefinition("--index", "DIR", "the index (default: that of the notes in the program)")

    /// - Parameter needsVectors: false leaves the encoder out, which takes a moment to load.
    static func find(_ arguments: Arguments, needsVectors: Bool = true) throws -> FoundIndex {
        let encoder = needsVectors ? arguments["--encoder"] : "none"
        guard let folder = arguments["--index"] else { return try notes(encoder) }
        let manifest = try Manifest.current(folder)
        return FoundIndex(folder: folder, embedder: try EmbedderLocator.find(encoder, for: manifest, at: folder))
    }

    /// What lies beside the notes is not searched: README.md tells people about a folder.
    static func isNote(_ id: String) -> Bool { id.hasSuffix(".md") && !id.hasSuffix("README.md") }

    /// That of the notes' sections, wherever it is needed; not yet up to date.
    static func notesIndex(_ embedder: RememberingEmbedder?) throws -> CachedIndex {
        CachedIndex(of: try CorpusFolder.shipped(), in: try CacheFolder.path, embedder: embedder)
    }

    /// The notes' index, made or brought up to date first.
    private static func notes(_ encoder: String?) throws -> FoundIndex {
        let embedder = try EmbedderLocator.findOrWarn(encoder)
        let index = try notesIndex(embedder.map { try NotesVectors.remembering($0) })
        let progress = ProgressLine("indexing the notes")
        let report: CachedIndex.Report
        do {
            report = try index.update(including: isNote) { done in
                progress.show("\(done.documents) notes, \(done.chunks) chunks")
            }
        } catch IndexError.locked where (try? Manifest.current(index.folder)) != nil {
            // Another process is at it: what is there can be read.
            return FoundIndex(folder: index.folder, embedder: embedder)
        }
        progress.end()
        if let reason = report.replaced { Output.note("warning: the notes' index was made anew: \(reason)") }
        return FoundIndex(folder: index.folder, embedder: embedder)
    }
}
