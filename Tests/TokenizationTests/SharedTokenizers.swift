// SharedTokenizers.swift — the real models' tokenizers beside the repository, each loaded once.

import Base
import TestSupport
import Testing
import Tokenization

/// Shows the skip where the material is absent; with the folder there, a missing file fails.
let sharedData: ConditionTrait = .enabled(if: TestFiles.hasSharedData, "../shared/data is absent")

/// One vocabulary of ../shared/data/tokenizers and llama.cpp's name for its expected ids.
enum SharedTokenizer: String, CaseIterable, CustomTestStringConvertible {
    case gpt2, gpt2GGUF, llama2, llama3, qwen2, bert

    var testDescription: String { rawValue }

    var expectedIDs: String {
        switch self {
        case .gpt2, .gpt2GGUF: "gpt-2"
        case .llama2: "llama-spm"
        case .llama3: "llama-bpe"
        case .qwen2: "qwen2"
        case .bert: "bert-bge"
        }
    }

    /// BERT lowercases and drops accents and blanks: its tokens do not give the text back.
    var isLossless: Bool { self != .bert }

    func load() throws -> Tokenizer {
        switch self {
        case .gpt2: try Tokenizer(tokenizerFile: bytes("tokenizers/gpt2/tokenizer-newstyle.json"))
        case .gpt2GGUF:
            try Tokenizer(gguf: GGUFVocabulary(file: bytes("tokenizers/expected/ggml-vocab-gpt-2.gguf")))
        case .llama2:
            try Tokenizer(gguf: GGUFVocabulary(file: bytes("models/llama-2-tiny-random/llama-2-tiny-random.gguf")))
        case .llama3:
            try Tokenizer(
                gguf: vocabulary("tokenizers/llama3/encoder.json", "tokenizers/llama3/vocab.bpe", pre: "llama-bpe"))
        case .qwen2:
            try Tokenizer(
                gguf: vocabulary("tokenizers/qwen2.5/vocab.json", "tokenizers/qwen2.5/merges.txt", pre: "qwen2"))
        case .bert: try Tokenizer(tokenizerFile: bytes("tokenizers/bert-base-uncased/tokenizer.json"))
        }
    }

    /// The two plain files that byte-level models began with, as a GGUF file would carry them.
    private func vocabulary(_ names: String, _ merges: String, pre: String) throws -> GGUFVocabulary {
        let members = try JSON.parse(bytes(names)).members.map { ($0.key, try #require($0.value.integer)) }
        var tokens = [[UInt8]](repeating: [], count: try #require(members.map(\.1).max()) + 1)
        for (name, id) in members { tokens[id] = name }
        var vocabulary = GGUFVocabulary(model: "gpt2", pre: pre, tokens: tokens)
        vocabulary.merges = try bytes(merges).split(separator: UInt8(ascii: "\n")).map(Array.init)
            .filter { !$0.starts(with: "#version".utf8) }
        return vocabulary
    }

    private func bytes(_ path: String) throws -> [UInt8] {
        try TestFiles.bytes(try #require(TestFiles.shared(path)))
    }
}

/// llama.cpp's test inputs and the ids the model's own tokenizer gives them, without special tokens around.
func expectedIDs(_ name: String) throws -> [(text: [UInt8], ids: [Int])] {
    let folder = try #require(TestFiles.shared("tokenizers/expected/"))
    let separator = Array("\n__ggml_vocab_test__\n".utf8)
    var texts: [[UInt8]] = [[]]
    let input = try TestFiles.bytes(folder + name + ".inp")
    var position = 0
    while position < input.count {
        if input[position...].starts(with: separator) {
            texts.append([])
            position += separator.count
        } else {
            texts[texts.count - 1].append(input[position])
            position += 1
        }
    }
    let lines = try TestFiles.bytes(folder + name + ".out")
        .split(separator: UInt8(ascii: "\n"), omittingEmptySubsequences: false)
    // Both files end their last entry with a separator.
    try #require(texts.count == 47 && lines.count == 47)
    return zip(texts, lines).dropLast().map { text, line in
        (text, line.split(separator: UInt8(ascii: " ")).compactMap { Int(String(decoding: $0, as: UTF8.self)) })
    }
}
