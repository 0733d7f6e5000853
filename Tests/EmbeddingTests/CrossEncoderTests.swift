import Base
import Embedding
import Kernels
import TestSupport
import Testing
import Transformer

@Suite struct `Cross-encoder` {
    private static let path = TestFiles.fixture("encoder/bert-pairs")
    private let pool = ThreadPool(threadCount: 1)

    @Test func `a pair gets the reference's ids, types and score, whichever text is cut`() throws {
        try compare(CrossEncoder(folder: Self.path, pool: pool), Self.path)
    }

    @Test func `layers and a head for an encoder give the reference's scores, and leave the encoder alone`() throws {
        let path = TestFiles.fixture("encoder/bert-changed-pairs")
        let base = try EncoderEmbedder(folder: TestFiles.fixture("encoder/bert-mean-f32"), pool: pool)
        let before = try base.embed(["what is a cache"])
        try compare(CrossEncoder(changing: base, by: path), path)
        #expect(try base.embed(["what is a cache"]) == before)
    }

    /// Ids, types and scores of a fixture's pairs.
    private func compare(_ encoder: CrossEncoder, _ path: String) throws {
        let cases = try JSON.parse(try TestFiles.bytes(path + "/expected.json")).elements.map { $0 }
        #expect(!cases.isEmpty)
        for entry in cases {
            let (first, second) = (entry["first"]!.string!, entry["second"]!.string!)
            let framed = encoder.framing.frame(first, second)
            #expect(framed.input.tokens.map(\.index) == entry["ids"]!.elements.map { $0.integer! })
            let types = entry["types"]!.elements.map { $0.integer! }
            #expect(framed.input.secondStart == types.firstIndex(of: 1))
            let score = encoder.scores(first, [second])[0]
            #expect(abs(score - Float(entry["logits"]!.elements.map { $0.double! }[0])) < 3e-6)
        }
    }

    @Test func `scores do not depend on the passages beside`() throws {
        let encoder = try CrossEncoder(folder: Self.path, pool: pool)
        let passages = (0..<40).map { "passage \($0): " + String(repeating: "keys and values ", count: $0) }
        let together = encoder.scores("what is a cache", passages)
        #expect(together.count == passages.count)
        for index in [0, 7, 39] { #expect(encoder.scores("what is a cache", [passages[index]])[0] == together[index]) }
        #expect(encoder.scores("what is a cache", []).isEmpty)
    }

    @Test func `a model without a head is refused`() {
        #expect {
            try CrossEncoder(folder: TestFiles.fixture("encoder/bert-mean-f32"), pool: pool)
        } throws: {
            "\($0)".contains("it has no classification head")
        }
    }

    /// A folder of layers, and what the message about it must say.
    static let refusals = [
        ("bert-changed", "it has no classification head"), ("bert-pairs", "pooler.dense.weight is missing"),
        ("", "no model.safetensors"),
    ]

    @Test(arguments: refusals) func `parts that do not make a cross-encoder of the encoder are refused in one line`(
        folder: String, says: String
    ) throws {
        let base = try EncoderEmbedder(folder: TestFiles.fixture("encoder/bert-mean-f32"), pool: pool)
        #expect {
            try CrossEncoder(changing: base, by: TestFiles.fixture("encoder/" + folder))
        } throws: {
            "\($0)".contains(says) && !"\($0)".contains("\n")
        }
    }
}
