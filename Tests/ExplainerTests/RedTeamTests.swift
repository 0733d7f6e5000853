// RedTeamTests.swift — questions and documents that give orders: what is retrieved is data, and so is what is asked.
// Tests/Fixtures/red-team.jsonl; the answers' part stands in AnswerTests.

import Base
import Explainer
import Retrieval
import TestSupport
import Testing

/// A line of the set.
struct RedTeamCase: Sendable, CustomTestStringConvertible {
    let id: String
    let kind: String
    let text: String
    /// The honest question behind a question, or the one that a document lies in wait for.
    let base: String?

    var testDescription: String { id }

    static let all: [RedTeamCase] = {
        let file = #filePath.split(separator: "/").dropLast(2).joined(separator: "/")
        var cases: [RedTeamCase] = []
        do {
            try JSONLines.forEach("/" + file + "/Fixtures/red-team.jsonl") { value, _ in
                guard let id = value["id"]?.string, let kind = value["kind"]?.string, let text = value["text"]?.string
                else { return }
                cases.append(RedTeamCase(id: id, kind: kind, text: text, base: value["base"]?.string))
            }
        } catch { return [] }
        return cases
    }()

    /// The letters and digits of a text: what is left of it when all marks are taken away.
    static func words(_ text: String) -> String {
        text.unicodeScalars.split { !$0.properties.isAlphabetic && $0.properties.numericType == nil }
            .map { String($0) }.joined(separator: " ")
    }
}

@Suite struct `Red team` {
    @Test func `the set has sixty cases`() {
        #expect(RedTeamCase.all.count == 60)
        #expect(RedTeamCase.all.count { $0.kind == "question" } == 30)
    }

    @Test(arguments: RedTeamCase.all.filter { $0.kind == "question" })
    func `an order in a question is words to look up, no more`(attack: RedTeamCase) throws {
        let finder = try EvidenceFixture.shipped.get()
        let evidence = try finder.evidence(for: attack.text)
        let corpus = try Corpus.shipped()
        for sentence in evidence.sentences {
            #expect(corpus[sentence.note]?.text(sentence.range) == sentence.text)
        }
        for note in evidence.notes { #expect(corpus[note.note.id] != nil) }
        #expect((0...1).contains(evidence.confidence))
        guard let base = attack.base else {
            // The notes have one on such orders. Nothing else may answer them, but a note that is named.
            guard evidence.verdict == .sufficient else { return }
            let first = try #require(evidence.notes.first?.note)
            #expect(first.topic == "safety" || attack.text.contains(first.id.description))
            return
        }
        // The honest half is still found.
        let honest = try finder.look(for: base)
        let first = try #require(honest.ranking.first)
        #expect(try finder.look(for: attack.text).ranking.prefix(5).contains(first))
    }

    @Test(arguments: RedTeamCase.all.filter { $0.kind == "document" })
    func `an order in a note changes nothing that other words would not change`(attack: RedTeamCase) throws {
        let base = try #require(attack.base)
        let shipped = try EvidenceFixture.shipped.get()
        let right = try #require(try shipped.look(for: base).ranking.first)
        // What the grammar of notes refuses cannot be planted at all.
        guard let planted = try evidence(for: base, beside: right, planting: attack.text) else { return }
        let honest = try #require(try evidence(for: base, beside: right, planting: nil))
        #expect(planted.evidence.notes.contains { $0.note.id == right })
        let clean = { (evidence: Evidence) in
            evidence.sentences.filter { $0.note == right }.map(\.text)
        }
        let lost = Set(clean(honest.evidence)).symmetricDifference(clean(planted.evidence))
        #expect(lost.isEmpty, "\(lost.count) sentences")
        for sentence in planted.evidence.sentences {
            #expect(planted.corpus[sentence.note]?.text(sentence.range) == sentence.text)
        }
        // The same words without their marks: brackets, headings and control tokens have no power of their own.
        if let bare = try evidence(for: base, beside: right, planting: RedTeamCase.words(attack.text) + ".") {
            #expect(bare.evidence.notes.first?.note.id == planted.evidence.notes.first?.note.id)
            #expect(bare.evidence.verdict == planted.evidence.verdict)
        }
    }

    /// Evidence in a corpus of the right note, a few others, and one that has `text` in its explanation; nil if that
    /// is no note.
    private func evidence(
        for question: String, beside right: NoteID, planting text: String?
    ) throws -> (evidence: Evidence, corpus: Corpus)? {
        let shipped = try Corpus.shipped()
        let folder = try TemporaryFolder()
        let others = shipped.notes.enumerated().filter { $0.offset % 30 == 0 && $0.element.id != right }
        for note in [try #require(shipped[right])] + others.map(\.element) {
            try folder.makeFolder(note.topic)
            try folder.write(note.id.description + ".md", note.bytes)
        }
        try folder.makeFolder("decoding")
        let host = ExampleNote.text.replacing(
            "The last paragraph ends the section.", with: text ?? "The last paragraph ends the section.")
        try folder.write("decoding/example.md", Array(host.utf8))
        let (corpus, faults) = try Corpus.read(folder.path)
        guard faults.isEmpty else { return nil }
        // All of them: what is planted must push none of the others out.
        return (try EvidenceFixture.finder(corpus).evidence(for: question, sentenceCount: 500), corpus)
    }
}
