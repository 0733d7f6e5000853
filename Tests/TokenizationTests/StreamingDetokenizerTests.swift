import Base
import TestSupport
import Testing
import Tokenization

@Suite struct `Streaming detokenizer` {
    private func stream(_ tokens: [TokenID], _ tokenizer: Tokenizer, skip: Bool) -> (text: [UInt8], isAlwaysValid: Bool)
    {
        var detokenizer = tokenizer.makeDetokenizer(skipSpecialTokens: skip)
        var text: [UInt8] = []
        var isAlwaysValid = true
        for token in tokens {
            let part = detokenizer.push(token)
            isAlwaysValid = isAlwaysValid && String(validating: part, as: UTF8.self) != nil
            text += part
        }
        return (text + detokenizer.finish(), isAlwaysValid)
    }

    @Test(arguments: ["gpt2", "qwen2", "llama2"])
    func `never breaks a character, and adds up to the decoded text`(name: String) throws {
        let tokenizer = try `Tokenizer file`.load(name)
        var random = SplitMix(seed: 21)
        for _ in 0..<200 {
            // Any ids at all: most byte sequences they make are no valid UTF-8.
            let tokens = (0..<random.next(below: 30)).map { _ in TokenID(random.next(below: tokenizer.vocabularySize)) }
            for skip in [true, false] {
                let (text, isAlwaysValid) = stream(tokens, tokenizer, skip: skip)
                #expect(isAlwaysValid)
                #expect(text == Array(tokenizer.decode(tokens, skipSpecialTokens: skip).utf8))
            }
        }
    }

    @Test func `replaces ill-formed bytes as the standard library does`() throws {
        let tokenizer = try `Tokenizer file`.load("gpt2")
        var random = SplitMix(seed: 22)
        for _ in 0..<500 {
            let tokens = (0..<random.next(below: 12)).map { _ in TokenID(3 + random.next(below: 256)) }
            let bytes = tokens.flatMap { tokenizer.bytes(of: $0) }
            #expect(tokenizer.decode(tokens, skipSpecialTokens: true) == String(decoding: bytes, as: UTF8.self))
        }
    }

    @Test func `holds a character back until it is whole`() throws {
        let tokenizer = try `Tokenizer file`.load("gpt2")
        let tokens = tokenizer.encode("🦙", addSpecialTokens: false, parseSpecialTokens: false)
        try #require(tokens.count > 1)
        var detokenizer = tokenizer.makeDetokenizer(skipSpecialTokens: true)
        for token in tokens.dropLast() { #expect(detokenizer.push(token).isEmpty) }
        #expect(detokenizer.push(tokens[tokens.count - 1]) == Array("🦙".utf8))
        #expect(detokenizer.finish().isEmpty)
        _ = detokenizer.push(tokens[0])
        #expect(detokenizer.finish() == Array("\u{fffd}".utf8))
    }

    @Test func `tells which token leaves a character unfinished`() throws {
        let tokenizer = try `Tokenizer file`.load("gpt2")
        let tokens = tokenizer.encode("🦙", addSpecialTokens: false, parseSpecialTokens: false)
        let letter = try #require(tokenizer.encode("a", addSpecialTokens: false, parseSpecialTokens: false).first)
        var detokenizer = tokenizer.makeDetokenizer(skipSpecialTokens: true)
        #expect(!detokenizer.breaksCharacter(letter) && !detokenizer.breaksCharacter(tokens[0]))
        _ = detokenizer.push(tokens[0])
        #expect(!detokenizer.breaksCharacter(tokens[1]))
        #expect(detokenizer.breaksCharacter(letter))
        #expect(detokenizer.push(letter) == Array("\u{fffd}a".utf8))
    }

    @Test func `takes off the first blank only at the start of a text`() throws {
        let tokenizer = try `Tokenizer file`.load("llama2")
        let tokens = tokenizer.encode("the tokens", addSpecialTokens: true, parseSpecialTokens: false)
        #expect(tokenizer.decode(tokens, skipSpecialTokens: true) == "the tokens")
        var continuing = tokenizer.makeDetokenizer(skipSpecialTokens: true, isContinuation: true)
        #expect(tokens.flatMap { continuing.push($0) } == Array(" the tokens".utf8))
    }

    @Test(arguments: ["gpt2", "llama3", "qwen2", "smollm", "prefixed", "llama2"])
    func `gives back what was encoded`(name: String) throws {
        let tokenizer = try `Tokenizer file`.load(name)
        var random = SplitMix(seed: 23)
        for _ in 0..<200 {
            var text = random.validText(maximumLength: 20)
            // These two put a blank before every stretch of text, and one of them writes blanks as U+2581.
            let putsBlanks = name == "llama2" || name == "prefixed"
            if name == "llama2" { text = text.replacing("\u{2581}", with: "_") }
            if name == "prefixed" { text = " " + text }
            let tokens = tokenizer.encode(text, addSpecialTokens: false, parseSpecialTokens: !putsBlanks)
            let expected = name == "qwen2" ? text.replacing("e\u{301}", with: "\u{e9}") : text
            #expect(Array(tokenizer.decode(tokens, skipSpecialTokens: false).utf8) == Array(expected.utf8))
        }
    }
}
