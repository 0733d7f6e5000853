// AnalyzerTests.swift — what becomes of a text.

import Retrieval
import Testing

@Suite struct `The analyzer` {
    @Test(arguments: [
        ("The quick foxes were running", ["quick", "fox", "were", "run"]),
        ("KV-cache", ["kvcach", "kv", "cach"]),
        ("KVCache", ["kvcach", "kv", "cach"]),
        ("kv_cache", ["kvcach", "kv", "cach"]),
        ("top_p", ["topp", "top", "p"]),
        ("C++ and C#, not C", ["c++", "c#", "c"]),
        ("fp8 int4", ["fp8", "int4"]),
        ("LLMs, GPUs and H100s", ["llm", "gpu", "h100"]),
        ("the model's cache; the models’ caches", ["model", "cach", "model", "cach"]),
        ("don't", ["don't"]),
        ("3.5 of 10,000, 1,2", ["3.5", "10000", "12"]),
        ("torch.nn.functional", ["torchnnfunct", "torch", "nn", "function"]),
        ("end. Next", ["end", "next"]),
        ("__init__", ["init"]),
        ("ÉCOLE Ärger", ["école", "ärger"]),
        ("机器学习 机", ["机器", "器学", "学习", "机"]),
        ("Привет, мир!", ["привет", "мир"]),
        ("naïve café’s", ["naïv", "café"]),
        ("a-b-c-d-e-f-g", ["b", "c", "d", "e", "f", "g"]),
        ("--- ... ''' ,,,", []),
        ("", []),
    ])
    func `cuts`(text: String, terms: [String]) { #expect(Analyzer().terms(of: text) == terms) }

    @Test func `positions keep the gaps of stop words and the place of parts`() {
        var places: [(String, Int)] = []
        let end = Analyzer().analyze("the state of KV-cache reuse", from: 10) { term, position in
            places.append((String(decoding: term, as: UTF8.self), position))
        }
        #expect(places.map(\.0) == ["state", "kvcach", "kv", "cach", "reus"])
        #expect(places.map(\.1) == [11, 13, 13, 14, 15])
        #expect(end == 16)
    }

    @Test func `a word of more than 64 bytes is no word`() {
        #expect(Analyzer().terms(of: String(repeating: "x", count: 64)).count == 1)
        #expect(Analyzer().terms(of: String(repeating: "x", count: 65)).isEmpty)
    }
}
