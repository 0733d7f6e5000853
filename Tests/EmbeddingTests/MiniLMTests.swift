import Base
import Embedding
import Kernels
import Retrieval
import TestSupport
import Testing
import Tokenization
import Transformer

/// The real model, against `tokenizers` and transformers; Tests/Fixtures/encoder.
@Suite(.enabled(if: MiniLM.isThere, MiniLM.reason)) struct `all-MiniLM-L6-v2` {
    @Test func `hello world`() throws {
        let embedder = try EncoderEmbedder(folder: MiniLM.path, pool: ThreadPool(threadCount: 1))
        let vector = try embedder.embed(["hello world"])[0]
        for (found, expected) in zip(vector, [-0.03447721, 0.03102321, 0.00673498, 0.02610898] as [Float]) {
            #expect(abs(found - expected) < 5e-7)
        }
        #expect(embedder.dimension == 384)
        #expect(embedder.warnings.isEmpty)
    }

    @Test(arguments: KernelSet.available)
    func `vectors are transformers' vectors`(kernels: KernelSet) throws {
        let embedder = try EncoderEmbedder(
            folder: MiniLM.path, pool: ThreadPool(threadCount: 2, kernels: kernels))
        let cases = try ExpectedVector.read("minilm.json")
        #expect(cases.contains { $0.wholeTokenCount > 256 })
        for (vector, expected) in zip(try embedder.embed(cases.map(\.text)), cases) {
            #expect(cosine(vector, expected.vector) >= 0.9999)
            #expect(zip(vector, expected.vector).allSatisfy { abs($0 - $1) < 2e-6 }, "\(expected.text)")
        }
    }

    @Test(arguments: KernelSet.available)
    func `in 8 bits vectors are near transformers' vectors`(kernels: KernelSet) throws {
        let embedder = try EncoderEmbedder(
            folder: MiniLM.path, precision: .int8, pool: ThreadPool(threadCount: 2, kernels: kernels))
        let cases = try ExpectedVector.read("minilm.json")
        let cosines = zip(try embedder.embed(cases.map(\.text)), cases).map { cosine($0, $1.vector) }
        #expect(cosines.allSatisfy { $0 >= 0.998 })
        #expect(cosines.reduce(0, +) / Double(cosines.count) >= 0.9993)
    }

    @Test(arguments: KernelSet.available)
    func `the encoder of questions has transformers' vectors, and leaves those of all-MiniLM-L6-v2 alone`(
        kernels: KernelSet
    ) throws {
        let base = try EncoderEmbedder(folder: MiniLM.path, pool: ThreadPool(threadCount: 2, kernels: kernels))
        let questions = try EncoderEmbedder(changing: base, by: MiniLM.path + "-questions")
        #expect(questions.warnings.isEmpty && questions.dimension == 384)
        #expect(questions.fingerprint != base.fingerprint)
        let cases = try ExpectedVector.read("minilm-questions.json")
        for (vector, expected) in zip(try questions.embed(cases.map(\.text)), cases) {
            #expect(zip(vector, expected.vector).allSatisfy { abs($0 - $1) < 2e-6 }, "\(expected.text)")
        }
        let plain = try ExpectedVector.read("minilm.json")[0]
        #expect(zip(try base.embed([plain.text])[0], plain.vector).allSatisfy { abs($0 - $1) < 2e-6 })
    }

    @Test func `the vectors that come with the notes are the encoder's`() throws {
        let corpus = TestFiles.root + "/Sources/Explainer/Corpus"
        let base = try EncoderEmbedder(folder: MiniLM.path, precision: .int8, pool: ThreadPool(threadCount: 2))
        let questions = try EncoderEmbedder(changing: base, by: MiniLM.path + "-questions")
        let known = try #require(try KnownVectors(ifThereAt: corpus + "/all-MiniLM-L6-v2-questions.vectors"))
        #expect(known.fingerprint == questions.fingerprint)
        let lines = String(decoding: try TestFiles.bytes(corpus + "/other-questions.txt"), as: UTF8.self)
            .split(separator: "\n").filter { !"#[".contains($0.first!) }.map { String($0) }
        let drawn = stride(from: 0, to: lines.count, by: 40).map { lines[$0] }
        #expect(drawn.count > 100)
        for (text, vector) in zip(drawn, try questions.embed(drawn)) {
            #expect(try cosine(#require(known[text]), vector) >= 0.998, "\(text)")
        }
        let sections = try #require(try KnownVectors(ifThereAt: corpus + "/all-MiniLM-L6-v2.vectors"))
        #expect(sections.fingerprint == base.fingerprint)
    }

    @Test func `word pieces of 1,000 texts in many scripts are the reference's`() throws {
        let tokenizer = try Tokenizer.load(huggingFaceFolder: MiniLM.path)
        let lines = try TestFiles.bytes(TestFiles.fixture("encoder/wordpieces.jsonl")).split(
            separator: UInt8(ascii: "\n"))
        #expect(lines.count == 1000)
        for line in lines {
            let entry = try JSON.parse(Array(line))
            let text = try #require(entry["text"]?.utf8)
            let ids = tokenizer.encode(text, addSpecialTokens: true, parseSpecialTokens: true)
            #expect(
                ids.map(\.index) == entry["ids"]?.elements.compactMap(\.integer),
                "\(String(decoding: text, as: UTF8.self))")
        }
    }
}
