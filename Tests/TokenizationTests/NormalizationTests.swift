// NormalizationTests.swift — canonical forms, and which characters BERT's clean-up takes for marks and controls.

import Base
import TestSupport
import Testing
import Tokenization

/// A tokenizer that only normalizes: every byte is a token, so decoding gives back what was encoded.
func bytewiseTokenizer(normalizer: String) throws -> Tokenizer {
    var letters: [Unicode.Scalar] = []
    var next: UInt32 = 0x100
    for byte: UInt32 in 0..<256 {
        let isPrintable = (0x21...0x7e).contains(byte) || (0xa1...0xac).contains(byte) || byte >= 0xae
        letters.append(Unicode.Scalar(isPrintable ? byte : next)!)
        if !isPrintable { next += 1 }
    }
    let entries = letters.enumerated().map { id, letter in
        let key = letter == "\"" || letter == "\\" ? "\\\(letter)" : "\(letter)"
        return "\"\(key)\":\(id)"
    }
    let file = """
        {"normalizer": \(normalizer), "pre_tokenizer": {"type": "ByteLevel", "add_prefix_space": false, "use_regex": false},
         "decoder": {"type": "ByteLevel"}, "model": {"type": "BPE", "vocab": {\(entries.joined(separator: ","))}, "merges": []}}
        """
    return try Tokenizer(tokenizerFile: Array(file.utf8))
}

extension Tokenizer {
    /// The text after normalizing.
    func normalized(_ text: String) -> String {
        decode(encode(text, addSpecialTokens: false, parseSpecialTokens: false), skipSpecialTokens: false)
    }
}

@Suite struct `Canonical forms` {
    /// Expected values by Python's unicodedata.
    @Test(arguments: [
        ("\u{36e}\u{f81}", "\u{f71}\u{f80}\u{36e}", "\u{f71}\u{f80}\u{36e}"),
        ("\u{36e}\u{f73}", "\u{f71}\u{f72}\u{36e}", "\u{f71}\u{f72}\u{36e}"),
        ("\u{36e}\u{f75}", "\u{f71}\u{f74}\u{36e}", "\u{f71}\u{f74}\u{36e}"),
        ("\u{1ff}\u{f81}", "\u{1ff}\u{f71}\u{f80}", "\u{f8}\u{f71}\u{f80}\u{301}"),
        ("\u{344}\u{323}", "\u{323}\u{308}\u{301}", "\u{323}\u{308}\u{301}"),
        ("a\u{344}", "\u{e4}\u{301}", "a\u{308}\u{301}"), ("e\u{301}\u{323}", "\u{1eb9}\u{301}", "e\u{323}\u{301}"),
        ("\u{1100}\u{1161}\u{11a8}", "\u{ac01}", "\u{1100}\u{1161}\u{11a8}"), ("\u{212b}", "\u{c5}", "A\u{30a}"),
        ("plain", "plain", "plain"), ("", "", ""),
    ]) func `are those of the Unicode standard`(text: String, composed: String, decomposed: String) throws {
        let nfc = try bytewiseTokenizer(normalizer: #"{"type": "NFC"}"#).normalized(text)
        let nfd = try bytewiseTokenizer(normalizer: #"{"type": "NFD"}"#).normalized(text)
        // As bytes: `==` of strings holds the forms for the same text.
        #expect(Array(nfc.utf8) == Array(composed.utf8))
        #expect(Array(nfd.utf8) == Array(decomposed.utf8))
    }
}

@Suite struct `BERT's clean-up` {
    private func normalized(_ text: String, accents: Bool) throws -> [UInt8] {
        Array(
            try bytewiseTokenizer(
                normalizer: """
                    {"type": "BertNormalizer", "clean_text": true, "handle_chinese_chars": true,
                     "strip_accents": \(accents), "lowercase": false}
                    """
            ).normalized(text).utf8)
    }

    /// What Hugging Face tokenizers 0.23 does: its tables are those of Unicode 8.0.
    @Test(arguments: [
        // Format characters of 1.1 and 8.0 go, as do private ones; those of 9.0 and later stay.
        ("\u{ad}", ""), ("\u{e000}", ""), ("\u{10fffd}", ""), ("\u{fffd}", ""), ("\u{8e2}", "\u{8e2}"),
        ("\u{110cd}", "\u{110cd}"), ("\u{13430}", "\u{13430}"), ("\t\u{a0}\u{3000}", "   "), ("\u{85}", ""),
    ]) func `drops the control characters that its reference knows`(text: String, expected: String) throws {
        #expect(try normalized("a" + text + "b", accents: false) == Array(("a" + expected + "b").utf8))
    }

    @Test(arguments: [
        ("\u{301}", ""), ("\u{1734}", ""), ("\u{1171e}", ""), ("\u{1885}", "\u{1885}"), ("\u{a9bd}", "\u{a9bd}"),
        ("\u{111c9}", "\u{111c9}"), ("\u{8d4}", "\u{8d4}"), ("\u{f81}", ""),
    ]) func `strips the marks that its reference knows`(text: String, expected: String) throws {
        #expect(try normalized("a" + text + "b", accents: true) == Array(("a" + expected + "b").utf8))
    }
}
