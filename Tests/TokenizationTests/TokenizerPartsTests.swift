import Base
import TestSupport
import Testing
import Tokenization

/// One small tokenizer for each part that a tokenizer.json can name; Tests/Fixtures/tokenizers/make_parts.py.
private struct RecordedPart {
    let part: String
    let name: String
    let file: JSON
    let cases: [RecordedCase]

    static let all: [RecordedPart] = {
        let lines = (try? TestFiles.bytes(TestFiles.fixture("tokenizers/parts.jsonl"))) ?? []
        return lines.split(separator: UInt8(ascii: "\n")).compactMap { line in
            guard let json = try? JSON.parse(Array(line)), let part = json["part"]?.string,
                let name = json["name"]?.string, let file = json["file"], let cases = json["cases"]
            else { return nil }
            return RecordedPart(
                part: part, name: name, file: file, cases: cases.elements.compactMap { try? RecordedCase($0) })
        }
    }()
}

/// Everything that Hugging Face `tokenizers` 0.23 can name, and whether it is carried out here.
private let everyName: [(part: String, supported: [String], refused: [String])] = [
    (
        "normalizer",
        [
            "BertNormalizer", "Lowercase", "NFC", "NFD", "Prepend", "Replace", "Sequence", "Strip", "StripAccents",
        ],
        ["NFKC", "NFKD", "Nmt", "Precompiled", "ByteLevel"]
    ),
    (
        "pre_tokenizer",
        [
            "BertPreTokenizer", "ByteLevel", "Digits", "Metaspace", "Punctuation", "Sequence", "Split", "Whitespace",
            "WhitespaceSplit",
        ],
        ["CharDelimiterSplit", "FixedLength", "UnicodeScripts"]
    ),
    (
        "post_processor", ["BertProcessing", "ByteLevel", "RobertaProcessing", "Sequence", "TemplateProcessing"], []
    ),
    (
        "decoder", ["ByteLevel", "Sequence", "WordPiece"],
        ["BPEDecoder", "ByteFallback", "CTC", "Fuse", "Metaspace", "Replace", "Strip"]
    ),
    ("model", ["BPE", "WordLevel", "WordPiece"], ["Unigram"]),
]

@Suite struct `Parts of a tokenizer file` {
    @Test(arguments: RecordedPart.all.indices)
    func `give the ids and texts of Hugging Face tokenizers`(index: Int) throws {
        let recorded = RecordedPart.all[index]
        let tokenizer = try Tokenizer(tokenizerFile: bytes(recorded.file))
        try #require(recorded.cases.count > 20)
        for sample in recorded.cases {
            let problem = sample.disagreement(of: tokenizer)
            #expect(problem == nil, "\(recorded.part) \(recorded.name): \(problem ?? "")")
        }
    }

    /// Byte-level parts and the decoders of SentencePiece-style models have fixtures of their own.
    @Test func `are all recorded that are supported`() {
        let elsewhere: Set = [
            "pre_tokenizer ByteLevel", "post_processor ByteLevel", "post_processor TemplateProcessing",
            "decoder ByteLevel", "decoder Sequence",
        ]
        let recorded = Set(RecordedPart.all.map { "\($0.part) \($0.name)" })
        for (part, supported, _) in everyName {
            for name in supported where !elsewhere.contains("\(part) \(name)") {
                #expect(recorded.contains("\(part) \(name)"))
            }
        }
    }

    @Test(arguments: everyName.flatMap { names in names.refused.map { (names.part, $0) } })
    func `are refused by name where they are not carried out`(part: String, name: String) throws {
        let good = try #require(RecordedPart.all.first).file
        var json = JSONWriter()
        json.object { json in
            for (key, value) in good.members {
                let key = String(decoding: key, as: UTF8.self)
                json.key(key)
                if key == part && part != "model" {
                    json.object { $0.field("type", name) }
                } else if key == part {
                    json.object { json in
                        json.field("type", name)
                        json.key("vocab")
                        json.object { $0.field("a", 0) }
                    }
                } else {
                    value.write(to: &json)
                }
            }
        }
        let error = #expect(throws: TokenizerError.self) { try Tokenizer(tokenizerFile: json.bytes) }
        let text = try #require(error).description
        #expect(text.contains("\"\(name)\"") && text.contains(part) && !text.contains("\n"), "\(text)")
    }

    @Test(arguments: [(["e"], 65), (["e", "e"], 9), (["ee", "e"], 100)])
    func `are refused where a normalizer makes texts grow without end`(patterns: [String], count: Int) throws {
        let good = try #require(RecordedPart.all.first).file
        var json = JSONWriter()
        json.object { json in
            for (key, value) in good.members where !key.elementsEqual("normalizer".utf8) {
                json.key(String(decoding: key, as: UTF8.self))
                value.write(to: &json)
            }
            json.key("normalizer")
            json.object { json in
                json.field("type", "Sequence")
                json.key("normalizers")
                json.beginArray()
                for pattern in patterns {
                    json.object { json in
                        json.field("type", "Replace")
                        json.key("pattern")
                        json.object { $0.field("String", pattern) }
                        json.field("content", String(repeating: "e", count: count))
                    }
                }
                json.endArray()
            }
        }
        let error = #expect(throws: TokenizerError.self) { try Tokenizer(tokenizerFile: json.bytes) }
        #expect(error?.description.contains("64 times as long") == true)
    }

    private func bytes(_ json: JSON) -> [UInt8] {
        var writer = JSONWriter()
        json.write(to: &writer)
        return writer.bytes
    }
}

extension JSON {
    fileprivate func write(to json: inout JSONWriter) {
        switch kind {
        case .object:
            json.beginObject()
            for (key, value) in members {
                json.key(String(decoding: key, as: UTF8.self))
                value.write(to: &json)
            }
            json.endObject()
        case .array:
            json.beginArray()
            for element in elements { element.write(to: &json) }
            json.endArray()
        case .string: json.string(utf8: utf8 ?? [])
        case .number: if let integer { json.integer(integer) } else { json.number(double ?? 0) }
        case .bool: json.bool(bool ?? false)
        case .null: json.null()
        }
    }
}
