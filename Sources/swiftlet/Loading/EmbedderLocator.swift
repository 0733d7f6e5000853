// EmbedderLocator.swift — finds the encoder that makes vectors, if there is one.
// swiftlet › Loading.  Every command that searches asks here, so that all of them use the same.

import Base
import Console
import Embedding
import Kernels
import Retrieval
import Transformer

enum EmbedderLocator {
    static let option = OptionDefinition(
        "--encoder", "DIR|none", "the encoder of the vectors (default: \(EmbedCommand.defaultModel), if installed)")

    /// What searches compute in where nothing else is asked for: they rank as f32 does (Bench/README.md), several times
    /// sooner. An index remembers which it was.
    static let precision = EncoderPrecision.int8
    static let precisionOption = EncoderPrecision.definition(default: precision)

    /// The embedder of the encoder that is wanted; without a wish the default one, nil when that is not installed.
    ///
    /// - Throws: one line, when the encoder is not there or cannot be read.
    static func find(_ wanted: String?, precision: EncoderPrecision = precision) throws -> EncoderEmbedder? {
        if wanted == "none" { return nil }
        guard wanted != nil || (try? EmbedCommand.path(nil)) != nil else { return nil }
        let pool = ThreadPool(threadCount: Machine.usableCoreCount)
        let embedder = try EncoderEmbedder(folder: EmbedCommand.path(wanted), precision: precision, pool: pool)
        for warning in embedder.warnings { Output.note("warning: \(warning)") }
        return embedder
    }

    /// The same encoder with the last layers that were trained to compare questions with the notes' questions:
    /// `NAME-questions` among the models. nil where there are none, or where they cannot be read, after one line.
    static func questions(beside embedder: EncoderEmbedder) -> EncoderEmbedder? {
        guard let models = ModelLocator.modelsFolder else { return nil }
        let folder = "\(models)/\(embedder.name)-questions"
        guard (try? MappedFile(folder + "/model.safetensors")) != nil else { return nil }
        do {
            let found = try EncoderEmbedder(changing: embedder, by: folder)
            for warning in found.warnings { Output.note("warning: \(warning)") }
            return found
        } catch {
            Output.note("warning: questions are compared by \(embedder.name) itself: \(error)")
            return nil
        }
    }

    /// As `find`; where there is no encoder, or the default one is damaged, nil after one line that says so: words
    /// still find much.
    static func findOrWarn(_ wanted: String?) throws -> EncoderEmbedder? {
        do {
            if let found = try find(wanted) { return found }
            if wanted == nil {
                Output.note(
                    "warning: searching by words alone (BM25): no encoder is installed; `make models` fetches it")
            }
        } catch  where wanted == nil {
            Output.note("warning: searching by words alone (BM25): \(error)")
        }
        return nil
    }

    /// The embedder for an index that is to be read; nil where the index has no vectors, too.
    ///
    /// - Throws: `IndexError.otherEmbedder` when the index's vectors are of another encoder.
    static func find(_ wanted: String?, for manifest: Manifest, at folder: String) throws -> EncoderEmbedder? {
        guard let fingerprint = manifest.embedder, let found = try findOrWarn(wanted) else { return nil }
        guard found.fingerprint == fingerprint else {
            throw IndexError.otherEmbedder(folder, index: fingerprint, program: found.fingerprint)
        }
        return found
    }
}
