// Resource.swift — the five things a key or a tenant can run out of.
// Limiting.

package enum Resource: Int, CaseIterable, Sendable {
    case requests
    case inputTokens
    case outputTokens
    case concurrentRequests
    /// Places for tokens in the KV cache.
    case cacheTokens

    /// Comes back with time; the others come back when a request ends.
    package var refills: Bool {
        switch self {
        case .requests, .inputTokens, .outputTokens: true
        case .concurrentRequests, .cacheTokens: false
        }
    }

    package var isCountedInTokens: Bool {
        switch self {
        case .inputTokens, .outputTokens, .cacheTokens: true
        case .requests, .concurrentRequests: false
        }
    }

    /// As error messages say it.
    package var phrase: String {
        switch self {
        case .requests: "requests per minute"
        case .inputTokens: "input tokens per minute"
        case .outputTokens: "output tokens per minute"
        case .concurrentRequests: "concurrent requests"
        case .cacheTokens: "tokens in the KV cache"
        }
    }

    /// As metrics and logs say it.
    package var label: String {
        switch self {
        case .requests: "requests"
        case .inputTokens: "input_tokens"
        case .outputTokens: "output_tokens"
        case .concurrentRequests: "concurrent_requests"
        case .cacheTokens: "cache_tokens"
        }
    }
}

/// So much of each resource.
package struct Amounts: Equatable, Sendable {
    private var counts: InlineArray<5, Int> = .init(repeating: 0)

    package init() {}

    package init(
        requests: Int = 0, inputTokens: Int = 0, outputTokens: Int = 0, concurrentRequests: Int = 0,
        cacheTokens: Int = 0
    ) {
        self[.requests] = requests
        self[.inputTokens] = inputTokens
        self[.outputTokens] = outputTokens
        self[.concurrentRequests] = concurrentRequests
        self[.cacheTokens] = cacheTokens
    }

    package subscript(resource: Resource) -> Int {
        get { counts[resource.rawValue] }
        set { counts[resource.rawValue] = newValue }
    }

    package static func + (left: Amounts, right: Amounts) -> Amounts {
        var sum = left
        for resource in Resource.allCases { sum[resource] += right[resource] }
        return sum
    }

    package static func == (left: Amounts, right: Amounts) -> Bool {
        Resource.allCases.allSatisfy { left[$0] == right[$0] }
    }
}

/// What a key or a tenant may use; nil where nothing is limited.
package struct RateLimits: Equatable, Sendable {
    package var requestsPerMinute: Int?
    package var inputTokensPerMinute: Int?
    package var outputTokensPerMinute: Int?
    package var concurrentRequests: Int?
    /// Of the KV cache's tokens, from 0 to 1.
    package var cacheShare: Double?

    package init(
        requestsPerMinute: Int? = nil, inputTokensPerMinute: Int? = nil, outputTokensPerMinute: Int? = nil,
        concurrentRequests: Int? = nil, cacheShare: Double? = nil
    ) {
        self.requestsPerMinute = requestsPerMinute
        self.inputTokensPerMinute = inputTokensPerMinute
        self.outputTokensPerMinute = outputTokensPerMinute
        self.concurrentRequests = concurrentRequests
        self.cacheShare = cacheShare
    }

    /// - Parameter cacheTokenCount: what the whole KV cache holds.
    package func limit(_ resource: Resource, cacheTokenCount: Int) -> Int? {
        switch resource {
        case .requests: requestsPerMinute
        case .inputTokens: inputTokensPerMinute
        case .outputTokens: outputTokensPerMinute
        case .concurrentRequests: concurrentRequests
        case .cacheTokens: cacheShare.map { Int($0 * Double(cacheTokenCount)) }
        }
    }
}
