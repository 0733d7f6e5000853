import Base
import Testing
import Tokenization

@Suite struct `Real vocabularies` {
    @Test(sharedData, arguments: SharedTokenizer.allCases)
    func `give the reference's ids for llama.cpp's hard inputs`(which: SharedTokenizer) throws {
        let tokenizer = try which.load()
        for (text, ids) in try expectedIDs(which.expectedIDs) {
            let found = tokenizer.encode(text, addSpecialTokens: false, parseSpecialTokens: false)
            #expect(found.map(\.index) == ids, "\(String(decoding: text, as: UTF8.self).debugDescription)")
        }
    }

    @Test(sharedData, arguments: SharedTokenizer.allCases.filter(\.isLossless))
    func `give back every hard input`(which: SharedTokenizer) throws {
        let tokenizer = try which.load()
        for (text, _) in try expectedIDs(which.expectedIDs) {
            let ids = tokenizer.encode(text, addSpecialTokens: false, parseSpecialTokens: false)
            #expect(Array(tokenizer.decode(ids, skipSpecialTokens: true).utf8) == text)
        }
    }
}
