// GenerationRequest.swift — what crosses into the engine.
// Engine.  Token ids only: text, templates and stop strings stay on the server's side of this boundary.

package import Base
package import Sampling

/// Names one request for its whole life; the caller chooses it and never reuses it.
package struct RequestID: RawRepresentable, Hashable, Comparable, Sendable, CustomStringConvertible {
    package let rawValue: UInt64

    package init(rawValue: UInt64) { self.rawValue = rawValue }
    package init(_ value: UInt64) { rawValue = value }

    package var description: String { "request \(rawValue)" }
    package static func < (left: RequestID, right: RequestID) -> Bool { left.rawValue < right.rawValue }
}

/// One prompt to continue.
package struct GenerationRequest: Sendable {
    package var id: RequestID
    package var promptTokens: [TokenID]
    package var sampling: SamplingParameters
    /// At most this many tokens are generated, a final stop token included.
    package var maxOutputTokens: Int
    /// Any of these ends the request; it is counted as generated but not delivered as a token.
    package var stopTokens: [TokenID]
    /// Until so many tokens are generated, none of `stopTokens` can be chosen.
    package var minOutputTokens = 0
    /// How many of the likeliest tokens to tell with every generated one; nil tells no log-probabilities at all.
    package var outputLogprobs: Int?
    /// The same for the prompt's tokens. Such a prompt is computed from its beginning, whatever the cache holds.
    package var promptLogprobs: Int?
    /// Another request with the same prompt, submitted before: this one waits until that prompt is computed, and
    /// finds it in the prefix cache.
    package var leader: RequestID?
    /// Lower runs first; first come, first served within one value.
    package var priority: Int
    package var cacheNamespace: CacheNamespace
    /// So many tokens at the prompt's beginning are the server's own words: their full blocks are in the shared
    /// namespace, whatever the request's. What follows is in the request's.
    package var sharedPrefixCount = 0
    package var tenant = EngineTenant.everyone
    /// Which tokens may come next, if not all.
    package var constraint: (any TokenConstraint)?

    package init(
        id: RequestID, promptTokens: [TokenID], sampling: SamplingParameters = SamplingParameters(),
        maxOutputTokens: Int, stopTokens: [TokenID] = [], priority: Int = 0, cacheNamespace: CacheNamespace = .shared,
        constraint: (any TokenConstraint)? = nil
    ) {
        self.id = id
        self.promptTokens = promptTokens
        self.sampling = sampling
        self.maxOutputTokens = maxOutputTokens
        self.stopTokens = stopTokens
        self.priority = priority
        self.cacheNamespace = cacheNamespace
        self.constraint = constraint
    }
}
