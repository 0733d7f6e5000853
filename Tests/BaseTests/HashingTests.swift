// HashingTests.swift — SipHash against its reference vectors.

import Base
import TestSupport
import Testing

@Suite struct `SipHash` {
    /// Key 00 01 … 0f; message i is 00 01 … i-1. From `vectors_sip128` of the reference implementation (CC0).
    private static let vectors: [(length: Int, digest: String)] = [
        (0, "a3817f04ba25a8e66df67214c7550293"), (1, "da87c1d86b99af44347659119b22fc45"),
        (2, "8177228da4a45dc7fca38bdef60affe4"), (3, "9c70b60c5267a94e5f33b6b02985ed51"),
        (4, "f88164c12d9c8faf7d0f6e7c7bcd5579"), (5, "1368875980776f8854527a07690e9627"),
        (6, "14eeca338b208613485ea0308fd7a15e"), (7, "a1f1ebbed8dbc153c0b84aa61ff08239"),
        (8, "3b62a9ba6258f5610f83e264f31497b4"), (9, "264499060ad9baabc47f8b02bb6d71ed"),
        (10, "00110dc378146956c95447d3f3d0fbba"), (11, "0151c568386b6677a2b4dc6f81e5dc18"),
        (12, "d626b266905ef35882634df68532c125"), (13, "9869e247e9c08b10d029934fc4b952f7"),
        (14, "31fcefac66d7de9c7ec7485fe4494902"), (15, "5493e99933b0a8117e08ec0f97cfc3d9"),
        (16, "6ee2a4ca67b054bbfd3315bf85230577"), (17, "473d06e8738db89854c066c47ae47740"),
        (18, "a426e5e423bf4885294da481feaef723"), (20, "9e25fc833f2290733e9344a5e83839eb"),
        (24, "2db479ae78bd50d8882a8a178a6132ad"), (31, "2939b0183223fafc1723de4f52c43d35"),
        (32, "7c3956ca5eeafc3e363e9d556546eb68"), (47, "e61c432b720b19d18ec8d84bdc63151b"),
        (48, "f7e5aef549f782cf379055a608269b16"), (62, "5853542321f567a005d547a4f04759bd"),
        (63, "5150d1772f50834a503e069a973fbd7c"),
    ]
    private let key = SipHashKey(0x0706_0504_0302_0100, 0x0f0e_0d0c_0b0a_0908)

    @Test(arguments: vectors) func `matches the reference vectors`(length: Int, digest: String) {
        var hash = SipHash128(key: key)
        hash.append((0..<length).map { UInt8($0) })
        #expect(hash.finish().description == digest)
    }

    @Test(arguments: [0, 1, 3, 4, 7, 8, 9, 15, 16, 17, 64]) func `hashes tokens as their little-endian bytes`(
        count: Int
    ) {
        let tokens = (0..<count).map { TokenID(Int32(truncatingIfNeeded: $0 &* 0x1234_5677 &- 5)) }
        var bytewise = SipHash128(key: key)
        bytewise.append(
            tokens.flatMap { token in (0..<4).map { UInt8(truncatingIfNeeded: token.rawValue >> ($0 * 8)) } })
        var whole = SipHash128(key: key)
        whole.append(tokens)
        var slice = SipHash128(key: key)
        slice.append(([7] + tokens + [9])[1..<count + 1])
        #expect(whole.finish() == bytewise.finish())
        #expect(slice.finish() == bytewise.finish())
    }

    @Test func `pieces of any size hash as their bytes in a row`() {
        var random = SeededGenerator(seed: 5)
        for _ in 0..<2_000 {
            var bytes: [UInt8] = []
            var hash = SipHash128(key: key)
            func add(_ value: UInt64, _ count: Int) {
                bytes += (0..<count).map { UInt8(truncatingIfNeeded: value >> (UInt64($0) * 8)) }
            }
            for _ in 0..<Int.random(in: 0...12, using: &random) {
                let value = UInt64.random(in: 0 ... .max, using: &random)
                switch Int.random(in: 0...3, using: &random) {
                case 0:
                    hash.append(value)
                    add(value, 8)
                case 1:
                    hash.append(Int32(truncatingIfNeeded: value))
                    add(value, 4)
                case 2:
                    hash.append([UInt8(truncatingIfNeeded: value)])
                    add(value, 1)
                default:
                    hash.append(Hash128(low: value, high: ~value))
                    add(value, 8)
                    add(~value, 8)
                }
            }
            var whole = SipHash128(key: key)
            whole.append(bytes)
            #expect(hash.finish() == whole.finish())
        }
    }

    @Test func `finishing does not disturb the state, and copies branch`() {
        var hash = SipHash128(key: key)
        hash.append([1, 2, 3] as [UInt8])
        let first = hash.finish()
        #expect(hash.finish() == first)
        var branch = hash
        branch.append([4] as [UInt8])
        #expect(branch.finish() != first)
        #expect(hash.finish() == first)
    }

    @Test func `another key gives another hash`() {
        #expect(SipHash128(key: key).finish() != SipHash128(key: SipHashKey(key.k0, key.k1 ^ 1)).finish())
        #expect(SipHashKey.random() != SipHashKey.random())
    }
}
