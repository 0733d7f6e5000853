// EngineStatistics.swift — a snapshot of the engine's gauges and counters.
// Engine.  Published after every step under one lock; /metrics and /health read the copy.

package import Base

/// Gauges are of the moment the snapshot was taken, counters run from the start of the process.
package struct EngineStatistics: Sendable {
    // Gauges
    package var runningCount = 0
    package var waitingCount = 0
    package var pausedCount = 0
    package var blockCount = 0
    /// Blocks some request holds.
    package var usedBlockCount = 0
    /// Blocks nobody holds that still carry a reusable prefix.
    package var cachedBlockCount = 0

    // Counters
    package var stepCount: UInt64 = 0
    package var promptTokenCount: UInt64 = 0
    package var generatedTokenCount: UInt64 = 0
    /// Prompt tokens looked up in the prefix cache, and those found.
    package var prefixQueriedTokenCount: UInt64 = 0
    package var prefixHitTokenCount: UInt64 = 0
    package var preemptionCount: UInt64 = 0
    /// Drafts computed, their tokens, and those that came true.
    package var draftCount: UInt64 = 0
    package var draftedTokenCount: UInt64 = 0
    package var acceptedTokenCount: UInt64 = 0
    /// Drafts whose token at each place came true.
    package var acceptedTokenCountByPlace: [UInt64] = []
    package var finishedByStop: UInt64 = 0
    package var finishedByLength: UInt64 = 0
    package var finishedByCancel: UInt64 = 0
    package var finishedByFailure: UInt64 = 0
    /// Rows computed per step (vLLM's `iteration_tokens_total`).
    package var rowsPerStep = Histogram(
        upperBounds: [1, 8, 16, 32, 64, 128, 256, 512, 1024, 2048, 4096, 8192, 16384])

    /// In the order in which they came.
    package var tenants: [TenantStatistics] = []

    /// Monotonic time of the last step's end, or of the engine's start. With work pending, an old value means a hang.
    package var lastStepNanoseconds: UInt64 = 0
    /// True while some request could be computed: with everyone paused, the engine rests and makes no step.
    package var isBusy = false

    package init() {}
}

/// What one tenant was served.
package struct TenantStatistics: Sendable, Equatable {
    package let tenant: UInt32
    package let weight: Int
    /// The virtual token counter: cost per weight, 1 for a computed prompt token and 2 for a generated one.
    package let service: Double
    /// Some request of it waits for admission, and nothing but its turn.
    package let isBacklogged: Bool
    package var waitingCount = 0
    package var runningCount = 0
    /// Its prefixes in the cache, in blocks, and how many of them are safe from others.
    package let cachedBlockCount: Int
    package let cacheQuota: Int
}
