// ContentDigest.swift — the checksum of a file, byte by byte as it arrives.
// Download.  SHA-256 and SHA-1 by OpenSSL's libcrypto.

import CLibCrypto

/// An unfinished checksum. Owns the library's state.
package struct ContentDigest: ~Copyable {
    private let context: OpaquePointer

    /// - Parameters:
    ///   - kind: which checksum; its digits are not looked at.
    ///   - size: of the whole file; Git hashes it first.
    package init(_ kind: Checksum, size: Int) {
        guard let context = EVP_MD_CTX_new() else { preconditionFailure("out of memory") }
        self.context = context
        switch kind {
        case .sha256: precondition(EVP_DigestInit_ex(context, EVP_sha256(), nil) == 1)
        case .gitBlob:
            precondition(EVP_DigestInit_ex(context, EVP_sha1(), nil) == 1)
            append(Array("blob \(size)\0".utf8))
        }
    }

    deinit { EVP_MD_CTX_free(context) }

    package mutating func append(_ bytes: UnsafeRawBufferPointer) {
        precondition(EVP_DigestUpdate(context, bytes.baseAddress, bytes.count) == 1)
    }

    package mutating func append(_ bytes: [UInt8]) { bytes.withUnsafeBytes { append($0) } }

    /// The checksum of everything appended, in hexadecimal digits. Nothing may be appended after it.
    package mutating func finish() -> String {
        var bytes = [UInt8](repeating: 0, count: Int(EVP_MAX_MD_SIZE))
        var count: UInt32 = 0
        precondition(EVP_DigestFinal_ex(context, &bytes, &count) == 1)
        let digits = Array("0123456789abcdef".utf8)
        return String(
            decoding: bytes[..<Int(count)].flatMap { [digits[Int($0 >> 4)], digits[Int($0 & 15)]] }, as: UTF8.self)
    }
}
