// ContinuedTests.swift — questions that have no subject of their own stay with the note that was just quoted.

import Explainer
import Testing

@Suite struct `A question without a subject` {
    private let finder: EvidenceFinder
    private let corpus: Corpus

    init() throws {
        finder = try EvidenceFixture.shipped.get()
        corpus = try Corpus.shipped()
    }

    private func evidence(_ question: String, after first: String, _ note: String) throws -> Evidence {
        let id = try #require(NoteID(note))
        return try finder.evidence(for: question, conversation: [ConversationTurn(question: first, notes: [id])])
    }

    @Test(arguments: [
        ("what is a reranker", "when would I skip it?", "retrieval/reranking", "lower quality elsewhere"),
        (
            "how does paged attention work?", "does it make anything slower?", "kv-cache/paged-attention",
            "20% to 26% slower"
        ),
        ("what is hnsw", "and its memory use?", "retrieval/hnsw", "128 bytes per vector"),
        ("explain quantization", "give me an example", "quantization/overview", "divide by 127"),
        (
            "what is docker", "where would i put the model weights", "infrastructure/containers",
            "do not belong in the image"
        ),
    ]) func `is answered by the paragraph that speaks of it`(first: String, next: String, note: String, text: String)
        throws
    {
        let evidence = try evidence(next, after: first, note)
        #expect(evidence.isContinued && !evidence.verdict.isDeclined)
        #expect(evidence.notes.first?.note.id == NoteID(note))
        #expect(evidence.detailTexts.contains { $0.contains(text) }, "\(evidence.detailTexts)")
    }

    @Test func `is about both sides of the comparison before it`() throws {
        let evidence = try evidence("which one should i use?", after: "gptq vs awq", "quantization/awq")
        #expect(evidence.isContinued)
        #expect(evidence.detailTexts.first?.contains("GPTQ") == true, "\(evidence.detailTexts)")
    }

    @Test func `about one side of a comparison gets that side's note`() throws {
        let notes = try ["quantization/awq", "quantization/gptq"].map { try #require(NoteID($0)) }
        for (question, meant, side) in [
            ("tell me more about the first option", 1, "gptq"), ("tell me more about the second one", 0, "awq"),
        ] {
            let turn = ConversationTurn(question: "gptq vs awq", notes: notes)
            let evidence = try finder.evidence(for: question, conversation: [turn])
            #expect(evidence.notes.first?.note.id == notes[meant] && evidence.isContinued)
            #expect(evidence.question.hasSuffix("more about " + side))
        }
    }

    private func outline(_ question: String, after first: String, _ note: String, said: String) throws -> AnswerOutline
    {
        let turn = ConversationTurn(question: first, notes: [try #require(NoteID(note))], answer: said)
        let evidence = try finder.evidence(for: question, conversation: [turn])
        #expect(evidence.isContinued)
        return AnswerOutline(evidence, AnswerOptions()) { corpus[$0] }
    }

    @Test func `gets what the short answer says, unless that was just read`() throws {
        let note = try #require(corpus.notes.first { $0.id.description == "fine-tuning/qlora" })
        func first(said: String) throws -> Note.Heading? {
            try outline("is it slower?", after: "what is qlora", note.id.description, said: said).lead.first?.heading
        }
        #expect(try first(said: "Something else.") == .shortAnswer)
        #expect(try first(said: note.text(.shortAnswer)) == .explanation)
        #expect(try first(said: "") == .explanation)
    }

    @Test func `gets the short answer once more where a verdict is asked for`() throws {
        let lead = try outline(
            "so which one should i use?", after: "dpo vs ppo", "fine-tuning/rlhf-or-dpo", said: ""
        ).lead
        #expect(lead.first?.heading == .shortAnswer && lead.first?.line.hasPrefix("Use DPO") == true)
    }

    @Test func `leaves for the note that knows what it is compared with`() throws {
        let evidence = try evidence("how does it compare with alibi?", after: "what is rope", "transformers/rope")
        #expect(evidence.notes.first?.note.id == NoteID("transformers/positional-encoding"))
        #expect(!evidence.isContinued)
    }

    @Test func `gets neither the short answer again, nor what came with it`() throws {
        let evidence = try evidence("when would I skip it?", after: "what is a reranker", "retrieval/reranking")
        let outline = AnswerOutline(evidence, AnswerOptions()) { corpus[$0] }
        #expect(outline.lead.map(\.range) == evidence.details)
        #expect(outline.lead.allSatisfy { $0.heading != .shortAnswer } && outline.mostChosenCount == 0)
        #expect(outline.sections.map(\.heading) == [.followUps])
    }

    @Test func `is told that the note may not answer it`() throws {
        let evidence = try evidence("is it free?", after: "what is redis", "infrastructure/redis")
        #expect(evidence.verdict != .sufficient)
    }

    @Test func `leaves for the note that is called what was asked before`() throws {
        let evidence = try evidence("is it slow?", after: "what is rag", "rag/what-it-is")
        #expect(evidence.notes.first?.note.id == NoteID("rag/latency"))
        #expect(!evidence.isContinued)
    }

    @Test(arguments: [
        ("what is lora", "what is beam search", "fine-tuning/lora", "decoding/beam-search"),
        ("what is bm25", "what is the gil", "retrieval/bm25", "python/gil"),
        ("what is docker", "explain rope embeddings", "infrastructure/containers", "transformers/rope"),
    ]) func `is not one that names another note`(first: String, next: String, shown: String, note: String) throws {
        let evidence = try evidence(next, after: first, shown)
        #expect(evidence.notes.first?.note.id == NoteID(note))
        #expect(!evidence.isContinued)
    }

    @Test func `is not one about something else altogether`() throws {
        let evidence = try evidence("who is the president of france?", after: "what is redis", "infrastructure/redis")
        #expect(evidence.verdict.isDeclined && !evidence.isContinued && evidence.details.isEmpty)
    }

    @Test func `leaves for a note that is named by its id, with that note's sentences`() throws {
        let question = "is it like kv-cache/block-size?"
        let evidence = try evidence(question, after: "what is hnsw", "retrieval/hnsw")
        let note = try #require(evidence.notes.first?.note)
        #expect(note.id == NoteID("kv-cache/block-size") && !evidence.isContinued)
        let sentences = Set(AnswerSentence.all(.explanation, of: note).map(\.range))
        #expect(sentences.isSuperset(of: evidence.details))
    }

    @Test func `keeps its subject however many follow`() throws {
        let note = try #require(NoteID("retrieval/hnsw"))
        let asked = ["what is hnsw", "is it slow?", "give me an example", "and why?"]
        let turns = asked.map { ConversationTurn(question: $0, notes: [note]) }
        let evidence = try finder.evidence(for: "how much memory does it take?", conversation: turns)
        #expect(evidence.question.contains("hnsw"))
        #expect(evidence.detailTexts.contains { $0.contains("128 bytes per vector") })
    }

    @Test func `is a first question like any other where nothing was asked before`() throws {
        #expect(try !finder.evidence(for: "what does it cost?").isContinued)
    }
}
