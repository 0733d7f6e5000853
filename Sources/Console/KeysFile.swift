// KeysFile.swift — API keys, tenants and limits out of a JSON5 file.
// Console.  Configs/api-keys.example.json5 shows every member.

import Base
package import Limiting

/// Reads `--api-keys FILE`. Every error names the line and the column, and no error repeats a key's digest.
package enum KeysFile {
    /// - Throws: `UsageError` for what is wrong in the file.
    package static func read(_ path: String) throws -> KeyRing {
        let bytes = try ReadFile.bytes(path, limit: 4 << 20)
        do throws(JSON5Error) {
            return try ring(JSON5.parse(bytes))
        } catch {
            throw UsageError("\(path), \(error)")
        }
    }

    package static func ring(_ document: JSON5) throws(JSON5Error) -> KeyRing {
        let file = try JSON5Object(
            document, "the file", allowed: ["keys", "tenants", "queue", "reserved_output_tokens"])
        var tenants = try tenants(file.members["tenants"])
        var keys: [APIKey] = []
        for element in try file.required("keys").elements("keys") {
            let key = try key(element)
            guard !keys.contains(where: { $0.digest == key.digest }) else {
                throw JSON5Error(element, "this key occurs twice")
            }
            keys.append(key)
            // One that is not described has no limits of its own.
            if !tenants.contains(where: { $0.name == key.tenant }) { tenants.append(Tenant(name: key.tenant)) }
        }
        guard !keys.isEmpty else { throw JSON5Error(document, "without a key nobody could ask: add one to 'keys'") }
        guard tenants.reduce(0, { $0 + $1.cacheQuota }) <= 1 else {
            throw JSON5Error(document, "the cache quotas of all tenants are more than the whole cache")
        }
        return KeyRing(
            keys: keys, tenants: tenants, waitLimits: try waitLimits(file.members["queue"]),
            reservedOutputTokens: try file.members["reserved_output_tokens"]?.integer(
                "reserved_output_tokens", in: 1...1_000_000) ?? KeyRing.standardReservedOutputTokens)
    }

    // MARK: - Parts

    private static func key(_ value: JSON5) throws(JSON5Error) -> APIKey {
        let object = try JSON5Object(value, "a key", allowed: ["sha256", "tenant", "limits", "models"])
        let digestValue = try object.required("sha256")
        guard let digest = KeyDigest(hexadecimal: try digestValue.text("sha256")) else {
            throw JSON5Error(digestValue, "'sha256' must be 64 hexadecimal digits: printf %s KEY | sha256sum")
        }
        let tenantValue = try object.required("tenant")
        let tenant = try name(tenantValue.text("tenant"), tenantValue)
        var models: [String]?
        if let value = object.members["models"] {
            models = []
            for element in try value.elements("models") { models?.append(try element.text("a model")) }
        }
        return APIKey(
            digest: digest, tenant: tenant, limits: try limits(object.members["limits"]), models: models)
    }

    private static func tenants(_ value: JSON5?) throws(JSON5Error) -> [Tenant] {
        guard let value else { return [] }
        guard case .object(let members) = value.value else {
            throw JSON5Error(value, "'tenants' must be an object of tenants by name, not \(value.kind)")
        }
        var tenants: [Tenant] = []
        for member in members {
            let object = try JSON5Object(member.value, "a tenant", allowed: ["weight", "limits", "cache_quota"])
            tenants.append(
                Tenant(
                    name: try name(member.key, member.value),
                    weight: try object.members["weight"]?.integer("weight", in: Tenant.weights) ?? 1,
                    limits: try limits(object.members["limits"]),
                    cacheQuota: try object.members["cache_quota"]?.share("cache_quota") ?? 0))
        }
        return tenants
    }

    private static func limits(_ value: JSON5?) throws(JSON5Error) -> RateLimits {
        guard let value else { return RateLimits() }
        let object = try JSON5Object(
            value, "limits",
            allowed: [
                "requests_per_minute", "input_tokens_per_minute", "output_tokens_per_minute", "concurrent_requests",
                "kv_share",
            ])
        func count(_ name: String) throws(JSON5Error) -> Int? {
            try object.members[name]?.integer(name, in: 0...TokenBucket.maximumLimit)
        }
        return RateLimits(
            requestsPerMinute: try count("requests_per_minute"),
            inputTokensPerMinute: try count("input_tokens_per_minute"),
            outputTokensPerMinute: try count("output_tokens_per_minute"),
            concurrentRequests: try count("concurrent_requests"),
            cacheShare: try object.members["kv_share"]?.share("kv_share"))
    }

    private static func waitLimits(_ value: JSON5?) throws(JSON5Error) -> WaitLimits {
        var limits = WaitLimits()
        guard let value else { return limits }
        let object = try JSON5Object(value, "queue", allowed: ["count", "count_per_tenant", "milliseconds"])
        func number(_ name: String, _ range: ClosedRange<Int>, _ standard: Int) throws(JSON5Error) -> Int {
            try object.members[name]?.integer(name, in: range) ?? standard
        }
        limits.count = try number("count", 0...100_000, limits.count)
        limits.countPerTenant = try number("count_per_tenant", 0...100_000, min(limits.countPerTenant, limits.count))
        limits.milliseconds = try number("milliseconds", 0...120_000, limits.milliseconds)
        return limits
    }

    /// Names stand in metrics, logs and messages as they are.
    private static func name(_ text: String, _ value: JSON5) throws(JSON5Error) -> String {
        let isPlain = text.utf8.allSatisfy { byte in
            switch byte {
            case UInt8(ascii: "a")...UInt8(ascii: "z"), UInt8(ascii: "A")...UInt8(ascii: "Z"),
                UInt8(ascii: "0")...UInt8(ascii: "9"), UInt8(ascii: "."), UInt8(ascii: "_"), UInt8(ascii: "-"):
                true
            default: false
            }
        }
        guard isPlain, (1...64).contains(text.utf8.count) else {
            throw JSON5Error(value, "a tenant's name is 1 to 64 letters, digits, '.', '_' and '-'")
        }
        return text
    }
}
