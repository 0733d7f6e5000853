// SentencesTests.swift — where one sentence ends and the next begins.

import Explainer
import Testing

@Suite struct `Sentence ranges` {
    private func sentences(_ text: String) -> [String] {
        let bytes = Array(text.utf8)
        return Sentences.ranges(bytes, in: 0..<bytes.count).map { String(decoding: bytes[$0], as: UTF8.self) }
    }

    @Test(arguments: [
        ("Before.\n```python\na = 1\n\nb = 2\n```\nAfter.", ["a = 1\n\nb = 2"]),
        ("```\nx\n```\n\n```\ny\n```", ["x", "y"]),
        ("```\nleft open", []),
        ("```\n```\nNone.", []),
        ("", []),
    ]) func `programs stand between fences`(text: String, expected: [String]) {
        let bytes = Array(text.utf8)
        let listings = Sentences.listings(bytes, in: 0..<bytes.count)
        #expect(listings.map { String(decoding: bytes[$0], as: UTF8.self) } == expected)
    }

    @Test(arguments: [
        ("Before.\n\n| a |\n|---|\n| 1 |\n\nAfter.", ["| a |\n|---|\n| 1 |"]),
        ("| a |\n\n| b |\n| c |", ["| a |", "| b |\n| c |"]),
        ("```\n| no |\n```\n| a |\n", ["| a |"]),
        ("a | b", []),
    ]) func `tables are lines that begin with a bar`(text: String, expected: [String]) {
        let bytes = Array(text.utf8)
        let tables = Sentences.tables(bytes, in: 0..<bytes.count)
        #expect(tables.map { String(decoding: bytes[$0], as: UTF8.self) } == expected)
    }

    @Test(arguments: [
        ("One ends. Two begins.", ["One ends.", "Two begins."]),
        ("Does it? It does! 16 tokens.", ["Does it?", "It does!", "16 tokens."]),
        ("Kwon et al. Found 16.", ["Kwon et al. Found 16."]),
        ("Use a cache, e.g. LRU. No. The end.", ["Use a cache, e.g. LRU.", "No.", "The end."]),
        ("Version 1.5 of x.y works.", ["Version 1.5 of x.y works."]),
        ("It pages. vLLM does, e.g. vLLM of 2023.", ["It pages.", "vLLM does, e.g. vLLM of 2023."]),
        ("**What it is.** vLLM pages.", ["**What it is.**", "vLLM pages."]),
        ("**In short.** k is small, **not. here** is", ["**In short.**", "k is small, **not. here** is"]),
        ("Call `a. B` twice. `f` is next.", ["Call `a. B` twice.", "`f` is next."]),
        ("1. *Layout.* vLLM pages.", ["*Layout.*", "vLLM pages."]),
        ("**Numbers.** The sum is 3.", ["**Numbers.**", "The sum is 3."]),
        ("He said \"stop.\" (Then more.) Done.", ["He said \"stop.\"", "(Then more.)", "Done."]),
        ("A line\nthat goes on. Next.", ["A line\nthat goes on.", "Next."]),
        (
            "- one\n- two. Three.\n12. four",
            ["one", "two. Three.", "four"].flatMap { $0 == "two. Three." ? ["two.", "Three."] : [$0] }
        ),
        ("Before.\n\n```\nCode. More.\n```\n\n| a. B | c |\n|---|---|\nAfter.", ["Before.", "After."]),
        ("no stop", ["no stop"]),
        ("", []),
    ]) func `a text splits into what one would quote`(text: String, expected: [String]) {
        #expect(sentences(text) == expected)
    }

    @Test(arguments: [
        ("**Design.**", true), ("*Layout.*", true), ("*One* of *two*", false), ("**Design.** Pages.", false),
        ("Design.", false), ("**", false), ("", false),
    ]) func `a head is emphasized as a whole`(text: String, expected: Bool) {
        #expect(Sentences.isHead(ArraySlice(text.utf8)) == expected)
    }

    @Test(arguments: [
        ("One two three.", 3), ("Call `f(a, b)` now", 3), ("**bold** and _light_", 3), ("1,024 × 2 = 2,048", 3),
        ("don't top-k 12.5%", 3), ("", 0), ("— · ≈", 0), ("an `open tick", 3),
    ]) func `words are what a reader counts`(text: String, expected: Int) {
        let bytes = Array(text.utf8)
        #expect(Sentences.wordCount(bytes, in: 0..<bytes.count) == expected)
    }
}
