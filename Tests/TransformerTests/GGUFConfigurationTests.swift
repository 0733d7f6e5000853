import Base
import Checkpoint
import Kernels
import TestSupport
import Testing
import Transformer

/// Over files that llama.cpp's converter wrote, some damaged here.
@Suite struct `Model configuration from GGUF` {
    @Test func `reads GGUF's families and scalings`() throws {
        func configuration(_ folder: String) throws -> ModelConfiguration {
            try ModelConfiguration(gguf: GGUFFile(path: TestFiles.fixture("reference/\(folder)/model.gguf")))
        }
        let linear = try configuration("llama-linear-biases")
        #expect(linear.rotaryScaling == .linear(factor: 4))
        #expect(linear.rotaryLayout == .adjacentPairs)
        #expect(linear.traits.queryKeyValueBias && linear.traits.outputBias && linear.traits.feedForwardBias)
        guard case .divisors(let divisors) = try configuration("llama3-scaling").rotaryScaling else {
            Issue.record("no divisors")
            return
        }
        #expect(divisors.count == 8 && divisors[0] == 1 && divisors[7] == 8)
        #expect(divisors.contains { $0 > 1 && $0 < 8 })
        let qwen = try configuration("qwen3-head-norms")
        #expect(qwen.rotaryLayout == .halves && qwen.headWidth == 16 && qwen.queryWidth == 2 * qwen.modelWidth)
        #expect(qwen.traits.queryKeyNorm && !qwen.traits.queryKeyValueBias)
    }

    @Test(arguments: [
        ("llama-linear-biases", "linear", "lineal", "llama.rope.scaling.type"),
        ("llama-linear-biases", "llama.rope.scaling.factor", "llama.rope.scaling.faktor", "llama.rope.scaling.factor"),
        ("qwen2-bias", "qwen2", "qwen9", "general.architecture"),
        ("qwen3-head-norms", "qwen3.context_length", "qwen3.kontext_length", "qwen3.context_length"),
        ("llama3-scaling", "token_embd.weight", "token_embt.weight", "token_embd.weight"),
    ]) func `refuses GGUF metadata that it cannot run, naming the key`(
        folder: String, old: String, new: String, named: String
    ) throws {
        var bytes = try TestFiles.bytes(TestFiles.fixture("reference/\(folder)/model.gguf"))
        let place = try #require(bytes.firstRange(of: Array(old.utf8)))
        bytes.replaceSubrange(place, with: Array(new.utf8))
        #expect {
            try ModelConfiguration(gguf: GGUFFile(bytes: bytes, path: "m.gguf"))
        } throws: {
            "\($0)".contains(named) && "\($0)".contains("m.gguf") && !"\($0)".contains("\n")
        }
    }

    /// Infinite frequencies, a head that turns backwards, or too few pairs.
    @Test(arguments: [Float.zero, -1, .nan, .infinity]) func `refuses impossible divisors`(divisor: Float) throws {
        var bytes = try TestFiles.bytes(TestFiles.fixture("reference/llama3-scaling/model.gguf"))
        let file = try GGUFFile(bytes: bytes)
        let tensor = try file.tensor("rope_freqs.weight")
        let stored = Array(try #require(tensor).bytes)
        let place = try #require(bytes.firstRange(of: stored))
        withUnsafeBytes(of: divisor) { bytes.replaceSubrange(place.lowerBound..<place.lowerBound + 4, with: $0) }
        #expect {
            try ModelConfiguration(gguf: GGUFFile(bytes: bytes))
        } throws: {
            "\($0)".contains("'llama.rope.scaling'")
        }
    }
}
