// KeyRing.swift — everybody who may ask, and what they may use.
// Limiting › Keys.  Read from a file by Console/KeysFile.swift.

/// Who pays: any number of keys share one tenant's limits, its share of the engine, and its part of the prefix cache.
package struct Tenant: Equatable, Sendable {
    /// Letters, digits, `.`, `_`, `-`: it stands in metrics and logs.
    package let name: String
    /// How much of a busy engine it gets, against the others' weights.
    package var weight: Int
    /// All its keys together.
    package var limits: RateLimits
    /// The part of the KV cache, from 0 to 1, that others' prompts cannot push its prefixes out of.
    package var cacheQuota: Double

    package init(name: String, weight: Int = 1, limits: RateLimits = RateLimits(), cacheQuota: Double = 0) {
        self.name = name
        self.weight = weight
        self.limits = limits
        self.cacheQuota = cacheQuota
    }

    package static let weights = 1...1_000
}

/// One key.
package struct APIKey: Equatable, Sendable {
    package let digest: KeyDigest
    package let tenant: String
    package var limits: RateLimits
    /// The only models it may name; nil: all.
    package var models: [String]?

    package init(digest: KeyDigest, tenant: String, limits: RateLimits = RateLimits(), models: [String]? = nil) {
        self.digest = digest
        self.tenant = tenant
        self.limits = limits
        self.models = models
    }

    /// Its own account and its tenant's.
    package var accounts: [AccountID] { [.key(digest), .tenant(tenant)] }

    package func mayUse(_ model: String) -> Bool { models?.contains(model) ?? true }
}

/// All keys of a server.
package struct KeyRing: Equatable, Sendable {
    package let keys: [APIKey]
    /// Every key's tenant is among them.
    package let tenants: [Tenant]

    /// How those may wait who are over a limit.
    package let waitLimits: WaitLimits
    /// Output tokens that a choice reserves at first; one that wants more draws the rest from the balance as it comes.
    package let reservedOutputTokens: Int

    package static let standardReservedOutputTokens = 1_024

    package init(
        keys: [APIKey], tenants: [Tenant], waitLimits: WaitLimits = WaitLimits(),
        reservedOutputTokens: Int = standardReservedOutputTokens
    ) {
        precondition(keys.allSatisfy { key in tenants.contains { $0.name == key.tenant } })
        self.waitLimits = waitLimits
        self.reservedOutputTokens = reservedOutputTokens
        self.keys = keys
        self.tenants = tenants
    }

    package func tenant(of key: APIKey) -> Tenant? { tenants.first { $0.name == key.tenant } }

    /// The key whose digest this secret has. Every digest is compared to its end, the right one too early or not.
    /// - Complexity: O(keys).
    package func key(_ secret: some Sequence<UInt8>) -> APIKey? {
        let digest = KeyDigest(of: secret)
        var found: Int?
        for (index, key) in keys.enumerated() where key.digest.matches(digest) { found = index }
        return found.map { keys[$0] }
    }

    /// What each account may use.
    package var limits: [AccountID: RateLimits] {
        var limits: [AccountID: RateLimits] = [:]
        for key in keys { limits[.key(key.digest)] = key.limits }
        for tenant in tenants { limits[.tenant(tenant.name)] = tenant.limits }
        return limits
    }

    /// The most output tokens that a request of this key may reserve at first: no more than fits its smallest bucket,
    /// so that one who names no `max_tokens` is not refused for ever.
    package func outputCap(of key: APIKey) -> Int {
        [key.limits.outputTokensPerMinute, tenant(of: key)?.limits.outputTokensPerMinute]
            .compactMap { $0 }.reduce(reservedOutputTokens, min)
    }
}
