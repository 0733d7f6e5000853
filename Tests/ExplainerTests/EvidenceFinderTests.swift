// EvidenceFinderTests.swift — notes, sentences and verdicts for questions to the shipped notes, by words alone.

import Base
import Explainer
import Retrieval
import TestSupport
import Testing

@Suite struct `Evidence finder` {
    private let finder: EvidenceFinder
    private let corpus: Corpus

    init() throws {
        finder = try EvidenceFixture.shipped.get()
        corpus = try Corpus.shipped()
    }

    private func id(_ text: String) throws -> NoteID { try #require(NoteID(text)) }

    @Test(arguments: [
        ("What problem does PagedAttention solve?", "kv-cache/paged-attention"),
        ("pagd atention and block tabels", "kv-cache/paged-attention"),
        ("GQA vs MHA", "transformers/grouped-query-attention"), ("how does BM25 rank?", "retrieval/bm25"),
    ]) func `the right note is first`(question: String, note: String) throws {
        let evidence = try finder.evidence(for: question)
        #expect(evidence.notes.first?.note.id == (try id(note)))
        #expect(!evidence.verdict.isDeclined)
    }

    @Test(arguments: [
        ("What is RAG?", "rag/what-it-is"), ("rag", "rag/what-it-is"), ("waht is rag", "rag/what-it-is"),
        ("explain temperature", "decoding/temperature"), ("how does beam search work", "decoding/beam-search"),
        ("wat is flsh atention", "transformers/flash-attention"),
    ]) func `who says what a note is called, and no more, means that note`(question: String, note: String) throws {
        let evidence = try finder.evidence(for: question)
        #expect(evidence.notes.first?.note.id == (try id(note)))
        #expect(!evidence.verdict.isDeclined)
    }

    @Test func `a name with other words is no name`() throws {
        #expect(try finder.evidence(for: "the temperature of an oven").verdict.isDeclined)
        #expect(
            try finder.evidence(for: "what is an agent").notes.first?.note.id == (try id("agents/what-is-an-agent")))
        #expect(
            try finder.evidence(for: "when not to use agents").notes.first?.note.id == (try id("agents/when-not-to")))
    }

    @Test(arguments: [
        ("GPTQ vs AWQ", ["quantization/gptq", "quantization/awq"]),
        ("diff btw PagedAttention n continuous batching", ["kv-cache/paged-attention", "serving/continuous-batching"]),
    ]) func `a comparison has the note of each side`(question: String, notes: [String]) throws {
        let evidence = try finder.evidence(for: question)
        #expect(evidence.partLeaders == Set(try notes.map(id)))
        #expect(evidence.partLeaders.isSubset(of: evidence.notes.map(\.note.id)))
        let outline = AnswerOutline(evidence, AnswerOptions()) { corpus[$0] }
        #expect(Set(outline.lead.map(\.note.id)) == evidence.partLeaders)
    }

    @Test(arguments: ["bias vs variance", "should I use RAG or fine-tuning?"])
    func `a note about a comparison is enough for it`(question: String) throws {
        #expect(try finder.evidence(for: question).partLeaders.isEmpty)
    }

    @Test func `sentences are whole, verbatim at their range, of at most four notes, and not alike`() throws {
        let evidence = try finder.evidence(for: "Why does paged attention need block tables?", sentenceCount: 20)
        #expect(evidence.sentences.count > 8)
        #expect(Set(evidence.sentences.map(\.note)).count <= 4)
        #expect(Set(evidence.sentences.map(\.note)).isSubset(of: evidence.notes.map(\.note.id)))
        for sentence in evidence.sentences {
            let note = try #require(corpus[sentence.note])
            #expect(note.text(sentence.range) == sentence.text)
            #expect(Sentences.ranges(note.bytes, in: note[sentence.heading].range).contains(sentence.range))
            #expect(sentence.heading != .interviewersProbe)
        }
        #expect(Set(evidence.sentences.map(\.text)).count == evidence.sentences.count)
        #expect(zip(evidence.sentences, evidence.sentences.dropFirst()).allSatisfy { $0.score >= $1.score })
        #expect(evidence.sentences.first?.heading == .shortAnswer)
    }

    @Test(arguments: [0, 1, 5]) func `no more sentences than wanted`(count: Int) throws {
        let evidence = try finder.evidence(for: "what is a rotary position embedding", sentenceCount: count)
        #expect(evidence.sentences.count == count)
    }

    @Test(arguments: [
        "how long should bread dough rise in a cold kitchen", "zzz qqq xxx", "", "?!", "\u{0}\u{FFFD}",
    ]) func `what the notes do not know is declined, with the nearest notes and no sentence`(question: String) throws {
        let evidence = try finder.evidence(for: question)
        #expect(evidence.verdict.isDeclined)
        #expect(evidence.sentences.isEmpty)
        guard case .declined(let reason) = evidence.verdict else { return }
        for note in evidence.notes { #expect(reason.contains(note.note.question)) }
        #expect(evidence.notes.count <= 3)
    }

    @Test func `a follow-up is understood from what was asked before`() throws {
        let conversation = [ConversationTurn(question: "What is prefix caching in a KV cache?")]
        let evidence = try finder.evidence(for: "and which blocks are evicted first?", conversation: conversation)
        #expect(evidence.question.hasPrefix("What is prefix caching"))
        #expect(evidence.notes.contains { $0.note.topic == "kv-cache" })
    }

    @Test func `a question about something else is read alone`() throws {
        let conversation = [ConversationTurn(question: "What is prefix caching in a KV cache?")]
        let question = "How does BM25 score a document?"
        let evidence = try finder.evidence(for: question, conversation: conversation)
        #expect(evidence.question == question)
        #expect(evidence.notes.first?.note.id == (try id("retrieval/bm25")))
    }

    @Test func `what the answer before quoted tells what a follow-up is about`() throws {
        func question(after notes: [NoteID]) throws -> String {
            let turn = ConversationTurn(question: "zzz qqq", notes: notes)
            return try finder.evidence(for: "in which order are cached blocks evicted?", conversation: [turn]).question
        }
        #expect(try question(after: []) == "in which order are cached blocks evicted?")
        #expect(try question(after: [id("kv-cache/prefix-caching")]).hasPrefix("zzz qqq"))
    }

    @Test func `both halves of a double question find their note`() throws {
        let evidence = try finder.evidence(
            for: "How do rotary position embeddings work, and how does BM25 score a document?")
        let found = Set(evidence.notes.map(\.note.id))
        let parts: Set = [try id("transformers/rope"), try id("retrieval/bm25")]
        #expect(found.isSuperset(of: parts) && evidence.partLeaders == parts)
        #expect(try finder.evidence(for: "How does BM25 score a document?").partLeaders.isEmpty)
    }

    @Test func `the same question gives the same evidence`() throws {
        let first = try finder.evidence(for: "why warm up the learning rate?")
        let second = try finder.evidence(for: "why warm up the learning rate?")
        #expect(first.sentences == second.sentences)
        #expect(first.confidence == second.confidence)
        #expect(first.notes.map(\.note.id) == second.notes.map(\.note.id))
    }

    @Test func `how something is asked does not count, only what`() throws {
        let parts = { (question: String) in
            try finder.orderParts(for: question, conversation: []).map { ($0.note, $0.parts) }
        }
        let (short, long) = (try parts("rotary embeddings"), try parts("How would you explain rotary embeddings?"))
        #expect(short.first?.0 == (try id("transformers/rope")))
        #expect(short.elementsEqual(long) { $0.0 == $1.0 && $0.1 == $1.1 })
        // Of nothing but such words, all are searched for.
        #expect(!(try parts("why would you want them?")).isEmpty)
    }

    @Test func `every score is brought to one range`() throws {
        let found = try finder.orderParts(for: "paged attention blocks", conversation: [])
        #expect(found.allSatisfy { $0.parts.count == NoteWeights.names.count })
        for index in NoteWeights.names.indices {
            let scores = found.map { $0.parts[index] }
            #expect(scores.allSatisfy { (0...1).contains($0) })
            // By words alone nothing has a cosine.
            let isOfWords = NoteWeights.names[index].hasSuffix("BM25")
            #expect(scores.max() == (isOfWords ? 1 : 0))
        }
    }

    @Test func `a note that is named comes first`() throws {
        let asked = "does kv-cache/block-size say when a block is copied on write?"
        #expect(try finder.evidence(for: asked).notes.first?.note.id == id("kv-cache/block-size"))
        // Another id begins with `fine-tuning/rlhf`.
        let longer = try finder.evidence(for: "what does fine-tuning/rlhf-or-dpo say about rlhf?")
        #expect(longer.notes.first?.note.id == (try id("fine-tuning/rlhf-or-dpo")))
        let unnamed = try finder.evidence(for: "when is a block copied on write?")
        #expect(unnamed.notes.first?.note.id == (try id("kv-cache/copy-on-write")))
    }

    @Test func `a note is near by three of its wordings, not by one`() throws {
        let folder = try TemporaryFolder()
        try folder.makeFolder("decoding")
        func write(_ name: String, _ wordings: [String]) throws {
            let lines = wordings.map { "  - \($0)\n" }.joined()
            let asked = "  - example note form\n  - what is the shape of a note in the corpus\n  - notte exampel\n"
            let other = name == "once" ? "thrice" : "once"
            let text = ExampleNote.text.replacing("decoding/example", with: "decoding/\(name)")
                .replacing(asked, with: lines)
                .replacing("[decoding/other, kv-cache/block-size]", with: "[decoding/\(other)]")
            try folder.write("decoding/\(name).md", Array(text.utf8))
        }
        try write("once", ["walrus", "another thing", "a third way"])
        try write("thrice", ["what is a walrus", "the walrus in short", "how big is a walrus"])
        let found = try EvidenceFixture.finder(Corpus(folder: folder.path)).orderParts(for: "walrus", conversation: [])
        let place = try #require(NoteWeights.names.firstIndex(of: "wordingBM25"))
        #expect(found.max { $0.parts[place] < $1.parts[place] }?.note == (try id("decoding/thrice")))
    }

    @Test func `hidden notes are found by nobody`() throws {
        let hidden = try id("kv-cache/paged-attention")
        let look = try finder.look(for: "What problem does PagedAttention solve?", hidden: [hidden])
        #expect(!look.ranking.contains(hidden))
        #expect(!look.ranking.isEmpty)
    }

    @Test func `every stage is timed`() throws {
        let stages = try finder.evidence(for: "what is a token").timings.map(\.stage)
        #expect(stages == ["understand", "encode", "search", "judge", "select"])
    }

    @Test func `an encoder whose vectors are not ready is said to be waited for`() throws {
        let finder = try EvidenceFixture.finder(corpus, embedder: LetterEmbedder())
        let evidence = try finder.evidence(for: "what is rope")
        #expect(evidence.warning?.contains("words alone") == true)
        #expect(evidence.notes.allSatisfy { $0.cosine == nil })
        #expect(try self.finder.evidence(for: "what is rope").warning == nil)
    }

    @Test func `a reranker decides the order, and a failing one leaves it`() throws {
        let plain = try EvidenceFixture.finder(corpus).look(for: "why keep the keys of earlier tokens").ranking
        let turned = try EvidenceFixture.finder(corpus, reranker: BackwardReranker(fails: false))
            .look(for: "why keep the keys of earlier tokens")
        #expect(turned.ranking.first != plain.first)
        #expect(turned.evidence.notes.first?.rerank != nil)
        let failed = try EvidenceFixture.finder(corpus, reranker: BackwardReranker(fails: true))
            .look(for: "why keep the keys of earlier tokens")
        #expect(failed.ranking.first == plain.first)
        #expect(failed.evidence.warning?.hasPrefix("not reranked") == true)
    }
}

/// Counts letters; for places where only the presence of an encoder matters.
private struct LetterEmbedder: Embedder {
    let dimension = 16
    let fingerprint = "letters"
    func embed(_ texts: [String]) throws -> [[Float]] { texts.map { _ in [1] + [Float](repeating: 0, count: 15) } }
    func tokenCount(_ text: String) -> Int { text.utf8.count }
}

/// Thinks the last best.
private struct BackwardReranker: Reranker {
    let fails: Bool
    let name = "backward"
    let depth = 10
    let weight = 1.0

    struct Failure: Error {}

    func scores(
        query: String, chunks: [Chunk], snapshot: Snapshot, deadline: UInt64, time: any TimeSource
    ) throws -> [Double]? {
        if fails { throw Failure() }
        return chunks.indices.map { Double($0) }
    }
}
