import Base
import Checkpoint
import Kernels
import TestSupport
import Testing
import Transformer

/// Against vectors that Hugging Face transformers computed; Tests/Fixtures/encoder/make_bert_fixtures.py.
@Suite struct `Encoder` {
    static let folders: [(name: String, pooling: Pooling)] = [
        ("bert-mean-f32", .mean), ("bert-first-bf16", .firstToken),
    ]

    @Test(arguments: folders.map(\.name), KernelSet.available)
    func `a text's vector is the reference's`(folder: String, kernels: KernelSet) throws {
        let path = TestFiles.fixture("encoder/" + folder)
        let pooling = try #require(Self.folders.first { $0.name == folder }).pooling
        let model = try EncoderModel(path: path, pool: ThreadPool(threadCount: 2, kernels: kernels))
        #expect(model.unusedTensorNames.isEmpty)
        #expect(model.labelCount == nil)
        for (input, expected) in try Self.expected(path) {
            let vector = model.embed([input], pooling: pooling)[0]
            let cosine = zip(vector, expected).reduce(0.0) { $0 + Double($1.0) * Double($1.1) }
            #expect(cosine > 0.999999)
            #expect(zip(vector, expected).allSatisfy { abs($0 - $1) < 3e-6 }, "\(input.tokens.count) tokens")
        }
    }

    @Test(arguments: KernelSet.available)
    func `a pair's score is the reference's, in any company`(kernels: KernelSet) throws {
        let path = TestFiles.fixture("encoder/bert-pairs")
        let model = try EncoderModel(path: path, pool: ThreadPool(threadCount: 1, kernels: kernels))
        #expect(model.labelCount == 1)
        #expect(model.unusedTensorNames.isEmpty)
        let cases = try JSON.parse(try TestFiles.bytes(path + "/expected.json")).elements.map { entry in
            let types = numbers(entry["types"])
            let input = EncoderInput(numbers(entry["ids"]).map { TokenID($0) }, secondStart: types.firstIndex(of: 1))
            return (input, Float(entry["logits"]!.elements.map { $0.double! }[0]))
        }
        #expect(cases.count >= 6)
        let together = model.classify(cases.map(\.0))
        for (index, (input, expected)) in cases.enumerated() {
            let alone = model.classify([input])[0]
            #expect(alone == together[index])
            #expect(abs(alone[0] - expected) < 3e-6)
        }
    }

    /// Matrices whose rows are not whole blocks of 32 stay in f32: the one has none, the other has both kinds.
    @Test(arguments: ["bert-first-bf16", "bert-pairs"], KernelSet.available)
    func `in 8 bits a vector is close to that in f32, and is another model's`(
        folder: String, kernels: KernelSet
    ) throws {
        let path = TestFiles.fixture("encoder/" + folder)
        let pool = ThreadPool(threadCount: 2, kernels: kernels)
        let exact = try EncoderModel(path: path, pool: pool)
        let rounded = try EncoderModel(path: path, precision: .int8, pool: pool)
        #expect(exact.fingerprint.finish() != rounded.fingerprint.finish())
        let inputs = Self.texts(count: 20)
        for (a, b) in zip(exact.embed(inputs), rounded.embed(inputs)) {
            #expect(a != b)
            #expect(zip(a, b).reduce(0) { $0 + $1.0 * $1.1 } > 0.999)
        }
    }

    @Test(
        arguments: KernelSet.available,
        [
            ("bert-mean-f32", EncoderPrecision.f32, 1), ("bert-mean-f32", .f32, 3),
            ("bert-first-bf16", .int8, 1), ("bert-first-bf16", .int8, 3),
        ])
    func `a vector's bits do not depend on batch, pass or threads`(
        kernels: KernelSet, model: (folder: String, precision: EncoderPrecision, threads: Int)
    ) throws {
        let path = TestFiles.fixture("encoder/" + model.folder)
        let inputs = Self.texts(count: 60)
        // 80 rows, the longest text, are one pass; 512 hold a dozen of them.
        let small = try EncoderModel(
            path: path, precision: model.precision, rowsPerPass: 1, pool: ThreadPool(threadCount: 1, kernels: kernels))
        let large = try EncoderModel(
            path: path, precision: model.precision, rowsPerPass: 512,
            pool: ThreadPool(threadCount: model.threads, kernels: kernels))
        let alone = inputs.map { small.embed([$0])[0] }
        #expect(large.embed(inputs) == alone)
        #expect(large.embed(inputs.reversed()) == alone.reversed())
        #expect(small.embed(inputs) == alone)
        #expect(Set(alone).count == inputs.count)
    }

