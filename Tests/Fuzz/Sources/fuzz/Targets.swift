// Targets.swift — what each fuzzer does with its bytes: all that the loader does before it computes.
// Tests › Fuzz.

import Base
import Checkpoint
import Tokenization
import Transformer

enum SafetensorsTarget {
    static func run(_ bytes: [UInt8]) throws {
        touchAll(try SafetensorsFile(bytes: bytes))
    }
}

/// One GGUF file is a model's numbers, its tensors and its tokenizer.
enum GGUFTarget {
    static func run(_ bytes: [UInt8]) throws {
        let file = try GGUFFile(bytes: bytes)
        touchAll(file)
        if let configuration = try? ModelConfiguration(gguf: file) { touch(configuration) }
        touch(try Tokenizer(gguf: try GGUFVocabulary(file)))
    }
}

enum TokenizerTarget {
    static func run(_ bytes: [UInt8]) throws {
        touch(try Tokenizer(tokenizerFile: bytes))
    }
}

enum ConfigurationTarget {
    static func run(_ bytes: [UInt8]) throws {
        let json = try JSON.parse(bytes)
        touch(try ModelConfiguration(huggingFace: json, source: "memory"))
    }
}

// MARK: - Use

/// Reads every byte that the tensors claim: the sanitizer sees one outside the file.
private func touchAll(_ source: any TensorSource) {
    for name in source.tensorNames {
        _ = source.shape(of: name)
        guard let tensor = try? source.tensor(name) else { continue }
        var sum: UInt8 = 0
        for byte in tensor.bytes { sum &+= byte }
        withExtendedLifetime(tensor.owner) { blackHole(Int(sum)) }
    }
}

/// What a model is sized by.
private func touch(_ configuration: ModelConfiguration) {
    blackHole(configuration.rotaryFrequencies(length: 4096).count)
    blackHole(configuration.queryWidth &+ configuration.keyValueWidth)
    blackHole(configuration.slidingWindows_L.count)
}

private let sample =
    Array("Hello, wörld! 12 345\n\n  let x = 1; 🐦\u{301} don't <|im_end|></s>".utf8) + [0xFF, 0x80, 0xC3]

/// A short text there and back.
private func touch(_ tokenizer: Tokenizer) {
    for parses in [false, true] {
        let ids = tokenizer.encode(sample, addSpecialTokens: parses, parseSpecialTokens: parses)
        blackHole(ids.reduce(0) { $0 &+ tokenizer.bytes(of: $1).count })
    }
    _ = tokenizer.bytes(of: TokenID(Int32.max))
}

@inline(never)
private func blackHole(_ value: Int) { precondition(value >= Int.min) }
