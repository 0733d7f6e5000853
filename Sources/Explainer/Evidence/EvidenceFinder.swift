// EvidenceFinder.swift — from a question to notes, sentences and a verdict.
// Explainer › Evidence.  1. understand  2. encode  3. search  4. rerank  5. judge  6. select

package import Base
package import Retrieval

/// Any number of threads may ask at once.
package final class EvidenceFinder: EvidenceFinding, Sendable {
    private let corpus: Corpus
    private let vocabulary: Vocabulary
    private let reader: QuestionReader
    private let names: DocumentNames
    private let book: SentenceBook
    private let plainNames: PlainNames
    private let nextQuestions: NextQuestionBook
    private let featureReader: FeatureReader
    private let gate: EvidenceGate
    private let embedder: (any Embedder)?
    private let questions: (any Embedder)?
    private let reranker: (any Reranker)?
    private let index: @Sendable () throws -> EvidenceIndex
    private let time: any TimeSource
    /// What a reranker may take; after that the order stays.
    private let rerankMilliseconds: Int

    /// Notes of an answer at most, and of a refusal.
    private static let mostNotes = 4
    private static let mostNearest = 3
    /// A note whose score is further behind the best one's says nothing that the question needs.
    private static let mostBehind = 0.3

    /// - Parameters:
    ///   - index: asked before every search, so that an index may grow or get its vectors meanwhile.
    ///   - embedder: that of the sections' vectors; without it words alone are searched.
    ///   - questions: that of the questions' vectors, if it is another: it compares a question with questions.
    package init(
        corpus: Corpus, abbreviations: Abbreviations = Abbreviations(), others: OtherQuestions = OtherQuestions(),
        gate: EvidenceGate = .cautious, embedder: (any Embedder)? = nil, questions: (any Embedder)? = nil,
        reranker: (any Reranker)? = nil, rerankMilliseconds: Int = 200,
        time: any TimeSource = MonotonicTime(), index: @escaping @Sendable () throws -> EvidenceIndex
    ) {
        self.corpus = corpus
        self.gate = gate
        self.embedder = embedder
        self.questions = embedder == nil ? nil : questions
        self.reranker = reranker
        self.rerankMilliseconds = rerankMilliseconds
        self.time = time
        self.index = index
        let texts = corpus.notes.lazy.map { $0.question + "\n" + $0.searchedText }
        let spelled = corpus.notes.lazy.map { note in
            ([note.question] + note.sections.map { note.text($0.range) }).joined(separator: "\n")
        }
        let vocabulary = Vocabulary(texts, spelled: spelled, others: others.questions.lazy.map(\.text))
        featureReader = FeatureReader(corpus, others: others, vocabulary)
        names = DocumentNames(corpus)
        book = SentenceBook(corpus, vocabulary)
        plainNames = PlainNames(corpus, vocabulary)
        nextQuestions = NextQuestionBook(corpus, vocabulary)
        self.vocabulary = vocabulary
        // What the encoder's tokenizer has in one piece is a word of English, in the notes or not.
        reader = QuestionReader(vocabulary: vocabulary, abbreviations: abbreviations) { word in
            embedder?.tokenCount(word) == 1
        }
    }

    package func prepare() { _ = try? index() }

    package func evidence(
        for question: String, conversation: [ConversationTurn] = [], sentenceCount: Int = 20
    ) throws -> Evidence {
        try look(for: question, conversation: conversation, sentenceCount: sentenceCount).evidence
    }

    /// As `evidence`, with the gate's numbers, without the notes of `hidden`, and looking past `asked` among the questions
    /// of others: what measurements need.
    package func look(
        for question: String, conversation: [ConversationTurn] = [], sentenceCount: Int = 20,
        hidden: Set<NoteID> = [], asked: OtherQuestions.Place? = nil
    ) throws -> (evidence: Evidence, features: EvidenceFeatures, ranking: [NoteID]) {
        var timings = StageTimings(time)
        var understood = reader.read(question, conversation: conversation)
        timings.end("understand")
        let index = try index()
        let texts = understood.allSearches
        let vectors = index.hasVectors ? try embedder?.embed(texts) : nil
        let asking = vectors == nil ? nil : try questions?.embed(texts) ?? vectors
        timings.end("encode")
        let search = NoteSearch(index: index, names: names, filter: Self.filter(without: hidden))
        let results = try texts.enumerated().map { place, text in
            try search.notes(for: text, vector: vectors?[place], asking: asking?[place])
        }
        let found = QuestionSearch(
            &understood, quoted: conversation.last?.notes ?? [], results: results, names: plainNames)
        var candidates = found.candidates
        timings.end("search")
        var warning: String?
        if embedder != nil, !index.hasVectors { warning = "found by words alone: the notes' vectors are not ready yet" }
        if let reranker {
            let reason = NoteReranking.rerank(
                &candidates, for: understood.text, with: reranker, snapshot: index.sections,
                milliseconds: rerankMilliseconds, time)
            warning = warning ?? reason
            timings.end("rerank")
        }
        let named = understood.leansBack ? nil : plainNames.note(named: understood.own, among: candidates)
        if let named { NoteMerge.lead(&candidates, by: named) }
        NoteMerge.leadByNamed(&candidates, in: understood.text)
        let features = try featureReader.features(
            understood, found.whole, candidates, in: index, filter: search.filter,
            vectors: asking.map { .init(text: $0[understood.wholePlace], own: $0[0]) }, asked: asked)
        var (grade, confidence) = gate.grade(
            features, hasVectors: vectors != nil, hasQuestions: questions != nil, isNamed: named != nil)
        let askedNext = nextQuestions.match(understood.own, found: candidates, quoted: conversation.last?.notes ?? [])
        if let askedNext, askedNext.extent == .verbatim || askedNext.isWhole && grade != .declined {
            NoteMerge.lead(&candidates, by: askedNext.note)
            grade = .sufficient
        }
        timings.end("judge")

        let chosen =
            grade == .declined
            ? candidates.prefix(Self.mostNearest)
            : Self.chosen(candidates, with: found.sides)[...]
        let notes = chosen.compactMap { candidate in
            corpus[candidate.id].map { note in
                EvidenceNote(
                    note: note, score: candidate.score, bm25: candidate.wholeBM25,
                    cosine: vectors == nil ? nil : max(candidate.wordingCosine, candidate.sectionCosine),
                    rerank: candidate.rerank)
            }
        }
        let verdict = Self.verdict(grade, notes)
        let details =
            verdict.isDeclined
            ? []
            : QuestionDetails(book: book, vocabulary: vocabulary).sentences(of: notes[0].note, for: understood.text)
        let sentences =
            verdict.isDeclined
            ? []
            : SentenceSelection(book: book, vocabulary: vocabulary, snapshot: index.sections)
                .sentences(of: Array(chosen), for: understood.text, count: sentenceCount)
        timings.end("select")
        let evidence = Evidence(
            question: understood.text, verdict: verdict, confidence: confidence, notes: notes,
            partLeaders: found.partLeaders.union(found.sides), askedNext: askedNext, details: details,
            sentences: sentences, timings: timings.stages, warning: warning)
        return (evidence, features, candidates.prefix(10).map(\.id))
    }

    /// The first ones that are near the best one, and with them both sides of a comparison.
    private static func chosen(_ candidates: [NoteCandidate], with sides: Set<NoteID>) -> [NoteCandidate] {
        let best = candidates.first?.score ?? 0
        let near = candidates.prefix(mostNotes).filter { $0.score >= best - mostBehind }
        let far = candidates.filter { found in sides.contains(found.id) && !near.contains { $0.id == found.id } }
        return Array((near.prefix(mostNotes - far.count) + far).prefix(mostNotes))
    }

    /// The notes found for the whole question, in their first order.
    func candidates(for question: String, conversation: [ConversationTurn]) throws -> [NoteCandidate] {
        let read = reader.read(question, conversation: conversation)
        let text = read.earlier?.joinedSearch ?? read.searches[0]
        let index = try index()
        let vector = index.hasVectors ? try embedder?.embed([text]).first : nil
        let asking = vector == nil ? nil : try questions?.embed([text]).first ?? vector
        return try NoteSearch(index: index, names: names).notes(for: text, vector: vector, asking: asking).candidates
    }

    private static func verdict(_ grade: EvidenceGate.Grade, _ notes: [EvidenceNote]) -> EvidenceVerdict {
        switch grade {
        case .sufficient where !notes.isEmpty: return .sufficient
        case .weak where !notes.isEmpty: return .weak
        default:
            let start = "The notes are about language models and the systems around them, and do not answer this."
            guard !notes.isEmpty else { return .declined(reason: start) }
            let nearest = notes.map { "“\($0.note.question)”" }.joined(separator: ", ")
            return .declined(reason: "\(start) The nearest they have: \(nearest)")
        }
    }

    private static func filter(without hidden: Set<NoteID>) -> Filter {
        hidden.isEmpty ? .all : .not(.equal("id", .keywords(hidden.sorted().map(\.description))))
    }
}

extension EvidenceVerdict {
    package var isDeclined: Bool { grade == .declined }

    package var grade: EvidenceGate.Grade {
        switch self {
        case .sufficient: .sufficient
        case .weak: .weak
        case .declined: .declined
        }
    }
}

/// Milliseconds from stage to stage.
struct StageTimings {
    private let time: any TimeSource
    private var last: UInt64
    private(set) var stages: [(stage: String, milliseconds: Double)] = []

    init(_ time: any TimeSource) {
        self.time = time
        last = time.nanoseconds()
    }

    mutating func end(_ stage: String) {
        let now = time.nanoseconds()
        stages.append((stage, Double(now - last) / 1e6))
        last = now
    }
}
