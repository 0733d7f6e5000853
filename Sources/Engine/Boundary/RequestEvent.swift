// RequestEvent.swift — what comes back from the engine.
// Engine.  Delivered in batches, once per step; every submitted request ends with exactly one `.finished`.

package import Base
package import Sampling

/// Why a request ended.
package enum FinishReason: Sendable, Equatable {
    /// One of the request's stop tokens was generated.
    case stopToken(TokenID)
    /// `maxOutputTokens`, or the model's context, is used up.
    case length
    /// Somebody called `cancel`, or the engine shut down.
    case cancelled
    /// The engine could not go on with this request; the text says why.
    case failed(String)
}

/// Monotonic nanoseconds (`TimeSource`) of a request's stations. Zero: never reached.
package struct RequestTimings: Sendable, Equatable {
    package var arrivalNanoseconds: UInt64 = 0
    /// First time any of its rows was in a step.
    package var scheduledNanoseconds: UInt64 = 0
    package var firstTokenNanoseconds: UInt64 = 0
    package var finishedNanoseconds: UInt64 = 0
    package var preemptionCount: Int = 0
    /// Of the time from arrival to the end.
    package var breakdown = TimeBreakdown()

    package init() {}
}

/// The closing account of one request.
package struct RequestSummary: Sendable, Equatable {
    package var reason: FinishReason
    package var promptTokenCount: Int
    /// Prompt tokens whose keys and values came from the prefix cache when the request was first admitted.
    package var cachedTokenCount: Int
    /// Prompt tokens that were computed for it, each counted once; the others were cached, or it ended before.
    package var prefilledTokenCount = 0
    /// Generated tokens, the stop token included.
    package var outputTokenCount: Int
    package var timings: RequestTimings
    /// Tokens that were guessed and computed for it, and those that came true; they cost no one anything but time.
    package var draftedTokenCount = 0
    package var acceptedTokenCount = 0
    /// Generated tokens that a constraint left no choice about: they were computed without being chosen.
    package var forcedTokenCount = 0

    package init(
        reason: FinishReason, promptTokenCount: Int, cachedTokenCount: Int, outputTokenCount: Int,
        timings: RequestTimings
    ) {
        self.reason = reason
        self.promptTokenCount = promptTokenCount
        self.cachedTokenCount = cachedTokenCount
        self.outputTokenCount = outputTokenCount
        self.timings = timings
    }
}

/// One message about one request.
package struct RequestEvent: Sendable, Equatable {
    package enum Kind: Sendable, Equatable {
        /// The request is in a step for the first time; so much of its prompt came from the prefix cache.
        case admitted(cachedTokenCount: Int)
        /// The next output tokens, in order; several where guesses came true, none if only the prompt is reported on.
        case tokens(TokenRun)
        case finished(RequestSummary)
    }

    package let request: RequestID
    package let kind: Kind
    /// One for each token of `kind`, where they were asked for; with `.finished`, that of the stop token.
    package var logprobs: [TokenLogprobs]
    /// So many of the first tokens of `kind` were guessed before, and came true.
    package var guessedCount = 0
    /// With a request's first event, where they were asked for: those of the prompt's tokens from the second on.
    package var promptLogprobs: [TokenLogprobs]

    package init(
        request: RequestID, kind: Kind, logprobs: [TokenLogprobs] = [], promptLogprobs: [TokenLogprobs] = []
    ) {
        self.request = request
        self.kind = kind
        self.logprobs = logprobs
        self.promptLogprobs = promptLogprobs
    }
}
