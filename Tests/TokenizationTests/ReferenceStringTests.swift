import Base
import TestSupport
import Testing
import Tokenization

/// Ids that Hugging Face `tokenizers` gave for some 240 strings; Tests/Fixtures/reference/README.md.
@Suite struct `Reference strings` {
    @Test(arguments: [
        ("fixture", "Tests/Fixtures/reference/llama-gqa-f32"), ("embedded", "Models/swiftlet-5m"),
    ])
    func `have the reference's ids and come back whole`(key: String, folder: String) throws {
        let tokenizer = try Tokenizer.load(huggingFaceFolder: TestFiles.root + "/" + folder)
        let reference = try JSON.parse(
            try TestFiles.bytes(TestFiles.fixture("reference/tokenizer_expected.json")))
        let strings = try #require(reference["strings"])
        #expect(strings.count > 200)
        for entry in strings.elements {
            let text = try #require(entry["text"]?.string)
            let expected = try #require(entry[key])
            func ids(_ name: String) -> [TokenID]? {
                expected[name].map { list in list.elements.map { TokenID($0.integer ?? -1) } }
            }
            let special = try #require(ids("ids"))
            let plain = ids("plain") ?? special
            #expect(
                tokenizer.encode(text, addSpecialTokens: false, parseSpecialTokens: true) == special, "\(text)")
            let found = tokenizer.encode(text, addSpecialTokens: false, parseSpecialTokens: false)
            #expect(found == plain, "\(text)")
            let decoded = tokenizer.decode(found, skipSpecialTokens: false)
            #expect(Array(decoded.utf8) == Array(text.utf8), "\(text)")
        }
    }
}
