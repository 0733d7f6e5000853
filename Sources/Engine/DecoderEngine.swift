// DecoderEngine.swift — from a checkpoint and a few sizes to an engine that is ready to run.
// Engine.  The one place where model, cache and scheduler are given sizes that fit together.

import Base
package import Kernels
package import Transformer

/// What the user may choose; nil means "work it out".
package struct EngineOptions: Sendable {
    package var threadCount: Int?
    /// Longest prompt plus output. Default: the model's own, or what half the cache holds if that is less.
    package var maxModelLength: Int?
    /// Hard ceiling of the KV cache. Default: the lesser of 1 GiB and a quarter of the available memory.
    package var kvCacheBytes: Int?
    package var kvCacheType: CacheType = .f16
    package var tokensPerBlock = 16
    package var maxRunningCount = 64
    package var maxBatchedTokens = 512
    package var prefillTokensBesideDecode = 128
    package var maxWaitingCount = 256
    package var sharesPrefixes = true
    /// Prompts whose first token needs no row when they come again.
    package var rememberedPromptCount = 256
    package var speculation = SpeculationOptions()
    package var numerics = Numerics.reproducible
    package var kernels = KernelSet.best
    /// From how many bytes of model files on the packed weights are kept beside them for the next start; nil never.
    package var panelCacheThreshold: Int? = 1 << 30

    package init() {}
}

/// A request for sizes that cannot be met, in words for a person.
package struct EngineSizeError: Error, Equatable, CustomStringConvertible {
    package let description: String
}

/// The sizes of one engine over one model.
package struct EnginePlan: Sendable {
    package let configuration: EngineConfiguration
    package let threadCount: Int
    package let kvCacheBytes: Int
    package let decoder: DecoderOptions
    /// Nil without a draft model.
    package let draftDecoder: DecoderOptions?
    package let kernels: KernelSet

    /// Set when the user asked for more positions than the model's file claims: rotary positions go on, but what the
    /// model makes of them is its own affair, and files are sometimes wrong.
    package let warning: String?

    /// - Parameter draft: the draft model; its cache has as many blocks, under the same ceiling.
    /// - Throws: `EngineSizeError` when not even one block, or not one sequence of the wanted length, fits.
    package init(
        _ model: ModelConfiguration, _ options: EngineOptions, draft: ModelConfiguration? = nil
    ) throws(EngineSizeError) {
        let bytesPerToken =
            model.cacheBytesPerToken(options.kvCacheType) + (draft?.cacheBytesPerToken(options.kvCacheType) ?? 0)
        let bytesPerBlock = bytesPerToken * options.tokensPerBlock
        let ceiling = options.kvCacheBytes ?? min(1 << 30, Machine.availableMemoryBytes / 4)
        // More blocks than all running sequences could fill would only be a larger prefix cache; that is welcome,
        // but slots are 32-bit.
        let blockCount = min(ceiling / bytesPerBlock, Int(Int32.max) / options.tokensPerBlock)
        guard blockCount >= 1 else {
            throw EngineSizeError(
                description: "a KV cache of \(ceiling) bytes holds no block of \(options.tokensPerBlock) tokens"
                    + " (\(bytesPerBlock) bytes); raise --kv-cache-memory")
        }
        let capacity = blockCount * options.tokensPerBlock
        var length = min(model.maxPositionCount, max(options.tokensPerBlock, capacity / 2))
        if let wanted = options.maxModelLength {
            guard wanted <= capacity else {
                let wantedBlocks = (wanted + options.tokensPerBlock - 1) / options.tokensPerBlock
                throw EngineSizeError(
                    description: "--max-model-len \(wanted) does not fit a KV cache of \(capacity) tokens;"
                        + " raise --kv-cache-memory to \(wantedBlocks * bytesPerBlock) bytes")
            }
            length = wanted
        }

        var configuration = EngineConfiguration(maxModelLength: length, blockCount: blockCount)
        configuration.tokensPerBlock = options.tokensPerBlock
        configuration.maxRunningCount = options.maxRunningCount
        configuration.maxBatchedTokens = options.maxBatchedTokens
        configuration.prefillTokensBesideDecode = options.prefillTokensBesideDecode
        configuration.maxWaitingCount = options.maxWaitingCount
        configuration.sharesPrefixes = options.sharesPrefixes
        configuration.speculation = options.speculation
        if draft != nil { configuration.speculation.drafter = .model }
        configuration = configuration.validated()

        var decoder = DecoderOptions(blockCount: blockCount, maxModelLength: configuration.maxModelLength)
        decoder.cacheType = options.kvCacheType
        decoder.tokensPerBlock = options.tokensPerBlock
        decoder.maxRows = configuration.maxBatchedTokens
        decoder.maxLogitRows = configuration.maxLogitRows
        decoder.stateSlotCount = configuration.sharesPrefixes ? options.rememberedPromptCount : 0
        decoder.numerics = options.numerics
        decoder.panelCacheThreshold = options.panelCacheThreshold
        var draftDecoder = decoder
        draftDecoder.maxRows = configuration.maxDraftModelRows
        draftDecoder.maxLogitRows = configuration.maxRunningCount
        draftDecoder.stateSlotCount = 0

        warning =
            configuration.maxModelLength > model.maxPositionCount
            ? "\(configuration.maxModelLength) positions are used of a model whose file says \(model.maxPositionCount)"
            : nil
        self.configuration = configuration
        self.decoder = decoder
        self.draftDecoder = draft == nil ? nil : draftDecoder
        threadCount = options.threadCount ?? Machine.usableCoreCount
        kvCacheBytes = blockCount * bytesPerBlock
        kernels = options.kernels
    }

    /// Allocates everything and builds the engine; the caller owns it alone.
    /// - Parameters:
    ///   - checkpoint: given away, since the model keeps its mapped weights.
    ///   - draft: as well; the one whose configuration this plan was made with.
    ///   - unusedTensors: set to the tensors of the file that the model did not need, for a warning.
    ///   - panelCacheNote: set to what became of the packed weights beside a large model, where that is news.
    /// - Throws: `CheckpointError`, `AllocationError`.
    package func makeCore(
        _ checkpoint: sending ModelCheckpoint, draft: sending ModelCheckpoint? = nil, unusedTensors: inout [String],
        panelCacheNote: inout String?
    ) throws -> sending EngineCore<DecoderModel> {
        let pool = ThreadPool(threadCount: threadCount, kernels: kernels)
        let model = try DecoderModel(checkpoint, options: decoder, pool: pool)
        unusedTensors = model.unusedTensorNames
        panelCacheNote = model.panelCacheNote
        var draftModel: DecoderModel?
        if let draft, let draftDecoder { draftModel = try DecoderModel(draft, options: draftDecoder, pool: pool) }
        return EngineCore(model: model, configuration: configuration, draftModel: draftModel)
    }
}
