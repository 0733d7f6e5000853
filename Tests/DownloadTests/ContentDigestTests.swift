// ContentDigestTests.swift — checksums against published examples.

import Download
import Testing

@Suite struct `Checksums` {
    /// FIPS 180-4's examples; `git hash-object` of the same bytes.
    @Test(arguments: [
        (
            "", "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855",
            "e69de29bb2d1d6434b8b29ae775ad8c2e48c5391"
        ),
        (
            "abc", "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad",
            "f2ba8f84ab5c1bce84a7b441cb1959cfc7093b7f"
        ),
    ]) func `match known ones, in pieces too`(text: String, sha256: String, gitBlob: String) {
        for (kind, expected) in [(Checksum.sha256(""), sha256), (.gitBlob(""), gitBlob)] {
            var digest = ContentDigest(kind, size: text.utf8.count)
            for byte in text.utf8 { digest.append([byte]) }
            let found = digest.finish()
            #expect(found == expected)
        }
    }
}
