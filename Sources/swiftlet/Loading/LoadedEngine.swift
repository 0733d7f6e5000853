// LoadedEngine.swift — everything `swiftlet serve` loads before it is ready.
// swiftlet › Loading.

import Console
import Embedding
import Engine
import Explainer
import Glibc
import Kernels
import Server
import Transformer

/// A model with its engine running, and the encoder beside it; made on a worker thread.
struct LoadedEngine: Sendable {
    let model: LoadedModel
    let plan: EnginePlan
    let client: EngineClient
    /// The model of /v1/embeddings.
    let encoder: EncoderEmbedder?
    /// What /v1/search searches and /v1/rerank asks.
    let search: SearchService
    /// What /v1/explain answers from; nil without notes.
    let explain: ExplainService?

    /// - Parameter deliver: given the engine's events, on the engine's thread.
    /// - Throws: one line for a person, whatever is wrong.
    init(_ settings: ServeSettings, deliver: @escaping @Sendable ([RequestEvent]) -> Void) throws {
        let (model, checkpoint) = try LoadedModel.open(settings.model)
        let draft = try model.openDraft(settings.draftModel)
        plan = try EnginePlan(model.configuration, settings.engine, draft: draft?.configuration)
        let core = try plan.makeCore(reportingUnused: checkpoint, draft: draft)
        let threadCount = plan.threadCount
        encoder = try Self.encoder(settings.encoder, threadCount: threadCount)
        let searching = try encoder.map {
            try EncoderEmbedder(
                folder: $0.folder, precision: EmbedderLocator.precision, pool: ThreadPool(threadCount: threadCount))
        }
        let index = settings.index == "none" ? nil : try ServedIndex(settings.index, embedder: searching)
        search = try Self.search(settings, index, searching, model)
        explain = try Self.explain(settings, index, searching)
        client = try EngineClient(core: core, kvCacheBytes: plan.kvCacheBytes, deliver: deliver)
        self.model = model
    }

    var served: ServedModel {
        ServedModel(
            id: model.name, created: Int(time(nil)), codec: model.tokenizer, service: client,
            defaultSampling: model.defaults)
    }

    /// An index that is named must be one; the rerankers are those that can be had.
    private static func search(
        _ settings: ServeSettings, _ index: ServedIndex?, _ encoder: EncoderEmbedder?, _ model: LoadedModel
    ) throws -> SearchService {
        let rerankers = try RerankerLocator.all(settings.crossEncoder, embedder: encoder, model: model)
        guard let index else { return SearchService(snapshot: nil, embedder: encoder, rerankers: rerankers) }
        return SearchService(snapshot: { try index.snapshot() }, embedder: encoder, rerankers: rerankers)
    }

    /// Answers come from the notes in the program, whatever else is searched.
    private static func explain(
        _ settings: ServeSettings, _ index: ServedIndex?, _ encoder: EncoderEmbedder?
    ) throws -> ExplainService? {
        guard let index else { return nil }
        let notes = settings.index == nil ? index : try ServedIndex(nil, embedder: encoder)
        do {
            let finder = try EvidenceLocator.serve(embedder: encoder) { try notes.snapshot() }
            return ExplainService(corpus: try Corpus.shipped(), finder: finder)
        } catch {
            Output.note("warning: /v1/explain is off: \(error)")
            return nil
        }
    }

    /// nil when none is wanted, and with a warning when the default one has not been fetched.
    static func encoder(_ wanted: String?, threadCount: Int) throws -> EncoderEmbedder? {
        if wanted == "none" { return nil }
        let path: String
        do throws(UsageError) {
            path = try EmbedCommand.path(wanted)
        } catch {
            guard wanted == nil else { throw error }
            Output.note("warning: /v1/embeddings is off, and /v1/search looks at words alone (BM25): \(error)")
            return nil
        }
        let encoder = try EncoderEmbedder(folder: path, pool: ThreadPool(threadCount: threadCount))
        for warning in encoder.warnings { Output.note("warning: \(warning)") }
        return encoder
    }
}
