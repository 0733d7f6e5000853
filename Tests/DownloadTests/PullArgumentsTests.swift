// PullArgumentsTests.swift — what the user names: repositories, endpoints, tokens.
// Everything that comes over the network is tried end to end, against a hub in Python (Tests/EndToEnd).

import Download
import Testing

@Suite struct `Repository names` {
    @Test(arguments: ["maker/model", "a/b", "Maker_1/Model-2.5.B", "x/y..z"]) func `are an owner and a name`(
        text: String
    ) throws {
        let repository = try Repository(text)
        #expect(repository.id == text)
        #expect(repository.name == text.split(separator: "/")[1])
        #expect(repository.revision == "main")
    }

    @Test(arguments: [
        "", "/", "model", "a/b/c", "../model", "maker/..", "./x", "maker/.git", "ma ker/x", "maker/x?y", "maker/é",
        "a/b\n",
        "a/" + String(repeating: "x", count: 97),
    ]) func `are nothing else`(text: String) {
        #expect(throws: DownloadError.invalidRepository(text)) { try Repository(text) }
    }

    @Test(arguments: ["", "../..", "a//b", "/x", "-x", "a\u{0}b"]) func `come with a revision that is a plain path`(
        text: String
    ) throws {
        #expect(throws: DownloadError.invalidRevision(text)) { try Repository("a/b", revision: text) }
        #expect(try Repository("a/b", revision: "refs/pr/1").revision == "refs/pr/1")
    }
}

@Suite struct `Byte counts` {
    @Test(arguments: [
        (0, "0 B"), (999, "999 B"), (1000, "1.00 kB"), (1234, "1.23 kB"), (9_999, "9.99 kB"), (10_000, "10.0 kB"),
        (99_999, "99.9 kB"), (999_999, "999 kB"), (1_000_000, "1.00 MB"), (4_405_000_000, "4.40 GB"),
        (Int.max, "9.22 EB"),
    ]) func `have three digits and are rounded down`(count: Int, text: String) {
        #expect(ByteText.text(count) == text)
    }
}

@Suite struct `Endpoints` {
    @Test(arguments: ["http://127.0.0.1:8080", "https://example.org/mirror/", "HTTPS://EXAMPLE.ORG"])
    func `are web addresses`(
        text: String
    ) throws {
        _ = try ModelDownload(Repository("a/b"), to: "unused", endpoint: text)
    }

    @Test(arguments: [
        "", "example.org", "ftp://example.org", "file:///", "http://", "http://h/?x", "http://u:p@h", "http://h/#x",
        "http://a b",
    ])
    func `are nothing else`(text: String) {
        #expect(throws: DownloadError.self) { try ModelDownload(Repository("a/b"), to: "unused", endpoint: text) }
    }

    @Test func `a token with a line break is refused before anything is sent`() {
        #expect(throws: DownloadError.self) {
            try ModelDownload(Repository("a/b"), to: "unused", endpoint: "http://h", token: "x\r\nHost: y")
        }
    }
}
