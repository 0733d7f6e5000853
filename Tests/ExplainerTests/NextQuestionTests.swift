import Explainer
import TestSupport
import Testing

@Suite struct `Next questions` {
    @Test func `are a note's follow-ups, each with the sentences of its answer`() throws {
        let note = try NoteParser.parse(
            ExampleNote.replacing(
                "A script recomputes the entry.", with: "A script does. Would a person? Hardly, and *never* twice."),
            path: ExampleNote.path)
        let next = note.nextQuestions
        #expect(next.map(\.question) == ["What if a factor changes?", "Who checks the number?"])
        #expect(next[0].answer.map(note.text) == ["The product changes in proportion."])
        #expect(
            next[1].answer.map(note.text) == ["A script does.", "Would a person?", "Hardly, and *never* twice."])
    }

    @Test func `every one of the notes' has an answer`() throws {
        for note in try Corpus.shipped().notes {
            #expect(note.nextQuestions.count >= 2, "\(note.id)")
            #expect(note.nextQuestions.allSatisfy { !$0.answer.isEmpty }, "\(note.id)")
        }
    }

    @Test func `are answered by the note that suggested them`() throws {
        let finder = try EvidenceFixture.shipped.get()
        let notes = try Corpus.shipped().notes
        for note in stride(from: 0, to: notes.count, by: 9).map({ notes[$0] }) {
            for next in note.nextQuestions {
                let evidence = try finder.evidence(
                    for: next.question, conversation: [ConversationTurn(question: note.question, notes: [note.id])])
                #expect(evidence.askedNext == AskedNext(note: note.id, next: next, extent: .verbatim), "\(note.id)")
                #expect(evidence.notes.first?.note.id == note.id)
                #expect(evidence.verdict == .sufficient)
            }
        }
    }

    @Test(arguments: ["When is ROC area misleading?", "when is the roc area misleading", "WHEN IS ROC-AREA MISLEADING"])
    func `are recognized without a conversation, by their words`(question: String) throws {
        let evidence = try EvidenceFixture.shipped.get().evidence(for: question)
        #expect(evidence.askedNext?.next.question == "When is ROC area misleading?")
        #expect(evidence.askedNext?.isWhole == true)
    }

    @Test func `are a part of a longer question`() throws {
        let evidence = try EvidenceFixture.shipped.get().evidence(
            for:
                "Explain GRPO for training language models by reinforcement: is GRPO on-policy, and how large is a group?"
        )
        #expect(evidence.askedNext?.next.question == "Is GRPO on-policy?")
        #expect(evidence.askedNext?.isWhole == false)
    }

    @Test(arguments: ["What is GRPO?", "how do I choose a font size", "Why?"])
    func `are not what asks for the note, or for nothing of it`(question: String) throws {
        #expect(try EvidenceFixture.shipped.get().evidence(for: question).askedNext == nil)
    }
}

@Suite struct `Question details` {
    static func details(_ question: String) throws -> [String] {
        let evidence = try EvidenceFixture.shipped.get().evidence(for: question)
        let note = try #require(evidence.notes.first?.note)
        return evidence.details.map(note.text)
    }

    @Test(arguments: [
        ("Why does AdamW decouple weight decay?", "taken out of the gradient"),
        ("What is reciprocal rank fusion and why use it?", "1/(k + rank)"),
        ("how does a mixture of experts keep its load balanced", "auxiliary loss"),
    ])
    func `are the sentences of the paragraph that the question is about`(question: String, word: String) throws {
        let found = try Self.details(question)
        #expect((1...2).contains(found.count))
        #expect(found.contains { $0.contains(word) }, "\(found)")
    }

    @Test(arguments: [
        ("what is label smoothing", "Label smoothing trains"),
        ("what is a confusion matrix", "A confusion matrix is a table"),
    ]) func `lead where the short answer says nothing of the subject`(question: String, start: String) throws {
        let evidence = try EvidenceFixture.shipped.get().evidence(for: question)
        let outline = AnswerOutline(evidence, AnswerOptions()) { _ in nil }
        #expect(outline.lead.first?.line.hasPrefix(start) == true)
        #expect(outline.lead.contains { $0.heading == .shortAnswer })
    }

    @Test func `come behind a short answer that speaks of it`() throws {
        let evidence = try EvidenceFixture.shipped.get().evidence(for: "Why does AdamW decouple weight decay?")
        #expect(!evidence.detailsLead)
        #expect(AnswerOutline(evidence, AnswerOptions()) { _ in nil }.lead.first?.heading == .shortAnswer)
    }

    @Test(arguments: ["What is LoRA, and when would you use it?", "LoRA", "what is attention"])
    func `are none where the note itself is asked for`(question: String) throws {
        #expect(try Self.details(question).isEmpty)
    }
}

extension `Strict answer` {
    @Test func `to a follow-up begins with its answer, and does not suggest it again`() throws {
        let notes = try AnswerFixtures.two()
        let next = notes[0].nextQuestions[1]
        let (answer, _) = try Self.answer(
            AnswerFixtures.evidence(notes, next: AskedNext(note: notes[0].id, next: next, extent: .verbatim))
        ) { $0.last! }
        #expect(answer.text.hasPrefix("Nobody asks. "))
        let suggested = answer.sections.first { $0.name == "follow_ups" }?.spans.map(\.text)
        #expect(suggested == ["*What comes next?*"])
    }

    @Test(arguments: [AskedNext.Extent.part, .whole])
    func `to a question that asks a follow-up in other words has its answer behind the short one`(
        extent: AskedNext.Extent
    ) throws {
        let notes = try AnswerFixtures.two()
        let next = AskedNext(note: notes[0].id, next: notes[0].nextQuestions[0], extent: extent)
        let (answer, _) = try Self.answer(AnswerFixtures.evidence(notes, next: next)) { $0.last! }
        #expect(answer.text.hasPrefix("Alpha is first. Beta is second. Nothing comes next. "))
    }

    @Test func `says the question's details behind the short answer, and once`() throws {
        let notes = try AnswerFixtures.two()
        let detail = AnswerSentence.all(.explanation, of: notes[0])[2].range
        let (answer, _) = try Self.answer(AnswerFixtures.evidence(notes, details: [detail])) { $0.last! }
        #expect(answer.text.hasPrefix("Alpha is first. Beta is second. Alpha holds 42 blocks. "))
        #expect(answer.text.split(separator: "42").count == 2)
    }

    @Test(arguments: [
        ("Alpha vs others?", ["Alpha is first.", "Beta is second.", "Other notes differ.", "Alpha holds 42 blocks."]),
        ("What of both?", ["Alpha is first.", "Beta is second.", "Other notes differ."]),
    ]) func `that compares two notes says what the first says of both`(question: String, lead: [String]) throws {
        let notes = try AnswerFixtures.two()
        let detail = AnswerSentence.all(.explanation, of: notes[0])[2].range
        let evidence = AnswerFixtures.evidence(notes, question: question, gap: 0, details: [detail])
        #expect(AnswerOutline(evidence, AnswerOptions()) { _ in nil }.lead.map(\.line) == lead)
    }

    @Test func `of weak evidence has the answer to a follow-up behind the short one`() throws {
        let notes = try AnswerFixtures.two()
        let next = AskedNext(note: notes[0].id, next: notes[0].nextQuestions[0], extent: .part)
        let outline = AnswerOutline(AnswerFixtures.evidence(notes, verdict: .weak, next: next), AnswerOptions()) { _ in
            nil
        }
        #expect(outline.lead.map(\.line) == ["Alpha is first.", "Beta is second.", "Nothing comes next."])
    }
}
