// GenerationService.swift — the engine as the server sees it.
// Engine.  `EngineClient` is the real one; the server's tests use a scripted one.

package import Base

/// What the engine can take; fixed when it starts.
package struct EngineLimits: Sendable, Equatable {
    /// Prompt and output together.
    package var maxModelLength: Int
    package var vocabularySize: Int
    package var maxWaitingCount: Int
    package var tokensPerBlock: Int
    package var blockCount: Int
    package var kvCacheBytes: Int
    /// The weights as they lie in memory, the draft model's included; 0 where that is not known.
    package var weightBytes = 0
    /// A request finds in the cache what another one computed.
    package var sharesPrefixes = true

    package init(
        maxModelLength: Int, vocabularySize: Int, maxWaitingCount: Int, tokensPerBlock: Int, blockCount: Int,
        kvCacheBytes: Int
    ) {
        self.maxModelLength = maxModelLength
        self.vocabularySize = vocabularySize
        self.maxWaitingCount = maxWaitingCount
        self.tokensPerBlock = tokensPerBlock
        self.blockCount = blockCount
        self.kvCacheBytes = kvCacheBytes
    }
}

/// Why a request was not accepted. Nothing was queued and no event will follow.
package enum SubmissionError: Error, Equatable {
    case emptyPrompt
    /// Prompt plus at least one output token does not fit.
    case promptTooLong(promptTokens: Int, maxModelLength: Int)
    case tokenOutOfRange(TokenID, vocabularySize: Int)
    case queueFull(waiting: Int, limit: Int)
    case shuttingDown
}

extension SubmissionError: CustomStringConvertible {
    /// One line for a person at a terminal; the server has its own words.
    package var description: String {
        switch self {
        case .emptyPrompt: "the prompt has no tokens"
        case .promptTooLong(let promptTokens, let maxModelLength):
            "the prompt has \(promptTokens) tokens; with at least one token of output it must fit \(maxModelLength)"
        case .tokenOutOfRange(let token, let vocabularySize):
            "token \(token) is outside the vocabulary of \(vocabularySize)"
        case .queueFull(let waiting, let limit): "\(waiting) requests wait already, of at most \(limit)"
        case .shuttingDown: "the engine is shutting down"
        }
    }
}

/// Accepts requests from any thread. Events of accepted requests arrive at the `deliver` closure the engine was given.
package protocol GenerationService: Sendable {
    var limits: EngineLimits { get }
    /// A copy of the newest statistics.
    var statistics: EngineStatistics { get }

    /// Queues a request; returns at once.
    func submit(_ request: GenerationRequest) throws(SubmissionError)
    /// Ends a request before the next step's plan is made. Unknown and finished ids are ignored.
    func cancel(_ id: RequestID)
    /// A paused request keeps its blocks but is not computed; it is the first to be preempted.
    func pause(_ id: RequestID)
    func resume(_ id: RequestID)
    /// Weights and quotas from now on. A request brings those of its own tenant along; this is for tenants that may never
    /// send one again.
    func use(_ tenants: [EngineTenant])
    /// The engine as it is between two steps. `reply` is called once, on any thread; with nil after the end.
    func look(_ query: EngineQuery, _ reply: @escaping @Sendable (EngineSnapshot?) -> Void)
}
