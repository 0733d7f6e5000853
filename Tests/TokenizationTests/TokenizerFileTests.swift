import Base
import TestSupport
import Testing
import Tokenization

@Suite struct `Tokenizer file` {
    static func load(_ name: String) throws -> Tokenizer {
        try Tokenizer(tokenizerFile: TestFiles.bytes(TestFiles.fixture("tokenizers/\(name)/tokenizer.json")))
    }

    @Test(arguments: ["gpt2", "llama3", "qwen2", "smollm", "prefixed", "llama2", "unknown"])
    func `gives the ids and texts of Hugging Face tokenizers`(name: String) throws {
        let tokenizer = try `Tokenizer file`.load(name)
        let cases = try RecordedCase.read(TestFiles.fixture("tokenizers/\(name)/cases.jsonl"))
        try #require(cases.count > 40)
        for recorded in cases { #expect(recorded.disagreement(of: tokenizer) == nil) }
    }

    @Test(arguments: ["gpt2", "llama3", "prefixed"])
    func `gives back any bytes`(name: String) throws {
        let tokenizer = try `Tokenizer file`.load(name)
        var random = SplitMix(seed: 7)
        for _ in 0..<300 {
            var bytes = random.text(maximumLength: 40)
            // The model itself puts a blank before a text without one.
            if name == "prefixed" { bytes.insert(UInt8(ascii: " "), at: 0) }
            let ids = tokenizer.encode(bytes, addSpecialTokens: false, parseSpecialTokens: false)
            #expect(ids.flatMap { tokenizer.spelling(of: $0) } == bytes)
        }
    }

    /// Replaces one part of a good file.
    private func edited(_ name: String, _ old: String, _ new: String) throws -> [UInt8] {
        let path = TestFiles.fixture("tokenizers/\(name)/tokenizer.json")
        let text = String(decoding: try TestFiles.bytes(path), as: UTF8.self)
        let parts = text.split(separator: old, maxSplits: 1, omittingEmptySubsequences: false)
        try #require(parts.count == 2, "\(old) is not in the file")
        return Array((parts[0] + new + parts[1]).utf8)
    }

    @Test(arguments: [
        ("qwen2", #""type": "NFC""#, #""type": "NFKC""#, "NFKC"),
        ("qwen2", #"\\p{N}|"#, #"\\p{Nope}|"#, "Nope"),
        ("llama3", #""behavior": "Isolated""#, #""behavior": "Doubled""#, "Doubled"),
        ("llama2", #""type": "Strip""#, #""type": "CTC""#, "CTC"),
        ("llama2", #""type": "BPE""#, #""type": "Unigram""#, "Unigram"),
        ("gpt2", #""dropout": null"#, #""dropout": 0.1"#, "dropout"),
        ("gpt2", #""end_of_word_suffix": null"#, #""end_of_word_suffix": "</w>""#, "</w>"),
        ("gpt2", #""type": "TemplateProcessing""#, #""type": "PairProcessing""#, "PairProcessing"),
        ("gpt2", #""type": "BPE""#, #""type": "WordLevel""#, "WordLevel"),
    ])
    func `refuses what it does not do by name`(name: String, old: String, new: String, word: String) throws {
        let file = try edited(name, old, new)
        let error = #expect(throws: TokenizerError.self) { try Tokenizer(tokenizerFile: file) }
        #expect("\(try #require(error))".contains(word))
    }

    @Test func `names the merge that the vocabulary cannot carry out`() throws {
        let file = try edited("gpt2", #""merges": ["#, #""merges": ["x nosuchpiece","#)
        let error = #expect(throws: TokenizerError.self) { try Tokenizer(tokenizerFile: file) }
        #expect("\(try #require(error))".contains("merge 0: \"x nosuchpiece\""))
    }

    @Test func `refuses an id that no vocabulary has`() throws {
        let file = try edited("gpt2", #""vocab": {"#, #""vocab": {"huge": 2147483647,"#)
        #expect(throws: TokenizerError.self) { try Tokenizer(tokenizerFile: file) }
    }

    @Test(arguments: ["gpt2", "llama3", "qwen2", "smollm", "prefixed", "llama2"])
    func `survives damaged bytes and cuts`(name: String) throws {
        let good = try TestFiles.bytes(TestFiles.fixture("tokenizers/\(name)/tokenizer.json"))
        var random = SplitMix(seed: 3)
        for _ in 0..<200 {
            var file = good
            for _ in 0..<(1 + random.next(below: 3)) {
                file[random.next(below: file.count)] = UInt8(random.next(below: 256))
            }
            if random.next(below: 4) == 0 { file.removeLast(random.next(below: file.count)) }
            if let tokenizer = try? Tokenizer(tokenizerFile: file) {
                _ = tokenizer.encode("Hello, tokens! \u{e9}", addSpecialTokens: true, parseSpecialTokens: true)
            }
        }
    }

    @Test func `says which file is missing`() {
        let error = #expect(throws: TokenizerError.self) { try Tokenizer.load(huggingFaceFolder: "/nonexistent") }
        #expect(error?.description.contains("/nonexistent/tokenizer.json") == true)
    }
}
