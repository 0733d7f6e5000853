import Base
import Embedding
import Kernels
import TestSupport
import Testing
import Transformer

@Suite struct `Encoder embedder` {
    private let pool = ThreadPool(threadCount: 1)

    @Test(arguments: ["bert-mean-f32", "bert-first-bf16"])
    func `texts get the reference's ids, cut and vector`(folder: String) throws {
        let embedder = try EncoderEmbedder(folder: TestFiles.fixture("encoder/" + folder), pool: pool)
        #expect(embedder.name == folder)
        #expect(embedder.framing.maximumTokenCount == 64)
        #expect(embedder.warnings.isEmpty)
        let cases = try ExpectedVector.read(folder + "/expected.json")
        #expect(cases.contains { $0.wholeTokenCount > 64 })
        for expected in cases {
            let framed = embedder.framing.frame(expected.text)
            #expect(framed.input.tokens == expected.ids)
            #expect(framed.wholeTokenCount == expected.wholeTokenCount)
            #expect(framed.isCut == (expected.wholeTokenCount > 64))
            #expect(embedder.tokenCount(expected.text) == expected.wholeTokenCount - 2)
        }
        let vectors = try embedder.embed(cases.map(\.text))
        for (vector, expected) in zip(vectors, cases) {
            #expect(vector.count == embedder.dimension)
            #expect(cosine(vector, expected.vector) > 0.999999)
            #expect(zip(vector, expected.vector).allSatisfy { abs($0 - $1) < 3e-6 })
        }
    }

    @Test func `a long list comes back in order and as if each text were alone`() throws {
        let embedder = try EncoderEmbedder(folder: TestFiles.fixture("encoder/bert-mean-f32"), pool: pool)
        let texts = (0..<120).map { "block \($0) of " + String(repeating: "tokens ", count: $0 % 37) }
        let together = try embedder.embed(texts)
        #expect(together.count == texts.count)
        for index in stride(from: 0, to: texts.count, by: 17) {
            #expect(try embedder.embed([texts[index]])[0] == together[index])
        }
        #expect(try embedder.embed([String]()).isEmpty)
    }

    @Test func `threads that call at once get their own vectors`() async throws {
        let embedder = try EncoderEmbedder(
            folder: TestFiles.fixture("encoder/bert-mean-f32"), pool: ThreadPool(threadCount: 2))
        let texts = (0..<24).map { "request \($0)" }
        let alone = try texts.map { try embedder.embed([$0])[0] }
        let found = try await withThrowingTaskGroup(of: (Int, [Float]).self) { group in
            for (index, text) in texts.enumerated() {
                group.addTask { (index, try embedder.embed([text, "beside it"])[0]) }
            }
            return try await group.reduce(into: [Int: [Float]]()) { $0[$1.0] = $1.1 }
        }
        for index in texts.indices { #expect(found[index] == alone[index]) }
    }

    @Test func `token ids from outside are checked before they are looked up`() throws {
        let framing = try EncoderEmbedder(folder: TestFiles.fixture("encoder/bert-mean-f32"), pool: pool).framing
        #expect(try framing.frame(tokens: [2, 50, 3]).input == EncoderInput([2, 50, 3]))
        #expect(throws: FramingError.empty) { try framing.frame(tokens: []) }
        #expect(throws: FramingError.tooLong(count: 65, maximum: 64)) {
            try framing.frame(tokens: [TokenID](repeating: 5, count: 65))
        }
        for token: TokenID in [-1, 200, 2_000_000_000] {
            #expect(throws: FramingError.tokenOutOfRange(token, vocabularySize: 200)) {
                try framing.frame(tokens: [2, token])
            }
        }
    }

    /// A file of the folder, what it is changed to, and what the message must say.
    static let refusals: [(file: String, text: String, says: String)] = [
        (
            "modules.json", #"[{"type": "sentence_transformers.models.Dense"}]"#,
            "the steps Transformer, Pooling and Normalize"
        ),
        ("modules.json", "[", "not valid JSON"),
        ("1_Pooling/config.json", #"{"pooling_mode_max_tokens": true}"#, "max_tokens; this version runs mean_tokens"),
        (
            "1_Pooling/config.json", #"{"pooling_mode_max_tokens": true, "pooling_mode_mean_tokens": true}"#,
            "max_tokens and mean_tokens"
        ),
        ("1_Pooling/config.json", #"{"pooling_mode": "lasttoken"}"#, "'pooling_mode' is lasttoken"),
        ("sentence_bert_config.json", #"{"max_seq_length": 2}"#, "is no number of at least 3"),
        ("sentence_bert_config.json", #"{"max_seq_length": "many"}"#, "is no number of at least 3"),
    ]

    @Test(arguments: refusals.indices) func `a folder that asks for other steps is refused by name`(index: Int) throws {
        let refusal = Self.refusals[index]
        let folder = try EncoderFolder(copying: "bert-mean-f32")
        try folder.write(refusal.file, refusal.text)
        #expect {
            try EncoderEmbedder(folder: folder.path, pool: pool)
        } throws: {
            "\($0)".contains(refusal.says)
        }
    }

    @Test func `the fingerprint changes with what changes vectors`() throws {
        let folder = try EncoderFolder(copying: "bert-mean-f32")
        let original = try EncoderEmbedder(folder: folder.path, pool: pool).fingerprint
        let committed = try EncoderEmbedder(folder: TestFiles.fixture("encoder/bert-mean-f32"), pool: pool)
        #expect(original == committed.fingerprint)
        #expect(original.utf8.count == 32)
        var seen: Set = [original]
        try folder.write("sentence_bert_config.json", #"{"max_seq_length": 32}"#)
        seen.insert(try EncoderEmbedder(folder: folder.path, pool: pool).fingerprint)
        try folder.write("1_Pooling/config.json", #"{"pooling_mode_cls_token": true}"#)
        seen.insert(try EncoderEmbedder(folder: folder.path, pool: pool).fingerprint)
        #expect(seen.count == 3)
    }

    @Test func `a tokenizer of another model is refused`() throws {
        let folder = try EncoderFolder(copying: "bert-mean-f32")
        let bytes = try TestFiles.bytes(TestFiles.root + "/Models/swiftlet-5m/tokenizer.json")
        try folder.write("tokenizer.json", String(decoding: bytes, as: UTF8.self))
        #expect {
            try EncoderEmbedder(folder: folder.path, pool: pool)
        } throws: {
            "\($0)".contains("the model only 200")
        }
    }
}
