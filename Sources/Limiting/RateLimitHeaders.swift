// RateLimitHeaders.swift — what a client is told about its limits.
// Limiting.  OpenAI's names and formats; `x-should-retry` and `retry-after-ms` are what its SDKs look at.

package enum RateLimitHeaders {
    package typealias Field = (name: String, value: String)

    /// On every answer, with the balances as they are after the request's own reservation. Of several limits of one
    /// kind (the key's, the tenant's; input, output) the one that has least left is shown.
    package static func balances(of accounts: [AccountID], _ limiter: RateLimiter) -> [Field] {
        func scarcest(_ resources: [Resource]) -> Balance? {
            accounts.flatMap { account in resources.compactMap { limiter.balance(of: $0, in: account) } }
                .min { ($0.remaining, $0.limit) < ($1.remaining, $1.limit) }
        }
        let requests = scarcest([.requests])
        let tokens = scarcest([.inputTokens, .outputTokens])
        return fields("requests", requests) + fields("tokens", tokens)
    }

    private static func fields(_ noun: String, _ balance: Balance?) -> [Field] {
        guard let balance else { return [] }
        return [
            ("x-ratelimit-limit-\(noun)", String(balance.limit)),
            ("x-ratelimit-remaining-\(noun)", String(balance.remaining)),
            ("x-ratelimit-reset-\(noun)", GoDuration.text(milliseconds: balance.millisecondsUntilFull)),
        ]
    }

    /// On a refusal: when to come back, or that it is no use.
    package static func retry(_ refusal: Refusal) -> [Field] {
        guard let milliseconds = refusal.retryMilliseconds else { return [("x-should-retry", "false")] }
        return [
            ("retry-after", String((milliseconds + 999) / 1_000)),
            ("retry-after-ms", String(milliseconds)),
        ]
    }
}
