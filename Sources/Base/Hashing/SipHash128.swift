// SipHash128.swift — a keyed hash that strangers cannot steer.
// Base › Hashing.  SipHash-2-4 with 128 bits of output: Aumasson and Bernstein, "SipHash: a fast short-input PRF", 2012.
// The prefix cache identifies blocks by it: with a secret key, nobody can construct two prompts that collide.

/// The secret key of a hash. Equal keys give equal hashes, in any process.
package struct SipHashKey: Hashable, Sendable {
    package let k0: UInt64
    package let k1: UInt64

    package init(_ k0: UInt64, _ k1: UInt64) {
        self.k0 = k0
        self.k1 = k1
    }

    /// Drawn from the system's generator.
    package static func random() -> SipHashKey { SipHashKey(.random(in: 0 ... .max), .random(in: 0 ... .max)) }
}

/// 128 bits of hash.
package struct Hash128: Hashable, Sendable, CustomStringConvertible {
    package let low: UInt64
    package let high: UInt64

    package init(low: UInt64, high: UInt64) {
        self.low = low
        self.high = high
    }

    /// One half is enough for a table: the bits are already mixed, and `==` compares both.
    package func hash(into hasher: inout Hasher) { hasher.combine(low) }

    /// The bytes in the reference implementation's order, as 32 hexadecimal digits.
    package var description: String {
        [low, high].map { half in
            let digits = String(half.byteSwapped, radix: 16)
            return String(repeating: "0", count: 16 - digits.utf8.count) + digits
        }.joined()
    }
}

/// Incremental SipHash-2-4-128. What is appended is hashed as its little-endian bytes, one after another: appending a
/// `UInt64` equals appending its eight bytes. A value type: copy it to branch. Never allocates.
///
///     var hash = SipHash128(key: secret)
///     hash.append(parent)
///     hash.append(tokens[0..<16])
///     let identity = hash.finish()
package struct SipHash128: Sendable {
    private var v0: UInt64
    private var v1: UInt64
    private var v2: UInt64
    private var v3: UInt64
    /// Bytes not yet compressed, least significant first; the rest of the word is zero.
    private var pending: UInt64 = 0
    /// How many bytes came in altogether; its low three bits say how many are pending.
    private var byteCount = 0

    package init(key: SipHashKey) {
        v0 = key.k0 ^ 0x736f_6d65_7073_6575
        // 0xee here and below is what sets the 128-bit variant apart.
        v1 = key.k1 ^ 0x646f_7261_6e64_6f6d ^ 0xee
        v2 = key.k0 ^ 0x6c79_6765_6e65_7261
        v3 = key.k1 ^ 0x7465_6462_7974_6573
    }

    package mutating func append(_ value: UInt64) { append(value, byteCount: 8) }

    package mutating func append(_ value: Int32) { append(UInt64(UInt32(bitPattern: value)), byteCount: 4) }

    package mutating func append(_ hash: Hash128) {
        append(hash.low)
        append(hash.high)
    }

    package mutating func append(_ bytes: [UInt8]) {
        for byte in bytes { append(UInt64(byte), byteCount: 1) }
    }

    /// Four bytes a token. An array and its slices give the same hash for the same tokens.
    package mutating func append(_ tokens: ArraySlice<TokenID>) {
        let span = tokens.span
        for index in span.indices { append(span[index].rawValue) }
    }

    package mutating func append(_ tokens: [TokenID]) { append(tokens[...]) }

    /// The hash of everything appended so far; the state is not changed.
    package func finish() -> Hash128 {
        var state = self
        state.compress(pending | UInt64(truncatingIfNeeded: byteCount) << 56)
        state.v2 ^= 0xee
        for _ in 0..<4 { state.round() }
        let low = state.v0 ^ state.v1 ^ state.v2 ^ state.v3
        state.v1 ^= 0xdd
        for _ in 0..<4 { state.round() }
        return Hash128(low: low, high: state.v0 ^ state.v1 ^ state.v2 ^ state.v3)
    }

    /// - Precondition: `value` has no bits above its `byteCount` bytes.
    private mutating func append(_ value: UInt64, byteCount count: Int) {
        let held = byteCount & 7
        pending |= value << UInt64(held * 8)
        if held + count >= 8 {
            compress(pending)
            // Swift shifts by 64 give zero: nothing is left over when the word was filled exactly.
            pending = value >> UInt64((8 - held) * 8)
        }
        byteCount &+= count
    }

    private mutating func compress(_ word: UInt64) {
        v3 ^= word
        round()
        round()
        v0 ^= word
    }

    @inline(__always)
    private mutating func round() {
        v0 &+= v1
        v2 &+= v3
        v1 = rotate(v1, 13) ^ v0
        v3 = rotate(v3, 16) ^ v2
        v0 = rotate(v0, 32)
        v2 &+= v1
        v0 &+= v3
        v1 = rotate(v1, 17) ^ v2
        v3 = rotate(v3, 21) ^ v0
        v2 = rotate(v2, 32)
    }

    @inline(__always)
    private func rotate(_ word: UInt64, _ count: UInt64) -> UInt64 { word << count | word >> (64 - count) }
}
