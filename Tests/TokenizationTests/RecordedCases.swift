// RecordedCases.swift — texts with what Hugging Face `tokenizers` made of them.

import Base
import TestSupport
import Testing
import Tokenization

/// One line of a cases.jsonl, as Tests/Differential/tokenizers_reference.py writes it.
struct RecordedCase {
    let text: [UInt8]
    /// With special tokens around; without; with special tokens in the text left as text.
    let ids: [Int]
    let parsed: [Int]
    let plain: [Int]
    /// The text of `parsed`, and the same with the names of special tokens; nil where the reference is odd.
    let decoded: [UInt8]?
    let named: [UInt8]?

    init(_ line: ArraySlice<UInt8>) throws { try self.init(try JSON.parse(Array(line))) }

    init(_ file: JSON) throws {
        func ids(_ key: String, or usual: [Int]) -> [Int] { file[key]?.elements.compactMap(\.integer) ?? usual }
        func text(_ key: String, or usual: [UInt8]?) -> [UInt8]? {
            guard let value = file[key] else { return usual }
            return value.utf8
        }
        self.text = try #require(file["text"]?.utf8)
        self.ids = ids("ids", or: [])
        parsed = ids("parsed", or: self.ids)
        plain = ids("plain", or: parsed)
        decoded = text("decoded", or: self.text)
        named = text("named", or: decoded)
    }

    static func read(_ path: String) throws -> [RecordedCase] {
        try ReadFile.bytes(path, limit: 1 << 30).split(separator: UInt8(ascii: "\n")).map { try RecordedCase($0) }
    }

    /// What `tokenizer` does otherwise; nil if it agrees.
    func disagreement(of tokenizer: Tokenizer) -> String? {
        func encode(_ add: Bool, _ parse: Bool) -> [Int] {
            tokenizer.encode(text, addSpecialTokens: add, parseSpecialTokens: parse).map(\.index)
        }
        func decode(_ skip: Bool) -> [UInt8] {
            Array(tokenizer.decode(parsed.map { TokenID($0) }, skipSpecialTokens: skip).utf8)
        }
        var problems: [String] = []
        func check<Found: Equatable>(_ what: String, _ found: Found, _ expected: Found?) {
            if let expected, found != expected { problems.append("\(what): \(found), expected \(expected)") }
        }
        check("ids", encode(true, true), ids)
        check("parsed", encode(false, true), parsed)
        check("plain", encode(false, false), plain)
        check("decoded", decode(true), decoded)
        check("named", decode(false), named)
        return problems.isEmpty
            ? nil : String(decoding: text, as: UTF8.self).debugDescription + "\n" + problems.joined(separator: "\n")
    }
}
