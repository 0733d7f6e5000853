// NoteLintTests.swift — well-formed notes that still are not good enough.

import Explainer
import Testing

@Suite struct `Note lint` {
    @Test func `the example has no faults`() throws {
        #expect(NoteLint.faults(try ExampleNote.parse()) == [])
    }

    @Test(arguments: [
        Breakage("How does an example note look here?", "Why so?", line: 3, "the question has 2 words"),
        Breakage("look here?", "look here", line: 3, "must end with '?'"),
        Breakage("  - notte exampel\n", "", line: 5, "'also_asked:' has 2 lines, expected 3 to 40"),
        Breakage("  - example of notes\n", "", line: 9, "'asked_plainly:' has 2 lines, expected 3 to 5"),
        Breakage(
            "  - example of notes\n", "  - a b c d e f g h i j\n", line: 10,
            "'a b c d e f g h i j' has 10 words, expected 1 to 9"),
        Breakage("[decoding/other, kv-cache/block-size]", "[]", line: 16, "'see_also:' is empty"),
        Breakage(
            "sources:\n  - Nobody. \"A title: with a colon\", 2020", "sources: []", line: 17, "'sources:' may be empty"),
        Breakage("slots in the pool. The", "slots in the pool, the", line: 24, "the short answer has 1 sentences"),
        Breakage("slots in the pool. The", "slots in the pool.\nThe", line: 24, "must be one line"),
        Breakage(
            "- *Who checks the number?* A", "- Who checks the number? A", line: 43, "expected '- *Question?* Answer.'"),
        Breakage(
            "\n- *Who checks the number?* A script recomputes the entry.", "", line: 42, "1 follow-ups, expected 2 to 5"
        ),
        Breakage(
            "Whether the candidate", "Whether." + String(repeating: " Word", count: 41) + " candidate", line: 36,
            "a sentence of 45 words, expected at most 40: 'Word Word"),
    ]) func `a fault is found at its line`(breakage: Breakage) throws {
        let bytes = try ExampleNote.replacing(breakage.old, with: breakage.new)
        let faults = NoteLint.faults(try NoteParser.parse(bytes, path: ExampleNote.path))
        #expect(faults.count == 1, "\(faults)")
        #expect(faults.first?.line == breakage.line)
        #expect(faults.first?.what.contains(breakage.what) == true, "\(faults)")
    }

    @Test func `a behavioural note needs no sources`() throws {
        let text = ExampleNote.text.replacing("kind: concept", with: "kind: behavioural")
            .replacing("sources:\n  - Nobody. \"A title: with a colon\", 2020", with: "sources: []")
        #expect(NoteLint.faults(try ExampleNote.parse(text)) == [])
    }
}
