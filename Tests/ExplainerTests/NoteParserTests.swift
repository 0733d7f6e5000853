// NoteParserTests.swift — a note is read exactly, or refused at the line that is wrong.

import Explainer
import TestSupport
import Testing

@Suite struct `Note parser` {
    @Test func `every field is read literally`() throws {
        let note = try ExampleNote.parse()
        #expect(note.id.description == "decoding/example")
        #expect(note.topic == "decoding")
        #expect(note.question == "How does an example note look here?")
        #expect(
            note.alsoAsked == ["example note form", "what is the shape of a note in the corpus", "notte exampel"])
        #expect(note.askedPlainly == ["example note", "example of notes", "what is an example note"])
        #expect(note.level == .junior)
        #expect(note.kind == .concept)
        #expect(note.prerequisites.isEmpty)
        #expect(note.seeAlso.map(\.description) == ["decoding/other", "kv-cache/block-size"])
        #expect(note.sources == ["Nobody. \"A title: with a colon\", 2020"])
        #expect(note.code.isEmpty)
        #expect(note.arithmetic == ["2 * 3 = 6"])
    }

    @Test func `a section is the bytes between its heading and the next`() throws {
        let note = try ExampleNote.parse()
        #expect(note.sections.map(\.heading) == Note.Heading.allCases)
        #expect(note.text(.interviewersProbe) == "Whether the candidate multiplies before guessing.")
        let explanation = note.text(.explanation)
        #expect(explanation.hasPrefix("**Code.** A heading"))
        #expect(explanation.contains("```\n# no heading\n```"))
        #expect(explanation.hasSuffix("The last paragraph ends the section."))
        // Both spellings of the word survive: equal as text, different as bytes.
        let expected = Array("The caf\u{e9} and the cafe\u{301} differ in their bytes.".utf8)
        #expect(note.bytes[note[.shortAnswer].range].suffix(expected.count) == expected[...])
        #expect(note.line(atByte: note[.shortAnswer].range.lowerBound) == 24)
    }

    @Test func `the hash tells one changed byte`() throws {
        let changed = ExampleNote.text.replacing("2 * 3 = 6", with: "2 * 3 = 7", maxReplacements: 1)
        #expect(try ExampleNote.parse().contentHash == ExampleNote.parse().contentHash)
        #expect(try ExampleNote.parse().contentHash != ExampleNote.parse(changed).contentHash)
    }

    @Test(arguments: [
        Breakage("---\nid", "id", line: 1, "expected '---'"),
        Breakage("id: decoding/example", "id: Decoding/Example", line: 2, "is no id"),
        Breakage("id: decoding/example", "id: decoding/a--b", line: 2, "is no id"),
        Breakage("id: decoding/example", "id: example", line: 2, "is no id"),
        Breakage("id: decoding/example\n", "", line: 2, "expected the key 'id:', found 'question:"),
        Breakage("question: How", "question:How", line: 3, "expected a space after 'question:'"),
        Breakage("question: How does an example note look here?", "question:", line: 3, "needs a value"),
        Breakage("  - example note form\n", "- example note form\n", line: 4, "has no items"),
        Breakage("  - notte", "  * notte", line: 7, "expected the key 'asked_plainly:'"),
        Breakage("topic: decoding\n", "topic: decoding\ntopic: decoding\n", line: 13, "expected the key 'level:'"),
        Breakage("topic: decoding", "topic: serving", line: 12, "the topic differs from that of the id"),
        Breakage("level: junior\nkind: concept", "kind: concept\nlevel: junior", line: 13, "expected the key 'level:'"),
        Breakage("level: junior", "level: expert", line: 13, "choose one of: junior, senior, staff"),
        Breakage("kind: concept", "kind: story", line: 14, "'story' is no kind"),
        Breakage("prerequisites: []", "prerequisites: none", line: 15, "needs a list"),
        Breakage("[decoding/other, ", "[decoding/other,, ", line: 16, "has an empty item"),
        Breakage("[decoding/other, ", "[decoding/Other, ", line: 16, "'decoding/Other' is no id"),
        Breakage("  - 2 * 3 = 6\n---\n", "  - 2 * 3 = 6\n", line: 22, "expected '---' after the last key"),
        Breakage("code: []", "colour: red\ncode: []", line: 19, "expected the key 'code:', found 'colour: red'"),
        Breakage("## Short answer\n", "Hello.\n## Short answer\n", line: 23, "text before the first heading"),
        Breakage("## Short answer\n", "", line: 23, "text before the first heading"),
        Breakage("## Explanation", "## Explanations", line: 26, "expected '## Explanation'"),
        Breakage("## Explanation", "# Explanation", line: 26, "expected '## Explanation', found '# Explanation'"),
        Breakage("```\n\nThe last", "\nThe last", line: 29, "the code block is not closed"),
        Breakage(
            "Whether the candidate multiplies before guessing.\n", "", line: 35,
            "the section '## What interviewers probe' is empty"),
        Breakage("## Common mistakes\n", "", line: 40, "expected '## Common mistakes', found '## Follow-ups'"),
        Breakage("entry.\n", "entry.\n\n## Notes\nMore.\n", line: 45, "no heading may follow the last section"),
        Breakage("\n\n## Follow-ups\n", "\n", line: 41, "the section '## Follow-ups' is missing"),
        Breakage("entry.\n", "entry.", line: 43, "must end with exactly one newline"),
        Breakage("entry.\n", "entry.\n\n", line: 44, "must end with exactly one newline"),
        Breakage("guessing.", "guessing. ", line: 36, "trailing space"),
        Breakage("guessing.", "guessing.\r", line: 36, "a carriage return is not allowed"),
        Breakage("candidate multiplies", "candidate\tmultiplies", line: 36, "a tab is not allowed"),
        Breakage("candidate multiplies", "candidate\0multiplies", line: 36, "a control character is not allowed"),
    ]) func `a fault is found at its line`(breakage: Breakage) throws {
        let bytes = try ExampleNote.replacing(breakage.old, with: breakage.new)
        let fault = try #require(throws: NoteFault.self) { try NoteParser.parse(bytes, path: ExampleNote.path) }
        #expect(fault.line == breakage.line)
        #expect(fault.what.contains(breakage.what), "\(fault)")
        #expect(fault.description == "\(ExampleNote.path):\(fault.line): \(fault.what)")
    }

    @Test func `bytes that are not text are refused at their line`() throws {
        var bytes = Array(ExampleNote.text.utf8)
        let word = try #require(bytes.firstRange(of: Array("guessing".utf8)))
        bytes[word.lowerBound] = 0xFF
        let fault = try #require(throws: NoteFault.self) { try NoteParser.parse(bytes, path: "x.md") }
        #expect(fault == NoteFault("x.md", 36, "the text is not UTF-8"))
        #expect(throws: NoteFault("x.md", 1, "the file is empty")) { try NoteParser.parse([], path: "x.md") }
    }

    @Test func `no mangled note traps, and none that is accepted has a range outside its bytes`() {
        var generator = SeededGenerator(seed: 7)
        let original = Array(ExampleNote.text.utf8)
        let marks = Array("\n -:#[]`,*".utf8)
        for _ in 0..<4000 {
            var bytes = original
            for _ in 0..<Int.random(in: 1...3, using: &generator) where !bytes.isEmpty {
                let start = Int.random(in: 0..<bytes.count, using: &generator)
                let end = min(bytes.count, start + Int.random(in: 0...40, using: &generator))
                let insert = Int.random(in: 0...2, using: &generator)
                bytes.replaceSubrange(
                    start..<end, with: (0..<insert).map { _ in marks.randomElement(using: &generator)! })
            }
            guard let note = try? NoteParser.parse(bytes, path: "x.md") else { continue }
            for section in note.sections {
                #expect(section.range.lowerBound >= 0 && section.range.upperBound <= bytes.count)
                #expect(!note.text(section.range).isEmpty)
                for sentence in Sentences.ranges(bytes, in: section.range) {
                    #expect(
                        section.range.contains(sentence.lowerBound) && sentence.upperBound <= section.range.upperBound)
                }
            }
        }
    }
}
