import Limiting
import Testing

@Suite struct `API keys` {
    @Test func `are known by their SHA-256 only`() {
        // FIPS 180-2, appendix B.1.
        let digest = KeyDigest(hexadecimal: "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad")
        #expect(digest == KeyDigest(of: "abc".utf8))
        #expect(digest?.shortName == "ba7816bf")
        #expect(KeyDigest(hexadecimal: "BA7816BF8F01CFEA414140DE5DAE2223B00361A396177A9CB410FF61F20015AD") == digest)
        #expect(KeyDigest(hexadecimal: "ba78") == nil)
        #expect(KeyDigest(hexadecimal: String(repeating: "g", count: 64)) == nil)
    }

    @Test func `are found whatever their place, and nothing else is`() {
        let ring = KeyRing(
            keys: ["one", "two", "three"].map { APIKey(digest: KeyDigest(of: $0.utf8), tenant: "team") },
            tenants: [Tenant(name: "team")])
        for secret in ["one", "two", "three"] {
            #expect(ring.key(secret.utf8)?.digest == KeyDigest(of: secret.utf8))
        }
        for secret in ["", "on", "onee", "ONE", "four"] { #expect(ring.key(secret.utf8) == nil) }
    }

    @Test func `reserve at first no more output than their smallest bucket`() {
        let key = APIKey(
            digest: KeyDigest(of: "one".utf8), tenant: "team", limits: RateLimits(outputTokensPerMinute: 500))
        let ring = KeyRing(
            keys: [key], tenants: [Tenant(name: "team", limits: RateLimits(outputTokensPerMinute: 300))])
        #expect(ring.outputCap(of: key) == 300)
        let modest = KeyRing(keys: ring.keys, tenants: ring.tenants, reservedOutputTokens: 100)
        #expect(modest.outputCap(of: key) == 100)
    }
}
