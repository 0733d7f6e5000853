import Base
import TestSupport
import Testing
import Tokenization

@Suite struct `GGUF vocabulary` {
    private static func bytes(_ names: [String]) -> [[UInt8]] { names.map { Array($0.utf8) } }

    /// Unknown, begin, end, all bytes, then pieces with falling scores; "日" is in a piece but is none itself.
    private static func sentencePiece() -> GGUFVocabulary {
        let hexadecimal = (0..<256).map { byte in
            "<0x" + (byte < 16 ? "0" : "") + String(byte, radix: 16, uppercase: true) + ">"
        }
        let pieces = [
            "▁t", "he", "▁the", "en", "▁then", "日本", "aa", "aaa", "▁", "t", "h", "e", "n", "本", "a", "s", "<",
        ]
        var vocabulary = GGUFVocabulary(model: "llama", tokens: bytes(["<unk>", "<s>", "</s>"] + hexadecimal + pieces))
        vocabulary.scores = [Float](repeating: 0, count: 259) + pieces.indices.map { -Float($0) }
        vocabulary.types = [2, 3, 3] + [Int32](repeating: 6, count: 256) + [Int32](repeating: 1, count: pieces.count)
        vocabulary.beginningOfSequence = 1
        vocabulary.endOfSequence = 2
        return vocabulary
    }

    private func pieces(_ text: String, _ vocabulary: GGUFVocabulary, parse: Bool = false) throws -> [String] {
        let tokenizer = try Tokenizer(gguf: vocabulary)
        return tokenizer.encode(text, addSpecialTokens: false, parseSpecialTokens: parse)
            .map { String(decoding: vocabulary.tokens[$0.index], as: UTF8.self) }
    }

    /// SentencePiece's own words: of all neighbours whose text together is a piece, merge the best scored, leftmost.
    private func mergedSlowly(_ text: String, _ vocabulary: GGUFVocabulary) -> [String] {
        var scores: [String: Float] = [:]
        for (id, token) in vocabulary.tokens.enumerated() where vocabulary.types[id] == 1 {
            scores[String(decoding: token, as: UTF8.self)] = vocabulary.scores[id]
        }
        var symbols = ("▁" + text.replacing(" ", with: "▁")).unicodeScalars.map(String.init)
        while true {
            var best: (score: Float, position: Int)?
            for position in symbols.indices.dropLast() {
                guard let score = scores[symbols[position] + symbols[position + 1]] else { continue }
                if best.map({ score > $0.score }) ?? true { best = (score, position) }
            }
            guard let best else { break }
            symbols[best.position] += symbols.remove(at: best.position + 1)
        }
        return symbols.flatMap { symbol in
            if scores[symbol] != nil { return [symbol] }
            return symbol.utf8.map { byte in
                "<0x" + (byte < 16 ? "0" : "") + String(byte, radix: 16, uppercase: true) + ">"
            }
        }
    }

    @Test func `merges by score like SentencePiece`() throws {
        let vocabulary = `GGUF vocabulary`.sentencePiece()
        var random = SplitMix(seed: 31)
        for _ in 0..<300 {
            let text = (0..<(1 + random.next(below: 24))).map { _ in
                ["t", "h", "e", "n", "a", " ", "日", "本", "x", "s"][random.next(below: 10)]
            }.joined()
            #expect(try pieces(text, vocabulary) == mergedSlowly(text, vocabulary), "\(text)")
        }
        #expect(try pieces("then 日本日", vocabulary) == ["▁then", "▁", "日本", "<0xE6>", "<0x97>", "<0xA5>"])
        #expect(try pieces("", vocabulary) == [])
    }

    @Test func `keeps control tokens out of plain text`() throws {
        let vocabulary = `GGUF vocabulary`.sentencePiece()
        #expect(try pieces("a<s>a", vocabulary, parse: true) == ["▁", "a", "<s>", "▁", "a"])
        #expect(try !pieces("a<s>a", vocabulary, parse: false).contains("<s>"))
    }

    @Test func `puts the beginning of sequence in front unless told otherwise`() throws {
        var vocabulary = `GGUF vocabulary`.sentencePiece()
        func first() throws -> TokenID? {
            try Tokenizer(gguf: vocabulary).encode("the", addSpecialTokens: true, parseSpecialTokens: false).first
        }
        #expect(try first() == 1)
        vocabulary.addBeginningOfSequence = false
        #expect(try first() != 1)
    }

    @Test func `puts a blank in front unless told otherwise`() throws {
        var vocabulary = `GGUF vocabulary`.sentencePiece()
        vocabulary.addSpacePrefix = false
        #expect(try pieces("the", vocabulary) == ["t", "he"])
        let tokenizer = try Tokenizer(gguf: vocabulary)
        let tokens = tokenizer.encode(" the", addSpecialTokens: false, parseSpecialTokens: false)
        #expect(tokenizer.decode(tokens, skipSpecialTokens: true) == " the")
    }

    @Test func `finds user-defined tokens in any text`() throws {
        var vocabulary = `GGUF vocabulary`.sentencePiece()
        vocabulary.tokens += `GGUF vocabulary`.bytes(["<think>", "<|im_end|>"])
        vocabulary.scores += [0, 0]
        vocabulary.types += [4, 3]
        #expect(try pieces("a<think><|im_end|>", vocabulary).contains("<think>"))
        #expect(try !pieces("a<think><|im_end|>", vocabulary).contains("<|im_end|>"))
        // A control token of this name ends an answer, though the file names only </s>.
        #expect(try Tokenizer(gguf: vocabulary).endOfSequence == [2, TokenID(vocabulary.tokens.count - 1)])
    }

