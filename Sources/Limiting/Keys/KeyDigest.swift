// KeyDigest.swift — an API key as the server knows it: only its SHA-256.
// Limiting › Keys.  Keys are long random strings, so a plain hash is enough: there is no dictionary to try.

import CLibCrypto

/// 32 bytes.
package struct KeyDigest: Hashable, Sendable {
    private let bytes: [UInt8]

    /// The digest of a key that a client sent.
    package init(of key: some Sequence<UInt8>) {
        let key = Array(key)
        var digest = [UInt8](repeating: 0, count: 32)
        var count: UInt32 = 0
        precondition(EVP_Digest(key, key.count, &digest, &count, EVP_sha256(), nil) == 1 && count == 32)
        bytes = digest
    }

    /// From 64 hexadecimal digits; nil for anything else.
    package init?(hexadecimal text: String) {
        let digits = text.utf8.map { Character(Unicode.Scalar($0)).hexDigitValue }
        guard digits.count == 64 else { return nil }
        var bytes: [UInt8] = []
        for index in stride(from: 0, to: 64, by: 2) {
            guard let high = digits[index], let low = digits[index + 1] else { return nil }
            bytes.append(UInt8(high << 4 | low))
        }
        self.bytes = bytes
    }

    /// Compares all 32 bytes, whatever they are: the time it takes tells nothing about where two digests differ.
    package func matches(_ other: KeyDigest) -> Bool { CRYPTO_memcmp(bytes, other.bytes, 32) == 0 }

    /// The first digits, enough to tell keys apart in a log.
    package var shortName: String {
        bytes.prefix(4).map { String($0 >> 4, radix: 16) + String($0 & 15, radix: 16) }.joined()
    }
}
