import Base
import Glibc
import TestSupport
import Testing
import Tokenization

/// Where Tests/Differential/tokenizers_reference.py wrote, if it ran.
private let recorded: String? = getenv("SWIFTLET_DIFFERENTIAL").map { String(cString: $0) }

@Suite(.enabled(if: recorded != nil, "SWIFTLET_DIFFERENTIAL names no recorded run"))
struct `Differential run` {
    @Test(arguments: [
        "gpt2", "gpt2-added", "gpt2-prefixed", "smollm2", "llama2", "llama2-added", "llama3", "qwen2", "bert", "minilm",
        "o200k",
    ])
    func `agrees with Hugging Face tokenizers on every string`(name: String) throws {
        let folder = try #require(recorded) + "/" + name
        let tokenizer = try Tokenizer.load(huggingFaceFolder: folder)
        let disagreements = try RecordedCase.read(folder + "/cases.jsonl").compactMap { $0.disagreement(of: tokenizer) }
        #expect(disagreements.isEmpty, "\(disagreements.count): \(disagreements.prefix(3).joined(separator: "\n"))")
    }

    @Test func `agrees with Python on every canonical form`() throws {
        let composing = try bytewiseTokenizer(normalizer: #"{"type": "NFC"}"#)
        let decomposing = try bytewiseTokenizer(normalizer: #"{"type": "NFD"}"#)
        let lines = try ReadFile.bytes(try #require(recorded) + "/normalization.jsonl", limit: 1 << 30)
        var disagreements: [String] = []
        for line in lines.split(separator: UInt8(ascii: "\n")) {
            let forms = try JSON.parse(Array(line)).elements.compactMap(\.string)
            try #require(forms.count == 3)
            let found = [forms[0], composing.normalized(forms[0]), decomposing.normalized(forms[0])]
            if !zip(found, forms).allSatisfy({ $0.utf8.elementsEqual($1.utf8) }) {
                disagreements.append("\(forms[0].unicodeScalars.map { String($0.value, radix: 16) })")
            }
        }
        #expect(disagreements.isEmpty, "\(disagreements.count): \(disagreements.prefix(3))")
    }

    @Test func `agrees with jinja2 on every rendering`() throws {
        let path = try #require(recorded) + "/chat-templates.jsonl"
        var disagreements = 0
        for line in try ReadFile.bytes(path, limit: 1 << 30).split(separator: UInt8(ascii: "\n")) {
            let recorded = try JSON.parse(Array(line))
            let conversation = try Conversation(reference: try #require(recorded["conversation"]))
            let source = try #require(recorded["source"]?.string)
            let text = try #require(recorded["text"]?.string)
            let found = Rendering { () throws(TemplateError) in
                try ChatTemplate(source: source).render(conversation)
            }
            let agrees =
                switch (recorded["kind"]?.string, found) {
                case ("text", .text(let found)): found.utf8.elementsEqual(text.utf8)
                case ("raised", .raised(let found)): found.utf8.elementsEqual(text.utf8)
                case ("failed", .failed): true
                default: false
                }
            if agrees { continue }
            disagreements += 1
            if disagreements > 20 { continue }
            var shown = "\(found)"[...]
            if case .text(let found) = found {
                let common = zip(found.utf8, text.utf8).prefix { $0 == $1 }.count
                let start = max(0, common - 60)
                shown =
                    "…" + String(decoding: found.utf8.dropFirst(start).prefix(160), as: UTF8.self).debugDescription
                    + "\nexpected …"
                    + String(decoding: text.utf8.dropFirst(start).prefix(160), as: UTF8.self).debugDescription
            } else {
                shown += "\nexpected \(recorded["kind"]?.string ?? "") \(text.prefix(300).debugDescription)"
            }
            Issue.record(
                "\(recorded["template"]?.string ?? "") with \(recorded["conversation"]?["name"]?.string ?? ""): \(shown)"
            )
        }
        #expect(disagreements == 0)
    }
}
