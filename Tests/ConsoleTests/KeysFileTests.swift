// KeysFileTests.swift — API keys out of a file, and what is said of a wrong one.

import Base
import Console
import Limiting
import TestSupport
import Testing

@Suite struct `Keys file` {
    private static let digest = "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad"

    private func ring(_ text: String) throws -> KeyRing { try KeysFile.ring(try JSON5.parse(Array(text.utf8))) }

    @Test func `says everything about keys and tenants`() throws {
        let ring = try ring(
            """
            {
              tenants: {
                'a-team': { weight: 3, cache_quota: 0.25, limits: { requests_per_minute: 60, kv_share: 0.5 } },
                idle: {},
              },
              keys: [
                { sha256: '\(Self.digest)', tenant: 'a-team', models: ['tiny'],
                  limits: { input_tokens_per_minute: 1000, output_tokens_per_minute: 500, concurrent_requests: 2 } },
                { sha256: '\(String(repeating: "0", count: 64))', tenant: 'guest' },
              ],
              queue: { count: 10, count_per_tenant: 3, milliseconds: 250 },
              reserved_output_tokens: 77,
            }
            """)
        let key = try #require(ring.key("abc".utf8))
        #expect(key.tenant == "a-team" && key.models == ["tiny"])
        #expect(
            key.limits
                == RateLimits(inputTokensPerMinute: 1000, outputTokensPerMinute: 500, concurrentRequests: 2))
        #expect(
            ring.tenant(of: key)
                == Tenant(
                    name: "a-team", weight: 3, limits: RateLimits(requestsPerMinute: 60, cacheShare: 0.5),
                    cacheQuota: 0.25))
        #expect(ring.tenants.map(\.name) == ["a-team", "idle", "guest"])
        #expect(ring.waitLimits == WaitLimits(count: 10, countPerTenant: 3, milliseconds: 250))
        #expect(ring.outputCap(of: key) == 77)
    }

    @Test func `has an example that works`() throws {
        let ring = try KeysFile.read(TestFiles.root + "/Configs/api-keys.example.json5")
        #expect(ring.key("example-key-1".utf8)?.tenant == "research")
        #expect(ring.key("example-key-2".utf8)?.tenant == "website")
    }

    @Test(arguments: [
        ("[]", "line 1, column 1: the file must be an object, not an array"),
        ("{}", "line 1, column 1: the file needs 'keys'"),
        ("{keys: []}", "line 1, column 1: without a key nobody could ask: add one to 'keys'"),
        ("{keys: [\n  {tenant: 'a'}]}", "line 2, column 3: a key needs 'sha256'"),
        (
            "{keys: [{sha256: 'abc', tenant: 'a'}]}",
            "line 1, column 18: 'sha256' must be 64 hexadecimal digits: printf %s KEY | sha256sum"
        ),
        ("{keys: [{sha256: 'D'}]}", "line 1, column 9: a key needs 'tenant'"),
        (
            "{keys: [{sha256: 'D', tenant: 'two words'}]}",
            "line 1, column 94: a tenant's name is 1 to 64 letters, digits, '.', '_' and '-'"
        ),
        (
            "{keys: [{sha256: 'D', tenant: 'a'}, {sha256: 'D', tenant: 'b'}]}",
            "line 1, column 100: this key occurs twice"
        ),
        (
            "{keys: [{sha256: 'D', tenant: 'a', limit: {}}]}",
            "line 1, column 99: a key has no 'limit'; it may have sha256, tenant, limits, models"
        ),
        (
            "{tenants: {a: {weight: 0}}, keys: []}",
            "line 1, column 24: 'weight' must be a whole number from 1 to 1000"
        ),
        (
            "{tenants: {a: {limits: {requests_per_minute: 1.5}}}, keys: []}",
            "line 1, column 46: 'requests_per_minute' must be a whole number from 0 to 1000000000000"
        ),
        (
            "{tenants: {a: {cache_quota: 0.6}, b: {cache_quota: 0.6}}, keys: [{sha256: 'D', tenant: 'a'}]}",
            "line 1, column 1: the cache quotas of all tenants are more than the whole cache"
        ),
        (
            "{tenants: {a: {limits: {kv_share: 2}}}, keys: []}",
            "line 1, column 35: 'kv_share' must be a number from 0 to 1"
        ),
    ]) func `names the place of what is wrong`(text: String, message: String) throws {
        let error = try #require(throws: JSON5Error.self) {
            try ring(
                String(text.split(separator: "D", omittingEmptySubsequences: false).joined(separator: Self.digest)))
        }
        #expect("\(error)" == message)
    }
}
