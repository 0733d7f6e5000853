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
        "gpt2", "gpt2-added", "gpt2-prefixed", "smollm2", "llama2", "llama2-added", "llama3", "qwen2",
    ])
    func `agrees with Hugging Face tokenizers on every string`(name: String) throws {
        let folder = try #require(recorded) + "/" + name
        let tokenizer = try Tokenizer.load(huggingFaceFolder: folder)
        var disagreements = 0
        for line in try ReadFile.bytes(folder + "/cases.jsonl", limit: 1 << 30).split(separator: UInt8(ascii: "\n")) {
            let recorded = try JSON.parse(Array(line))
            let text = try #require(recorded["text"]?.utf8)
            func ids(_ key: String) -> [Int] { recorded[key]?.elements.compactMap(\.integer) ?? [] }
            func encode(_ add: Bool, _ parse: Bool) -> [TokenID] {
                tokenizer.encode(text, addSpecialTokens: add, parseSpecialTokens: parse)
            }
            func decodes(_ key: String, _ tokens: [TokenID], skip: Bool) -> Bool {
                guard let expected = recorded[key]?.utf8 else { return true }
                return Array(tokenizer.decode(tokens, skipSpecialTokens: skip).utf8) == expected
            }
            let parsed = encode(false, true)
            let agrees =
                encode(true, true).map(\.index) == ids("ids") && parsed.map(\.index) == ids("parsed")
                && encode(false, false).map(\.index) == ids("plain")
                && decodes("decoded", parsed, skip: true) && decodes("named", parsed, skip: false)
            if agrees { continue }
            disagreements += 1
            if disagreements <= 5 {
                Issue.record(
                    """
                    \(String(decoding: text, as: UTF8.self).debugDescription)
                    parsed \(parsed) expected \(ids("parsed"))
                    plain \(encode(false, false)) expected \(ids("plain"))
                    decoded \(tokenizer.decode(parsed, skipSpecialTokens: true).debugDescription) \
                    expected \(recorded["decoded"]?.string?.debugDescription ?? "")
                    named \(tokenizer.decode(parsed, skipSpecialTokens: false).debugDescription) \
                    expected \(recorded["named"]?.string?.debugDescription ?? "")
                    """)
            }
        }
        #expect(disagreements == 0)
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
                shown = "…" + String(decoding: found.utf8.dropFirst(start).prefix(160), as: UTF8.self).debugDescription
                    + "\nexpected …" + String(decoding: text.utf8.dropFirst(start).prefix(160), as: UTF8.self).debugDescription
            } else {
                shown += "\nexpected \(recorded["kind"]?.string ?? "") \(text.prefix(300).debugDescription)"
            }
            Issue.record(
                "\(recorded["template"]?.string ?? "") with \(recorded["conversation"]?["name"]?.string ?? ""): \(shown)")
        }
        #expect(disagreements == 0)
    }
}
