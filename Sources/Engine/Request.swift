// Request.swift — the engine's own record of one request.
// Engine.  Never leaves the engine thread.

import Base
import Sampling

/// Where a request stands. `paused` is a flag beside it: a paused request keeps its place and, while it can, its blocks.
enum RequestStatus: Equatable {
    case waiting
    case running
    case finished
}

/// One request's tokens and what the cache holds of them.
///
///     tokens      |<------- prompt ------->|<-- output -->|
///     computed    |<------- computedCount ------->|<- 1 ->|   the last token is not computed until the next step
///     blocks      |<- registered ->|<- held, anonymous ->|
///
/// Scheduling knows no prefill and no decode: `computedCount` chases `tokens.count` (vLLM's rule). A new request is far
/// behind, a decoding one is one token behind, a preempted one starts from nothing again.
final class Request {
    let id: RequestID
    let promptCount: Int
    let parameters: SamplingParameters
    let stopTokens: [TokenID]
    /// Prompt plus output never grow past this.
    let maxTokenCount: Int
    let namespace: CacheNamespace
    let sharedPrefixCount: Int
    let tenant: TenantRecord
    /// Lower first; ties go by arrival.
    let priority: Int
    let arrivalOrder: UInt64
    let minOutputCount: Int
    /// How many of the likeliest tokens are told with every token of the output and of the prompt; nil: nothing is.
    let outputLogprobs: Int?
    let promptLogprobs: Int?
    /// Nil once its prompt is computed, or it is gone.
    var leader: Request?

    private(set) var tokens: [TokenID]
    var status = RequestStatus.waiting
    var isPaused = false

    /// Tokens whose keys and values are in the cache.
    var computedCount = 0 {
        didSet { mostComputedCount = max(mostComputedCount, computedCount) }
    }
    var blockTable: [BlockID] = []
    /// Names of the sequence's full blocks, as far as they were needed.
    var blockNames: [BlockHash] = []
    /// Leading blocks of the table that were offered to the prefix cache (or came from it).
    var registeredBlockCount = 0
    /// The highest that `computedCount` ever was: preemptions do not lower it.
    private(set) var mostComputedCount = 0
    /// Prompt tokens found in the prefix cache when first admitted; nil before.
    var cachedTokenCount: Int?

    /// Of the prompt's tokens from the second on, as far as their rows were computed.
    var promptScores: [TokenLogprobs] = []

    var history: TokenHistory
    var constraint: (any TokenConstraint)?
    /// Nil while nothing is drafted for the request.
    var speculation: Speculation?
    /// Guesses computed, and those that came true.
    var draftedTokenCount = 0
    var acceptedTokenCount = 0
    /// Tokens of the output that its constraint left no choice about.
    var forcedTokenCount = 0
    var timings = RequestTimings()
    /// Up to when `timings.breakdown` tells where the time went.
    var accountedNanoseconds: UInt64
    /// Its part in the step that is being made.
    var share = StepShare()

    init(
        _ request: GenerationRequest, tenant: TenantRecord, arrivalOrder: UInt64, maxModelLength: Int,
        arrivalNanoseconds: UInt64
    ) {
        id = request.id
        promptCount = request.promptTokens.count
        parameters = request.sampling
        stopTokens = request.stopTokens
        maxTokenCount = min(maxModelLength, promptCount + request.maxOutputTokens)
        namespace = request.cacheNamespace
        sharedPrefixCount = request.sharedPrefixCount
        self.tenant = tenant
        priority = request.priority
        minOutputCount = request.minOutputTokens
        outputLogprobs = request.outputLogprobs
        promptLogprobs = request.promptLogprobs
        constraint = request.constraint
        self.arrivalOrder = arrivalOrder
        tokens = request.promptTokens
        // Room for the whole answer now, so that decoding never grows the array.
        tokens.reserveCapacity(maxTokenCount)
        history = TokenHistory(
            prompt: request.promptTokens, parameters: request.sampling,
            maxOutputCount: maxTokenCount - request.promptTokens.count)
        accountedNanoseconds = arrivalNanoseconds
        timings.arrivalNanoseconds = arrivalNanoseconds
    }

    var outputCount: Int { tokens.count - promptCount }
    /// Rows still to be computed before the next token can be chosen.
    var remainingCount: Int { tokens.count - computedCount }
    /// One row away from its next token.
    var isDecoding: Bool { remainingCount == 1 && outputCount > 0 }

    /// Logits of prompt rows are still wanted: they say how likely the token behind each was.
    var isScoringPrompt: Bool { promptLogprobs != nil && promptScores.count < promptCount - 1 }
    /// Its leader is computing the same prompt.
    var isFollowing: Bool {
        guard let leader else { return false }
        return leader.status != .finished && leader.outputCount == 0
    }
    /// Waits for nothing but its turn.
    var isEligible: Bool { !isPaused && !isFollowing }

    func precedes(_ other: Request) -> Bool {
        priority != other.priority ? priority < other.priority : arrivalOrder < other.arrivalOrder
    }

    /// Adds a chosen token.
    func append(_ token: TokenID) {
        tokens.append(token)
        history.append(token)
        constraint?.accept(token)
    }

    func summary(_ reason: FinishReason) -> RequestSummary {
        var summary = RequestSummary(
            reason: reason, promptTokenCount: promptCount, cachedTokenCount: cachedTokenCount ?? 0,
            outputTokenCount: outputCount, timings: timings)
        summary.prefilledTokenCount = max(0, min(mostComputedCount, promptCount) - (cachedTokenCount ?? 0))
        summary.draftedTokenCount = draftedTokenCount
        summary.acceptedTokenCount = acceptedTokenCount
        summary.forcedTokenCount = forcedTokenCount
        return summary
    }
}