    enum Damage: CaseIterable {
        case noTokens, shortScores, noScores, shortTypes, unknownType, farEnd, negativeBeginning, scoreIsNoNumber,
            otherModel

        func apply(to vocabulary: inout GGUFVocabulary) {
            switch self {
            case .noTokens: vocabulary.tokens = []
            case .shortScores: vocabulary.scores.removeLast()
            case .noScores: vocabulary.scores = []
            case .shortTypes: vocabulary.types.removeLast()
            case .unknownType: vocabulary.types[5] = 9
            case .farEnd: vocabulary.endOfSequence = 100_000
            case .negativeBeginning: vocabulary.beginningOfSequence = -7
            case .scoreIsNoNumber: vocabulary.scores[270] = .nan
            case .otherModel: vocabulary.model = "t5"
            }
        }
    }

    @Test(arguments: Damage.allCases) func `refuses what contradicts itself`(damage: Damage) {
        var vocabulary = `GGUF vocabulary`.sentencePiece()
        damage.apply(to: &vocabulary)
        #expect(throws: TokenizerError.self) { try Tokenizer(gguf: vocabulary) }
    }

    @Test func `takes ids of all ones for none`() throws {
        var vocabulary = `GGUF vocabulary`.sentencePiece()
        vocabulary.endOfSequence = Int(UInt32.max)
        #expect(try Tokenizer(gguf: vocabulary).endOfSequence == [2])
    }

    // MARK: - Byte level

    /// The gpt2 fixture's vocabulary and merges as a GGUF file would carry them.
    private func byteLevel(pre: String?) throws -> GGUFVocabulary {
        let file = try JSON.parse(TestFiles.bytes(TestFiles.fixture("tokenizers/gpt2/tokenizer.json")))
        let members = try #require(file["model"]?["vocab"]).members.map { ($0.key, $0.value.integer ?? 0) }
        let added = try #require(file["added_tokens"]).elements.map {
            ($0["content"]?.utf8 ?? [], $0["id"]?.integer ?? 0, $0["special"]?.bool ?? false)
        }
        var tokens = [[UInt8]](repeating: [], count: members.count + added.count { $0.1 >= members.count })
        var types = [Int32](repeating: 1, count: tokens.count)
        for (name, id) in members { tokens[id] = name }
        // The odd tokens that match with white space around are beyond GGUF.
        for (name, id, isSpecial) in added where id < 3 || name == Array("two words".utf8) {
            tokens[id] = name
            types[id] = isSpecial ? 3 : 4
        }
        var vocabulary = GGUFVocabulary(model: "gpt2", pre: pre, tokens: tokens)
        vocabulary.types = types
        vocabulary.merges = try #require(file["model"]?["merges"]).elements.compactMap(\.utf8)
        return vocabulary
    }

    @Test func `splits as llama.cpp does where the file names no pre-tokenizer`() throws {
        let tokenizer = try Tokenizer(gguf: byteLevel(pre: nil))
        let odd = ["<left>", "<right>", "word", "é\u{301}", "<|both|>", "<|", "two words"]
        var compared = 0
        for recorded in try RecordedCase.read(TestFiles.fixture("tokenizers/llama_cpp_default/cases.jsonl")) {
            let text = String(decoding: recorded.text, as: UTF8.self)
            if odd.contains(where: text.contains) { continue }
            compared += 1
            let found = tokenizer.encode(recorded.text, addSpecialTokens: false, parseSpecialTokens: true)
            #expect(found.map(\.index) == recorded.parsed, "\(text.debugDescription)")
        }
        #expect(compared > 40)
    }

    @Test func `refuses a pre-tokenizer that it does not know by name`() throws {
        let error = #expect(throws: TokenizerError.self) { try Tokenizer(gguf: byteLevel(pre: "tekken")) }
        #expect(error?.description.contains("tekken") == true)
    }

    @Test func `refuses merges that do not fit the tokens`() throws {
        var vocabulary = try byteLevel(pre: "gpt-2")
        vocabulary.merges.insert(Array("Ġ nothere".utf8), at: 0)
        #expect(throws: TokenizerError.self) { try Tokenizer(gguf: vocabulary) }
        vocabulary.merges[0] = Array("noblank".utf8)
        #expect(throws: TokenizerError.self) { try Tokenizer(gguf: vocabulary) }
    }

    // MARK: - A real file

    @Test(sharedData) func `decodes the greedy text of stories260K`() throws {
        let folder = try #require(TestFiles.shared("models/stories260K/"))
        let tokenizer = try Tokenizer(gguf: GGUFVocabulary(file: TestFiles.bytes(folder + "tinyllm.gguf")))
        let expected = try JSON.parse(TestFiles.bytes(folder + "expected-greedy.json"))
        let ids = try #require(expected["greedy_ids"]).elements.compactMap(\.integer).map { TokenID($0) }
        let text = tokenizer.decode(ids, skipSpecialTokens: true)
        #expect(text == expected["text"]?.string)
        let story = text.prefix { $0 != "\n" }
        let again = tokenizer.encode(String(story), addSpecialTokens: false, parseSpecialTokens: false)
        #expect(again == Array(ids.dropFirst().prefix(again.count)))
    }
}