    @Test func `very many short texts fill the blocks before the rows, and come out whole`() throws {
        let path = TestFiles.fixture("encoder/bert-mean-f32")
        let model = try EncoderModel(path: path, rowsPerPass: 512, pool: ThreadPool(threadCount: 1))
        let inputs = (0..<1000).map { EncoderInput([TokenID($0 % 200)]) }
        let vectors = model.embed(inputs)
        #expect(vectors.count == 1000)
        #expect(vectors[777] == model.embed([inputs[777]])[0])
        #expect(model.embed([]).isEmpty)
    }

    @Test func `the fingerprint knows the weights`() throws {
        let pool = ThreadPool(threadCount: 1)
        let prints = try (Self.folders.map(\.name) + ["bert-pairs"]).map {
            try EncoderModel(path: TestFiles.fixture("encoder/" + $0), pool: pool).fingerprint.finish()
        }
        #expect(Set(prints).count == 3)
        let again = try EncoderModel(path: TestFiles.fixture("encoder/bert-mean-f32"), pool: pool)
        #expect(again.fingerprint.finish() == prints[0])

        // One bit of one weight.
        let copy = try TemporaryFolder()
        for file in ["config.json", "model.safetensors"] {
            var bytes = try TestFiles.bytes(TestFiles.fixture("encoder/bert-mean-f32/" + file))
            if file == "model.safetensors" { bytes[bytes.count - 1] ^= 1 }
            try copy.write(file, bytes)
        }
        #expect(try EncoderModel(path: copy.path, pool: pool).fingerprint.finish() != prints[0])
    }

    @Test(arguments: KernelSet.available)
    func `a model with other last layers gives the reference's vectors, and the first stays as it is`(
        kernels: KernelSet
    ) throws {
        let (path, layers) = (TestFiles.fixture("encoder/bert-mean-f32"), TestFiles.fixture("encoder/bert-changed"))
        let base = try EncoderModel(path: path, pool: ThreadPool(threadCount: 2, kernels: kernels))
        let changed = try EncoderModel(changing: base, by: layers)
        #expect(changed.unusedTensorNames.isEmpty)
        for (input, expected) in try Self.expected(layers) {
            let vector = changed.embed([input])[0]
            #expect(zip(vector, expected).allSatisfy { abs($0 - $1) < 3e-6 }, "\(input.tokens.count) tokens")
        }
        for (input, expected) in try Self.expected(path) {
            #expect(zip(base.embed([input])[0], expected).allSatisfy { abs($0 - $1) < 3e-6 })
        }
        #expect(changed.fingerprint.finish() != base.fingerprint.finish())
    }

    @Test func `layers of another shape, and half a layer, are refused`() throws {
        let base = try EncoderModel(
            path: TestFiles.fixture("encoder/bert-pairs"), pool: ThreadPool(threadCount: 1))
        #expect(throws: CheckpointError.self) {
            try EncoderModel(changing: base, by: TestFiles.fixture("encoder/bert-changed"))
        }
        let file = try TestFiles.bytes(TestFiles.fixture("encoder/bert-changed/model.safetensors"))
        let name = Array("encoder.layer.2.intermediate.dense.bias".utf8)
        let start = try #require(file.indices.first { file[$0...].starts(with: name) })
        var half = file
        half[start + name.count - 1] = UInt8(ascii: "z")
        let folder = try TemporaryFolder()
        try folder.write("model.safetensors", half)
        let other = try EncoderModel(
            path: TestFiles.fixture("encoder/bert-mean-f32"), pool: ThreadPool(threadCount: 1))
        #expect(throws: CheckpointError.self) { try EncoderModel(changing: other, by: folder.path) }
    }

    private static func texts(count: Int) -> [EncoderInput] {
        var random = SeededGenerator(seed: 5)
        return (0..<count).map { _ in
            EncoderInput(
                (0..<Int.random(in: 1...80, using: &random)).map { _ in TokenID(Int.random(in: 0..<200, using: &random))
                })
        }
    }

    private static func expected(_ path: String) throws -> [(EncoderInput, [Float])] {
        try JSON.parse(try TestFiles.bytes(path + "/expected.json")).elements.map { entry in
            (
                EncoderInput(numbers(entry["ids"]).map { TokenID($0) }),
                entry["vector"]!.elements.map { Float($0.double!) }
            )
        }
    }
}

private func numbers(_ json: JSON?) -> [Int] { json?.elements.compactMap(\.integer) ?? [] }
