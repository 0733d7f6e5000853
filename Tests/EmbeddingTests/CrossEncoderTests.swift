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
        let encoder = try CrossEncoder(folder: Self.path, pool: pool)
        let cases = try JSON.parse(try TestFiles.bytes(Self.path + "/expected.json")).elements.map { $0 }
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
}
