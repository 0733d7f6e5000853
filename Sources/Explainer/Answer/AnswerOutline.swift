// AnswerOutline.swift — which sentences an answer may be made of, before a model is asked.
// Explainer › Answer.

/// The short answer leads, or the answer to the follow-up that was asked; then come the sentences that the model may
/// choose from; other sections follow.
package struct AnswerOutline: Sendable {
    /// Of the best note's short answer, what the note says of the question's own words, and of another's short answer
    /// that is as good or answers the other thing that was asked; where the evidence is weak, all that is said.
    package private(set) var lead: [AnswerSentence] = []
    /// How many of `lead` are one short answer or two.
    package private(set) var shortAnswerCount = 0
    /// Sentences to be chosen at least: where the evidence is sure, all that `lead` leaves of the answer.
    package private(set) var leastChosenCount = 0
    /// And at most: none where the short answer has been said, and nothing but what was asked is left.
    package private(set) var mostChosenCount = Int.max
    /// Best first, none of them in `lead`.
    package private(set) var candidates: [AnswerSentence] = []
    /// A program that a leading note has: where one is asked for, or the first note is about nothing else.
    package private(set) var listing: AnswerSentence?
    /// A table of the first note that the question asks for.
    package private(set) var table: AnswerSentence?
    package private(set) var sections: [(heading: Note.Heading, sentences: [AnswerSentence])] = []
    package private(set) var related: [Note] = []
    package private(set) var code: [CodePlace] = []

    /// Notes that an answer quotes: two, as questions that ask two things need.
    static let noteCount = 2
    /// How far the second note's score may be behind, unless it is the best note for one of two things asked: further
    /// where the first one is doubtful.
    static func mostBehind(_ verdict: EvidenceVerdict) -> Double { verdict == .sufficient ? 0.05 : 0.1 }
    /// Sentences a prompt quotes.
    static let promptSentenceCount = 24
    /// Fewer candidates are made up from the best note's explanation.
    static let leastCandidateCount = 12
    /// Sentences of the second note's short answer where a paragraph of the first compares the two.
    static let comparedCount = 2
    static let relatedCount = 6

    /// - Parameter note: looks up a note that another refers to.
    package init(_ evidence: Evidence, _ options: AnswerOptions, note: (NoteID) -> Note?) {
        let notes = evidence.notes.map(\.note)
        related = Self.related(to: notes, isDeclined: evidence.verdict.isDeclined, note)
        guard let best = notes.first, !evidence.verdict.isDeclined else { return }
        let leading = Self.leading(evidence)
        setLead(by: evidence, leading, options)
        listing = Self.listing(of: leading, evidence)
        guard evidence.verdict == .sufficient else { return }
        table = evidence.table.map { .at($0, of: best) }
        candidates = Array(Self.candidates(evidence, leading).filter { !lead.contains($0) })
        for sentence in AnswerSentence.all(.explanation, of: best)
        where candidates.count < Self.leastCandidateCount && sentence.stands && !candidates.contains(sentence)
            && !lead.contains(sentence)
        {
            candidates.append(sentence)
        }
        candidates = Array(candidates.prefix(max(0, Self.promptSentenceCount - lead.count)))
        sections = Self.sections(of: best, options, without: evidence.askedNext?.next.question)
        // The others were told with the answer before.
        if evidence.isShownAgain { sections.removeAll { $0.heading != .followUps } }
        code = best.code.compactMap { CodePlace($0, in: CorpusFolder.project()) }
    }

    /// Makes the prompt shorter by the sentence that matches least.
    mutating func removeLastCandidate() { candidates.removeLast() }

    /// What is said before the model chooses, and how much it has to choose.
    private mutating func setLead(by evidence: Evidence, _ leading: [Note], _ options: AnswerOptions) {
        let room = options.answerSentenceCount
        let shortAnswers = leading.map { AnswerSentence.all(.shortAnswer, of: $0) }
        let others = shortAnswers.dropFirst().joined()
        let askedNext = Self.answerToAskedNext(evidence, leading)
        let details = evidence.details.map { AnswerSentence.at($0, of: leading[0]) }
        let own = askedNext.isEmpty && leading.count == 1 ? details : askedNext
        // Where two notes are compared, the paragraph that compares them counts more than all of the second one's answer.
        let compares =
            askedNext.isEmpty && leading.count > 1 && !details.isEmpty && Comparison.isAsked(in: evidence.question)
        let behind = compares ? others.prefix(Self.comparedCount) + details : Array(others)
        // All that is said, and shown as the answer; nil where the model goes on behind the short answer.
        let whole: [AnswerSentence]? =
            if evidence.isContinued {
                details
            } else if evidence.verdict != .sufficient {
                shortAnswers[0] + askedNext + others
            } else if evidence.askedNext?.extent == .verbatim, !askedNext.isEmpty {
                // Asked in other words, an answer that begins with its own "Yes, but" is not understood: the short one goes
                // first.
                askedNext
            } else if evidence.detailsLead, askedNext.isEmpty {
                details + shortAnswers[0]
            } else {
                nil
            }
        if evidence.isContinued { mostChosenCount = 0 }
        if evidence.verdict == .sufficient { leastChosenCount = options.leastChosenCount }
        lead = Array((whole ?? shortAnswers[0]).prefix(room))
        shortAnswerCount = lead.count
        guard whole == nil else { return }
        // What comes behind the short answer leaves the model something to choose.
        let least = compares ? 1 : leastChosenCount
        lead += (own + behind).prefix(max(0, room - lead.count - least))
        if own.isEmpty { shortAnswerCount = lead.count }
        leastChosenCount = max(1, room - lead.count)
    }

    private static func leading(_ evidence: Evidence) -> [Note] {
        let least = (evidence.notes.first?.score ?? 0) - mostBehind(evidence.verdict)
        return evidence.notes
            .filter { $0.score >= least || evidence.partLeaders.contains($0.note.id) }
            .prefix(noteCount).map(\.note)
    }

    /// What the follow-ups of a leading note answer to the question.
    private static func answerToAskedNext(_ evidence: Evidence, _ leading: [Note]) -> [AnswerSentence] {
        guard let next = evidence.askedNext, let note = leading.first(where: { $0.id == next.note }) else { return [] }
        return next.next.answer.map { AnswerSentence(note: note, range: $0, heading: .followUps) }
    }

    /// Sentences of the leading notes that tell something by themselves: a mistake, or the answer to a follow-up, says
    /// the wrong thing where its heading is missing.
    private static func candidates(_ evidence: Evidence, _ leading: [Note]) -> [AnswerSentence] {
        var candidates: [AnswerSentence] = []
        for sentence in evidence.sentences where [.shortAnswer, .explanation].contains(sentence.heading) {
            guard let note = leading.first(where: { $0.id == sentence.note }) else { continue }
            let found = AnswerSentence(note: note, range: sentence.range, heading: sentence.heading)
            if found.stands, !candidates.contains(found) { candidates.append(found) }
        }
        return candidates
    }

    private static func listing(of leading: [Note], _ evidence: Evidence) -> AnswerSentence? {
        let isSure = evidence.verdict == .sufficient
        guard evidence.asksForCode || isSure && leading[0].kind == .coding && !evidence.isShownAgain else { return nil }
        for note in leading.prefix(isSure ? leading.count : 1) {
            let range = note[.explanation].range
            if let listing = Sentences.listings(note.bytes, in: range).first { return .at(listing, of: note) }
        }
        return nil
    }

    private static func sections(
        of note: Note, _ options: AnswerOptions, without asked: String?
    ) -> [(heading: Note.Heading, sentences: [AnswerSentence])] {
        [Note.Heading.interviewersProbe, .commonMistakes, .followUps].map { heading in
            var sentences = AnswerSentence.all(heading, of: note)
            // What to ask next; its answer comes when it is asked.
            if heading == .followUps {
                sentences = sentences.filter { $0.isQuestion && $0.line != asked.map { "*\($0)*" } }
            }
            return (heading, Array(sentences.prefix(options.sectionSentenceCount)))
        }
    }

    /// What was found besides, then what the best note refers to.
    private static func related(to notes: [Note], isDeclined: Bool, _ note: (NoteID) -> Note?) -> [Note] {
        var related: [Note] = []
        let linked = isDeclined ? [] : (notes.first?.seeAlso ?? []).compactMap(note)
        for other in Array(notes.dropFirst(isDeclined ? 0 : 1)) + linked
        where !related.contains(where: { $0.id == other.id }) && (isDeclined || other.id != notes.first?.id) {
            related.append(other)
        }
        return Array(related.prefix(relatedCount))
    }
}
