// LoadedEngine.swift — everything `swiftlet serve` loads before it is ready.
// swiftlet › Loading.

import Console
import Embedding
import Engine
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

    /// - Parameter deliver: given the engine's events, on the engine's thread.
    /// - Throws: one line for a person, whatever is wrong.
    init(_ settings: ServeSettings, deliver: @escaping @Sendable ([RequestEvent]) -> Void) throws {
        let (model, checkpoint) = try LoadedModel.open(settings.model)
        let draft = try model.openDraft(settings.draftModel)
        plan = try EnginePlan(model.configuration, settings.engine, draft: draft?.configuration)
        let core = try plan.makeCore(reportingUnused: checkpoint, draft: draft)
        encoder = try Self.encoder(settings.encoder, threadCount: plan.threadCount)
        client = try EngineClient(core: core, kvCacheBytes: plan.kvCacheBytes, deliver: deliver)
        self.model = model
    }

    var served: ServedModel {
        ServedModel(
            id: model.name, created: Int(time(nil)), codec: model.tokenizer, service: client,
            defaultSampling: model.defaults)
    }

    /// nil when none is wanted, and with a warning when the default one has not been fetched.
    static func encoder(_ wanted: String?, threadCount: Int) throws -> EncoderEmbedder? {
        if wanted == "none" { return nil }
        let path: String
        do throws(UsageError) {
            path = try EmbedCommand.path(wanted)
        } catch {
            guard wanted == nil else { throw error }
            Output.note("warning: /v1/embeddings is off: \(error)")
            return nil
        }
        let encoder = try EncoderEmbedder(folder: path, pool: ThreadPool(threadCount: threadCount))
        for warning in encoder.warnings { Output.note("warning: \(warning)") }
        return encoder
    }
}
