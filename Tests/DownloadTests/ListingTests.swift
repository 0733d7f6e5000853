// ListingTests.swift — the hub's list of files, and what is chosen from it.

import Download
import TestSupport
import Testing

private let sha1 = String(repeating: "1", count: 40)
private let sha256 = String(repeating: "2", count: 64)

private let page = """
    [{"type":"directory","oid":"\(sha1)","size":0,"path":"onnx"},
     {"type":"file","oid":"\(sha1)","size":613,"path":"config.json"},
     {"type":"file","oid":"\(sha1)","size":99,"lfs":{"oid":"\(sha256)","size":4096,"pointerSize":134},"path":"model.safetensors"}]
    """

@Suite struct `A hub's list of files` {
    @Test func `names large files by what they hold, small ones by Git's name`() throws {
        let files = try RepositoryListing.parse(Array(page.utf8), url: "u")
        #expect(
            files == [
                RemoteFile(path: "config.json", size: 613, checksum: .gitBlob(sha1)),
                RemoteFile(path: "model.safetensors", size: 4096, checksum: .sha256(sha256)),
            ])
    }

    @Test func `does not trap when it is damaged`() {
        var random = SeededGenerator(seed: 11)
        let words = ["null", "-1", "1e99", "[]", "{}", "\"\"", "\"..\"", "\"type\"", "9223372036854775807", ","]
        var refusedCount = 0
        for _ in 0..<5_000 {
            var bytes = Array(page.utf8)
            for _ in 0..<Int.random(in: 1...3, using: &random) {
                let position = Int.random(in: 0..<bytes.count, using: &random)
                let end = min(bytes.count, position + Int.random(in: 0...12, using: &random))
                bytes.replaceSubrange(position..<end, with: Array(words.randomElement(using: &random)!.utf8))
            }
            do throws(DownloadError) {
                for file in try RepositoryListing.parse(bytes, url: "u") {
                    #expect(RemotePath.isSafe(file.path) && file.size >= 0 && file.size <= 1 << 42)
                }
            } catch {
                refusedCount += 1
                #expect(!error.description.contains("\n"))
            }
        }
        #expect(refusedCount > 1_000)
    }
}

@Suite struct `File names from a server` {
    @Test(arguments: ["a", "a/b/c.json", "..a", "a..", ".gitattributes", "é/漢.gguf", "a b"])
    func `may be relative paths`(
        name: String
    ) {
        #expect(RemotePath.isSafe(name))
    }

    @Test(arguments: [
        "", ".", "..", "/", "/a", "a/", "a//b", "../a", "a/..", "a/../b", "./a", "a\\b", "a\nb", "a\0b", "\u{7f}",
        "\u{9b}2J",
    ]) func `may not lead elsewhere or hide anything`(name: String) {
        #expect(!RemotePath.isSafe(name))
    }

    @Test func `are percent-encoded byte by byte`() {
        #expect(RemotePath.percentEncoded("a/b ü?.x", keepingSlashes: true) == "a/b%20%C3%BC%3F.x")
        #expect(RemotePath.percentEncoded("refs/pr/1~-_", keepingSlashes: false) == "refs%2Fpr%2F1~-_")
    }
}

@Suite struct `A choice of files` {
    private func files(_ names: String...) -> [RemoteFile] {
        names.map { RemoteFile(path: $0, size: 1, checksum: .gitBlob(sha1)) }
    }

    private func choice(_ names: String...) throws -> [String] {
        let files = names.map { RemoteFile(path: $0, size: 1, checksum: .gitBlob(sha1)) }
        return try ModelSelection.choose(files, repository: Repository("a/b")).map(\.path)
    }

    @Test func `is what a model needs, weights last`() throws {
        #expect(
            try choice(
                "model-00001-of-00002.safetensors", "README.md", "config.json", "model-00002-of-00002.safetensors",
                "model.safetensors.index.json", "onnx/model.safetensors", "tokenizer.json", "model.bin")
                == [
                    "config.json", "model.safetensors.index.json", "tokenizer.json", "model-00001-of-00002.safetensors",
                    "model-00002-of-00002.safetensors",
                ])
    }

    @Test func `takes the template for tools, which lies in a folder`() throws {
        #expect(
            try choice(
                "chat_template.jinja", "additional_chat_templates/tool_use.jinja", "docs/a.jinja", "model.safetensors")
                == ["chat_template.jinja", "additional_chat_templates/tool_use.jinja", "model.safetensors"])
    }

    @Test func `leaves out the maker's own copy of the weights`() throws {
        #expect(try choice("consolidated.safetensors", "model.safetensors") == ["model.safetensors"])
        #expect(try choice("weights.safetensors") == ["weights.safetensors"])
    }

    @Test func `of a repository without safetensors names what could be taken`() throws {
        let error = #expect(throws: DownloadError.self) { try choice("q4.gguf", "config.json") }
        #expect(error?.description.contains("--file: q4.gguf") == true)
    }

    @Test func `by name takes exactly that file`() throws {
        let repository = try Repository("a/b")
        let listed = files("x.gguf", "caf\u{e9}.gguf")
        #expect(try ModelSelection.choose("x.gguf", among: listed, repository: repository).path == "x.gguf")
        // Canonically equal, and another file all the same.
        #expect(throws: DownloadError.self) {
            try ModelSelection.choose("cafe\u{301}.gguf", among: listed, repository: repository)
        }
    }
}
