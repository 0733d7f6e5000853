import Base
import Testing
import Tokenization

@Suite struct `Comparing tokenizers` {
    private static let file = #"""
        {"model": {"type": "BPE", "vocab": {"a": 0, "b": 1, "\u00e9": 2, "<end>": 3}, "merges": []},
         "decoder": {"type": "Sequence", "decoders": [{"type": "Replace", "pattern": {"String": "▁"}, "content": " "},
                                                        {"type": "ByteFallback"}, {"type": "Fuse"}]},
         "added_tokens": [{"id": 3, "content": "<end>", "special": true, "single_word": false, "lstrip": false,
                           "rstrip": false, "normalized": false}]}
        """#

    private static func tokenizer(replacing old: String = "", with new: String = "") throws -> Tokenizer {
        let parts = file.split(separator: old.isEmpty ? "nothing at all" : old, omittingEmptySubsequences: false)
        try #require(parts.count == (old.isEmpty ? 1 : 2))
        return try Tokenizer(tokenizerFile: Array(parts.joined(separator: new).utf8))
    }

    @Test func `finds no difference between a tokenizer and itself`() throws {
        #expect(try Self.tokenizer().firstDifference(from: Self.tokenizer()) == nil)
    }

    @Test(arguments: [
        (#""b": 1"#, #""c": 1"#, TokenID(1)),
        // The same letter to a reader, other bytes to a model.
        (#"\u00e9"#, #"e\u0301"#, 2),
        (#""special": true"#, #""special": false"#, 3),
        (#""<end>": 3}"#, #""<end>": 3, "d": 4}"#, 4),
    ])
    func `names the first token that differs, from either side`(old: String, new: String, token: TokenID) throws {
        let other = try Self.tokenizer(replacing: old, with: new)
        #expect(try Self.tokenizer().firstDifference(from: other) == token)
        #expect(try other.firstDifference(from: Self.tokenizer()) == token)
    }
}
