// GGUFExportTests.swift — a folder's tokenizer, written as GGUF's vocabulary and read back, gives the same ids.

import Base
import TestSupport
import Testing
import Tokenization

@Suite struct `Tokenizer as a GGUF vocabulary` {
    /// A folder with one of the fixtures' tokenizer.json.
    private func folder(_ name: String, configuration: String = "{}") throws -> TemporaryFolder {
        let folder = try TemporaryFolder()
        try folder.write("tokenizer.json", try TestFiles.bytes(TestFiles.fixture("tokenizers/\(name)/tokenizer.json")))
        try folder.write("tokenizer_config.json", Array(configuration.utf8))
        return folder
    }

    private static let rowCount = 5000

    @Test(arguments: [
        ("gpt2", "gpt2", "gpt-2"), ("llama3", "gpt2", "llama-bpe"), ("qwen2", "gpt2", "qwen2"),
        ("smollm", "gpt2", "smollm"), ("llama2", "llama", "default"),
    ])
    func `gives the ids of the folder's own`(name: String, model: String, pre: String) throws {
        let folder = try folder(name)
        let original = try Tokenizer.load(huggingFaceFolder: folder.path)
        let vocabulary = try GGUFVocabulary(huggingFaceFolder: folder.path, rowCount: Self.rowCount)
        #expect(vocabulary.model == model && vocabulary.pre == pre)
        #expect(vocabulary.tokens.count == Self.rowCount && vocabulary.types.count == Self.rowCount)
        let tokenizer = try Tokenizer(gguf: vocabulary)
        var random = SplitMix(seed: 3)
        // GGUF cannot say of an added token that it matches whole words only, as one of this folder's does.
        let randomCount = name == "gpt2" ? 0 : 200
        let words = ["Hello world", "  two  blanks\n\nand 12345 digits, don't", "na\u{ef}ve 東京 🦙", "a", ""]
        for text in words.map({ Array($0.utf8) }) + (0..<randomCount).map({ _ in random.text(maximumLength: 60) }) {
            // Without Qwen's canonical composition, as in llama.cpp: only texts that it would not change.
            if name == "qwen2", !text.allSatisfy({ $0 < 0x80 }) { continue }
            let ids = tokenizer.encode(text, addSpecialTokens: true, parseSpecialTokens: true)
            let expected = original.encode(text, addSpecialTokens: true, parseSpecialTokens: true)
            #expect(ids == expected, "\(String(decoding: text, as: UTF8.self))")
        }
    }

    @Test func `carries roles and the chat template`() throws {
        let folder = TestFiles.root + "/Models/swiftlet-5m"
        let vocabulary = try GGUFVocabulary(huggingFaceFolder: folder, rowCount: 4096)
        #expect(vocabulary.beginningOfSequence == 0)
        #expect(vocabulary.endOfSequence == 4)
        #expect(vocabulary.endOfTurn == [0])
        #expect(vocabulary.addBeginningOfSequence == false && vocabulary.addEndOfSequence == false)
        #expect(vocabulary.types.prefix(6) == [3, 3, 3, 3, 3, 1])
        let template = try TestFiles.bytes(folder + "/chat_template.jinja")
        #expect(vocabulary.chatTemplate.map { Array($0.utf8) } == template)
        let tokenizer = try Tokenizer(gguf: vocabulary)
        let original = try Tokenizer.load(huggingFaceFolder: folder)
        #expect(tokenizer.beginningOfSequence == original.beginningOfSequence)
        #expect(Set(tokenizer.endOfSequence) == Set(original.endOfSequence))
        let chat = Array("<|endoftext|><|user|>\nWhat is a KV cache?<|end|>\n<|assistant|>\n".utf8)
        let (found, expected) = (
            tokenizer.encode(chat, addSpecialTokens: true, parseSpecialTokens: true),
            original.encode(chat, addSpecialTokens: true, parseSpecialTokens: true)
        )
        #expect(found == expected && found[1] == 2)
    }

    @Test func `reads the template that the configuration holds, and the default of several`() throws {
        let plain = try folder("gpt2", configuration: #"{"chat_template": "{{ 1 }}"}"#)
        #expect(try GGUFVocabulary(huggingFaceFolder: plain.path, rowCount: Self.rowCount).chatTemplate == "{{ 1 }}")
        let several = try folder(
            "gpt2",
            configuration:
                #"{"chat_template": [{"name": "tool_use", "template": "t"}, {"name": "default", "template": "d"}]}"#)
        let vocabulary = try GGUFVocabulary(huggingFaceFolder: several.path, rowCount: Self.rowCount)
        #expect(vocabulary.chatTemplate == "d" && vocabulary.toolChatTemplate == "t")
    }

    @Test func `refuses what GGUF has no name for`() throws {
        let prefixed = try folder("prefixed")
        let error = try #require(throws: TokenizerError.self) {
            try GGUFVocabulary(huggingFaceFolder: prefixed.path, rowCount: Self.rowCount)
        }
        #expect("\(error)".contains("pre_tokenizer"), "\(error)")
        let small = try folder("gpt2")
        #expect(throws: TokenizerError.self) { try GGUFVocabulary(huggingFaceFolder: small.path, rowCount: 3) }
    }
}
