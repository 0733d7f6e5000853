import Base
import Checkpoint
import Kernels
import TestSupport
import Testing
import Transformer

/// Against logits and tokens that Hugging Face transformers computed; Tests/Fixtures/reference/README.md.
@Suite struct `Reference models` {
    static let folders = ["llama-gqa-f32", "llama-tied-bf16", "llama-mha-f16"]

    @Test(arguments: folders, KernelSet.available)
    func `a Hugging Face folder gives the reference's logits and greedy tokens`(
        folder: String, kernels: KernelSet
    ) throws {
        let path = TestFiles.fixture("reference/" + folder)
        for prompt in try ReferencePrompt.read(path + "/expected.json") {
            let logits = try SequenceRunner(path: path, kernels: kernels).extend(prompt.ids)
            for (position, expected) in zip(prompt.positions, prompt.logits) {
                let error = relativeError(logits[position], expected)
                #expect(error < 1e-4, "\(folder), \(prompt.testDescription), position \(position): \(error)")
            }
            let greedy = try SequenceRunner(path: path, kernels: kernels).greedy(prompt.ids, prompt.greedy.count)
            #expect(greedy == prompt.greedy, "\(folder), \(prompt.testDescription)")
        }
    }

    @Test func `a GGUF file gives the logits of its dequantised weights, in every stored type`() throws {
        let folder = TestFiles.fixture("reference/gguf")
        let prompts = try ReferencePrompt.read(folder + "/expected.json")
        #expect(Set(prompts.map { $0.file! }).count == 6)
        for prompt in prompts {
            let path = folder + "/" + prompt.file!
            let logits = try SequenceRunner(path: path, packsWeights: false).extend(prompt.ids)
            let rounded = try SequenceRunner(path: path).extend(prompt.ids)
            for (position, expected) in zip(prompt.positions, prompt.logits) {
                let error = relativeError(logits[position], expected)
                #expect(error < 1e-4, "\(prompt.testDescription), position \(position): \(error)")
                // Activations in 8 bits, in a model of random weights that amplifies every error: at most 0.093 here.
                let roundedError = relativeError(rounded[position], expected)
                #expect(roundedError < 0.12, "\(prompt.testDescription), position \(position): \(roundedError)")
            }
            let greedy = try SequenceRunner(path: path, packsWeights: false)
                .greedy(prompt.ids, prompt.greedy.count)
            #expect(greedy == prompt.greedy, "\(prompt.testDescription)")
        }
    }

    /// One folder for each family and each part that no other has; make_family_fixtures.py.
    static let families = [
        "llama3-scaling", "llama-linear-biases", "mistral-window", "qwen2-bias", "qwen2-window-sharded",
        "qwen3-head-norms", "phi3-longrope", "phi3-long-texts", "gemma-plain", "gemma2-caps", "gemma3-windows",
    ]

    @Test(arguments: families, KernelSet.available)
    func `a folder of each family gives the reference's logits and greedy tokens`(
        family: String, kernels: KernelSet
    ) throws {
        let folder = TestFiles.fixture("reference/" + family)
        try check(folder, against: folder + "/expected.json", kernels: kernels)
    }

    /// Converted by llama.cpp's script; convert_families.py.
    @Test(arguments: families.filter { $0 != "qwen2-window-sharded" }, KernelSet.available)
    func `so does a GGUF file that llama.cpp made of it`(family: String, kernels: KernelSet) throws {
        let folder = TestFiles.fixture("reference/" + family)
        // GGUF loses Mistral's window; transformers computed what is left.
        let expected = family == "mistral-window" ? "/expected-gguf.json" : "/expected.json"
        try check(folder + "/model.gguf", against: folder + expected, kernels: kernels)
    }

    @Test func `the sharded folder is really read through its index`() throws {
        let folder = try HuggingFaceFolder(path: TestFiles.fixture("reference/qwen2-window-sharded"))
        #expect(folder.tensorNames.count == 38)
        #expect(throws: CheckpointError.self) {
            let copy = try TemporaryFolder()
            for name in ["config.json", "model.safetensors.index.json", "model-00001-of-00002.safetensors"] {
                _ = try copy.write(name, try TestFiles.bytes(folder.path + "/" + name))
            }
            _ = try ModelCheckpoint(path: copy.path)
        }
    }

    @Test func `a tied pair may be stored under the head's name alone`() throws {
        let path = TestFiles.fixture("reference/llama3-scaling")
        let copy = try TemporaryFolder()
        _ = try copy.write("config.json", try TestFiles.bytes(path + "/config.json"))
        var weights = try TestFiles.bytes(path + "/model.safetensors")
        // Spaces after the key keep every offset.
        let old = Array("\"model.embed_tokens.weight\"".utf8)
        let place = try #require(weights.firstRange(of: old))
        let new = Array("\"lm_head.weight\"".utf8)
        weights.replaceSubrange(place, with: new + Array(repeating: UInt8(ascii: " "), count: old.count - new.count))
        _ = try copy.write("model.safetensors", weights)
        try check(copy.path, against: path + "/expected.json")
    }

    private func check(_ path: String, against expected: String, kernels: KernelSet = .best) throws {
        let prompts = try ReferencePrompt.read(expected)
        #expect(prompts.count == 3)
        for prompt in prompts {
            let runner = try SequenceRunner(path: path, kernels: kernels)
            #expect(runner.model.unusedTensorNames.isEmpty)
            let logits = runner.extend(prompt.ids)
            for (position, expected) in zip(prompt.positions, prompt.logits) {
                let error = relativeError(logits[position], expected)
                #expect(error < 1e-4, "\(path), \(prompt.testDescription), position \(position): \(error)")
            }
            let greedy = try SequenceRunner(path: path, kernels: kernels).greedy(prompt.ids, prompt.greedy.count)
            #expect(greedy == prompt.greedy && greedy.count == 64, "\(path), \(prompt.testDescription)")
        }
    }

    @Test(
        .enabled(if: TestFiles.hasSharedData, "needs ../shared/data"),
        arguments: [CacheType.f32, .f16])
    func `stories260K tells its story, greedily, in f32 and f16 cache`(cacheType: CacheType) throws {
        let folder = TestFiles.shared("models/stories260K")!
        let expected = try JSON.parse(try TestFiles.bytes(folder + "/expected-greedy.json"))
        let ids = expected["greedy_ids"]!.elements.map { TokenID($0.integer!) }
        let prompt = expected["prompt_ids"]!.elements.map { TokenID($0.integer!) }
        let runner = try SequenceRunner(path: folder + "/tinyllm.gguf", cacheType: cacheType)
        #expect(prompt + runner.greedy(prompt, ids.count - prompt.count) == ids)

        let logits = try SequenceRunner(path: folder + "/tinyllm.gguf").extend(prompt).last!
        for entry in expected["first_logits_top5"]!.elements {
            let (token, value) = (entry[0]!.integer!, Float(entry[1]!.double!))
            #expect(abs(logits[token] - value) < 1e-3)
        }
    }

    @Test(.enabled(if: TestFiles.hasSharedData, "needs ../shared/data"))
    func `a GGUF with F16 weights and 32,000 tokens loads and computes`() throws {
        let path = TestFiles.shared("models/llama-2-tiny-random/llama-2-tiny-random.gguf")!
        let logits = try SequenceRunner(path: path, length: 64).extend([1, 15043, 29889])
        #expect(logits.allSatisfy { $0.allSatisfy(\.isFinite) })
        #expect(logits[0].count == 32000)
    }
}
