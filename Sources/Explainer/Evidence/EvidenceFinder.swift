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
    private let noteShown: NoteShown
    private let paragraphs: ParagraphVectors?
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
        let plainNames = PlainNames(corpus, vocabulary)
        self.plainNames = plainNames
        nextQuestions = NextQuestionBook(corpus, vocabulary)
        let paragraphs = embedder.map(ParagraphVectors.init)
        self.paragraphs = paragraphs
        noteShown = NoteShown(
            corpus: corpus, vocabulary: vocabulary, names: plainNames,
            details: SubjectDetails(book: book, vocabulary: vocabulary, vectors: paragraphs))
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
        let conversation = noteShown.meant(in: conversation, by: understood.pointedSide)
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
        var continued = try noteShown.continued(
            by: understood, found, &candidates, in: conversation, vector: vectors?[0])
        let named = understood.leansBack ? nil : plainNames.note(named: understood.own, among: candidates)
        if let named { NoteMerge.lead(&candidates, by: named) }
        NoteMerge.leadByNamed(&candidates, in: understood.text)
        // Its sentences are of the note that was shown, and of no other.
        if candidates.first?.id != found.lastShown { continued = nil }
        let features = try featureReader.features(
            understood, found.whole, candidates, in: index, filter: search.filter,
            vectors: asking.map { .init(text: $0[understood.wholePlace], own: $0[0]) }, asked: asked)
        let (grade, confidence) = gate.grade(
            features, hasVectors: vectors != nil, hasQuestions: questions != nil, isNamed: named != nil,
            isInstruction: Instruction.isGiven(in: question))
        let askedNext = nextQuestions.match(
            understood.own, typed: question, found: candidates, quoted: conversation.last?.notes ?? [])
        let reading = Reading(grade, askedNext, continued)
        if reading.isAskedNext, let askedNext { NoteMerge.lead(&candidates, by: askedNext.note) }
        timings.end("judge")

        let chosen =
            reading.grade == .declined
            ? Array(found.own.prefix(Self.mostNearest)) : Self.chosen(candidates, with: found.sides)
        var notes = evidenceNotes(chosen, hasVectors: vectors != nil)
        let verdict = EvidenceVerdict(reading.grade, notes)
        if verdict.isDeclined { notes.removeAll { !$0.isNear } }
        // Only what is known to have been quoted is known to have been read.
        let isShownAgain = !notes.isEmpty && conversation.last?.notes.first == notes.first?.note.id
        let isContinued = reading.continued != nil && !verdict.isDeclined && isShownAgain
        var details = QuestionDetails.Found()
        var sentences: [EvidenceSentence] = []
        var table: Range<Int>?
        if let best = notes.first?.note, !verdict.isDeclined {
            details =
                try reading.continued.map { .init(sentences: $0.sentences) }
                ?? QuestionDetails(book: book, vocabulary: vocabulary, vectors: paragraphs)
                .found(in: best, for: understood.text, vector: vectors?[understood.wholePlace])
            sentences = SentenceSelection(book: book, vocabulary: vocabulary, snapshot: index.sections)
                .sentences(of: chosen, for: understood.text, count: sentenceCount)
            table = TableSelection(vocabulary: vocabulary)
                .table(of: best, for: isShownAgain ? understood.own : understood.text, isShownAgain: isShownAgain)
        }
        timings.end("select")
        let evidence = Evidence(
            question: understood.text, verdict: verdict, confidence: confidence, notes: notes,
            partLeaders: found.partLeaders.union(found.sides), askedNext: reading.askedNext, details: details.sentences,
            detailsLead: details.isSubject, isContinued: isContinued, isShownAgain: isShownAgain,
            asksForCode: CodeRequest.isAsked(in: understood.own), table: table, sentences: sentences,
            timings: timings.stages, warning: warning)
        return (evidence, features, candidates.prefix(10).map(\.id))
    }

    /// What the gate, the notes' follow-ups and the note that was just shown say of the question, made one.
    private struct Reading {
        let grade: EvidenceGate.Grade
        /// nil where `continued` answers, or where the gate declines and the likeness is one of words.
        let askedNext: AskedNext?
        let continued: SubjectDetails.Found?
        /// A follow-up is all that is asked.
        var isAskedNext: Bool { askedNext?.isWhole == true && grade == .sufficient }

        init(_ grade: EvidenceGate.Grade, _ askedNext: AskedNext?, _ continued: SubjectDetails.Found?) {
            let isVerbatim = askedNext?.extent == .verbatim
            self.continued = isVerbatim ? nil : continued
            self.askedNext = isVerbatim || continued == nil ? askedNext : nil
            if isVerbatim {
                self.grade = .sufficient
            } else if grade == .declined {
                self.grade = .declined
            } else if let continued {
                self.grade = continued.isAnswer ? .sufficient : .weak
            } else {
                self.grade = askedNext?.isWhole == true ? .sufficient : grade
            }
        }
    }

    private func evidenceNotes(_ candidates: [NoteCandidate], hasVectors: Bool) -> [EvidenceNote] {
        candidates.compactMap { candidate in
            corpus[candidate.id].map { note in
                EvidenceNote(
                    note: note, score: candidate.score, bm25: candidate.wholeBM25,
                    cosine: hasVectors ? max(candidate.wordingCosine, candidate.sectionCosine) : nil,
                    rerank: candidate.rerank)
            }
        }
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

    private static func filter(without hidden: Set<NoteID>) -> Filter {
        hidden.isEmpty ? .all : .not(.equal("id", .keywords(hidden.sorted().map(\.description))))
    }
}
