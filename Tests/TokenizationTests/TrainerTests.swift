import Base
import TestSupport
import Testing
import Tokenization

/// What Hugging Face `tokenizers` learned from the same text; Tests/Fixtures/tokenizers/make_training.py.
private func recordedRuns() throws -> [JSON] {
    try TestFiles.bytes(TestFiles.fixture("tokenizers/training/expected.jsonl")).split(separator: UInt8(ascii: "\n"))
        .map { try JSON.parse(Array($0)) }
}

private let text = try? TestFiles.bytes(TestFiles.fixture("tokenizers/training/text.txt"))

@Suite struct `Byte-pair trainer` {
    private func options(_ run: JSON) throws -> BytePairTrainer.Options {
        var options = BytePairTrainer.Options(vocabularySize: try #require(run["vocabulary_size"]?.integer))
        options.minimumFrequency = try #require(run["minimum_frequency"]?.integer)
        options.specialTokens = try #require(run["special_tokens"]).elements.compactMap(\.string)
        options.preTokenizer = try #require(run["pre_tokenizer"]?.string.flatMap(TrainingPreTokenizer.init))
        options.splitsLines = run["lines"]?.bool == true
        return options
    }

    private func train(_ options: BytePairTrainer.Options, _ text: [UInt8]) throws -> TrainedTokenizer {
        var trainer = try BytePairTrainer(options)
        try trainer.count(text)
        return try trainer.train()
    }

    @Test(arguments: 0..<7) func `learns what Hugging Face's trainer learns`(index: Int) throws {
        let run = try recordedRuns()[index]
        let file = try JSON.parse(try train(options(run), #require(text)).tokenizerFile)
        func merges(_ file: JSON?) -> [[[UInt8]]] {
            file?["merges"]?.elements.map { $0.elements.compactMap(\.utf8) } ?? []
        }
        func vocabulary(_ file: JSON?) -> [[UInt8]: Int] {
            var vocabulary: [[UInt8]: Int] = [:]
            guard let members = file?["vocab"]?.members else { return [:] }
            for (piece, id) in members { vocabulary[piece] = id.integer }
            return vocabulary
        }
        #expect(merges(run).count > 100)
        #expect(merges(file["model"]) == merges(run))
        #expect(vocabulary(file["model"]) == vocabulary(run))
    }

    @Test(arguments: TrainingPreTokenizer.allCases)
    func `makes a tokenizer that loads and gives back any bytes`(preTokenizer: TrainingPreTokenizer) throws {
        var options = BytePairTrainer.Options(vocabularySize: 500)
        options.specialTokens = ["<|endoftext|>"]
        options.preTokenizer = preTokenizer
        let trained = try train(options, #require(text))
        let tokenizer = try Tokenizer(tokenizerFile: trained.tokenizerFile)
        #expect(tokenizer.vocabularySize == 500 && trained.vocabularySize == 500)
        let end = tokenizer.encode("<|endoftext|>", addSpecialTokens: true, parseSpecialTokens: true)
        #expect(end == [TokenID(0)])
        var random = SplitMix(seed: 9)
        for _ in 0..<200 {
            let bytes = random.text(maximumLength: 30)
            let ids = tokenizer.encode(bytes, addSpecialTokens: false, parseSpecialTokens: false)
            #expect(ids.flatMap { tokenizer.spelling(of: $0) } == bytes)
        }
    }

    @Test func `takes texts one by one as it takes them together`() throws {
        let text = try #require(text)
        let cut = try #require(text.dropFirst(text.count / 2).firstIndex(of: UInt8(ascii: "\n"))) + 1
        var trainer = try BytePairTrainer(BytePairTrainer.Options(vocabularySize: 400))
        try trainer.count(Array(text[..<cut]))
        try trainer.count(Array(text[cut...]))
        let whole = try train(BytePairTrainer.Options(vocabularySize: 400), text)
        #expect(try trainer.train().tokenizerFile == whole.tokenizerFile)
    }

    @Test func `says what is wrong with the wish or the text`() throws {
        var options = BytePairTrainer.Options(vocabularySize: 300)
        #expect(throws: TrainingError.noText) { try train(options, []) }
        #expect(throws: TrainingError.nothingToMerge(minimumFrequency: 0)) { try train(options, Array("a\nb".utf8)) }
        options.minimumFrequency = 3
        #expect(throws: TrainingError.nothingToMerge(minimumFrequency: 3)) { try train(options, Array("ab ab".utf8)) }
        options.specialTokens = ["<s>", "<s>"]
        #expect(throws: TrainingError.repeatedSpecialToken("<s>")) { try BytePairTrainer(options) }
        options.specialTokens = [""]
        #expect(throws: TrainingError.emptySpecialToken) { try BytePairTrainer(options) }
        options = BytePairTrainer.Options(vocabularySize: 256)
        let error = TrainingError.vocabularyTooSmall(size: 256, alphabet: 256, specialTokens: 0)
        #expect(throws: error) { try BytePairTrainer(options) }
        options.vocabularySize = 1 << 40
        #expect(throws: TrainingError.vocabularyTooLarge(size: 1 << 40)) { try BytePairTrainer(options) }
    }
}
