// EngineSnapshot.swift — the engine at one moment between two steps: its numbers, its blocks, its last steps.
// Engine › Boundary.  Made on the engine's thread when somebody asks, so everything in it belongs together.

package import Base

/// What somebody wants to see. What another tenant said, or is being told, is never part of the answer.
package struct EngineQuery: Sendable, Equatable {
    /// Who asks; `EngineTenant.everyone.id` where nobody is told apart.
    package var tenant: UInt32
    /// A block to tell more of; one that does not exist is nil in the answer.
    package var block: Int?

    package init(tenant: UInt32 = EngineTenant.everyone.id, block: Int? = nil) {
        self.tenant = tenant
        self.block = block
    }
}

/// What one KV block is good for now.
package enum BlockState: UInt8, Sendable, CaseIterable {
    /// Nobody's, and empty.
    case free
    /// Nobody holds it, but its prefix can be taken back.
    case cached
    /// One request holds it.
    case used
    /// Several do.
    case shared
}

/// One step, as it was when it ended.
package struct StepRecord: Sendable, Equatable {
    /// Counted from 1.
    package var number: UInt64 = 0
    package var startNanoseconds: UInt64 = 0
    package var endNanoseconds: UInt64 = 0
    package var prefillRowCount = 0
    package var decodeRowCount = 0
    /// Rows of guesses, and how many came true.
    package var draftRowCount = 0
    package var acceptedCount = 0
    package var generatedCount = 0
    package var runningCount = 0
    package var waitingCount = 0
    package var usedBlockCount = 0
    package var cachedBlockCount = 0

    package init() {}
}

/// A bounded copy: at most `maximumBlockCount` block states, `StepLog.capacity` steps, `maximumRequestCount` requests.
package struct EngineSnapshot: Sendable {
    /// One request of the tenant that asks.
    package struct RequestView: Sendable, Equatable {
        package enum State: String, Sendable { case waiting, running, paused }

        package var id: RequestID
        package var state: State
        package var ageNanoseconds: UInt64
        package var promptCount: Int
        package var outputCount: Int
        package var computedCount: Int
        package var cachedTokenCount: Int
        package var draftedTokenCount: Int
        package var acceptedTokenCount: Int
        package var blocks: [BlockID]
    }

    /// One block, as the tenant that asks may see it.
    package struct BlockView: Sendable, Equatable {
        package var block: BlockID
        package var state: BlockState
        package var referenceCount: Int
        /// The tenant's own requests that hold it.
        package var requests: [RequestID]
        /// Nil where it holds nothing, or nothing of this tenant's.
        package var tokens: [TokenID]?

        package init(
            block: BlockID, state: BlockState, referenceCount: Int, requests: [RequestID] = [],
            tokens: [TokenID]? = nil
        ) {
            self.block = block
            self.state = state
            self.referenceCount = referenceCount
            self.requests = requests
            self.tokens = tokens
        }
    }

    package static let maximumBlockCount = 1 << 14
    package static let maximumRequestCount = 128

    package var nanoseconds: UInt64
    package var statistics: EngineStatistics
    /// Of the pool's first blocks; they are handed out from the beginning.
    package var blocks: [BlockState] = []
    /// In all of the pool.
    package var sharedBlockCount = 0
    /// The oldest first.
    package var steps: [StepRecord] = []
    package var requests: [RequestView] = []
    package var block: BlockView?

    package init(nanoseconds: UInt64, statistics: EngineStatistics) {
        self.nanoseconds = nanoseconds
        self.statistics = statistics
    }
}
