// NotesVectors.swift — the notes' vectors come with the notes: the first search computes only those of changed texts.
// swiftlet › Loading.

import Console
import Embedding
import Explainer
import Retrieval

enum NotesVectors {
    /// What was written for one encoder.
    struct Written {
        let path: String
        let count: Int
        /// How many the file did not have before.
        let computed: Int
    }

    /// The encoder, with what is known beside the notes. A file that cannot be read costs time, after one line.
    static func remembering(_ embedder: EncoderEmbedder, corpus: String) -> RememberingEmbedder {
        let path = path(corpus, embedder)
        return RememberingEmbedder(embedder) {
            do {
                return try KnownVectors(ifThereAt: path)
            } catch {
                Output.note("warning: the notes' vectors are computed, which takes a minute: \(error)")
                return nil
            }
        }
    }

    /// The same for the notes that come with the program.
    static func remembering(_ embedder: EncoderEmbedder) throws -> RememberingEmbedder {
        remembering(embedder, corpus: try CorpusFolder.shipped())
    }

    /// Writes a file for the encoder, of the notes' sections, and one for the encoder of questions, if there is one.
    ///
    /// - Parameter progress: hears how many texts are done, of how many.
    static func write(
        _ corpus: String, _ embedder: EncoderEmbedder, progress: (Int, Int) -> Void
    ) throws -> [Written] {
        var sections: [String] = []
        try CorpusReader.forEach(corpus) { document in
            guard IndexLocator.isNote(document.id) else { return }
            sections += Indexer.embeddedTexts(of: document, for: embedder)
        }
        let documents = try Corpus(folder: corpus).wordings + OtherQuestions(corpus: corpus).documents
        let asking = EmbedderLocator.questions(beside: embedder)
        let questions = documents.flatMap { Indexer.embeddedTexts(of: $0, for: asking ?? embedder) }
        guard let asking else { return [try write(sections + questions, corpus, embedder, progress)] }
        return [
            try write(sections, corpus, embedder, progress), try write(questions, corpus, asking, progress),
        ]
    }

    private static func write(
        _ texts: [String], _ corpus: String, _ embedder: EncoderEmbedder, _ progress: (Int, Int) -> Void
    ) throws -> Written {
        let path = path(corpus, embedder)
        // A damaged file is written anew.
        let old = try? KnownVectors(ifThereAt: path)
        var new = KnownVectors(fingerprint: embedder.fingerprint, dimension: embedder.dimension)
        var computed = 0
        for start in stride(from: 0, to: texts.count, by: batchSize) {
            let batch = texts[start..<min(start + batchSize, texts.count)]
            let unknown = batch.filter { !new.take($0, from: old) }
            for (text, vector) in zip(unknown, try embedder.embed(unknown)) { new.insert(vector, of: text) }
            computed += unknown.count
            progress(start + batch.count, texts.count)
        }
        try new.write(to: path)
        return Written(path: path, count: new.count, computed: computed)
    }

    private static let batchSize = 64

    private static func path(_ corpus: String, _ embedder: EncoderEmbedder) -> String {
        "\(corpus)/\(embedder.name).vectors"
    }
}
