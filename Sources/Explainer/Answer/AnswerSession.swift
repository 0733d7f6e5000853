// AnswerSession.swift — from engine events to the pieces of an answer, each as soon as it is decided.
// Explainer › Answer.  A state machine without I/O: the server and the terminal feed it and show what it returns.

import Base
package import Engine

/// What can be shown.
package enum AnswerEvent: Sendable, Equatable {
    /// A piece of the answer; the citation is given where it is new.
    case span(AnswerSpan, Citation?)
    /// What follows the answer.
    case section(AnswerSection, [Citation])
}

/// Makes one answer.
package struct AnswerSession: Sendable {
    package private(set) var answer: Answer
    private let plan: AnswerPlan
    private var reader: QuotationReader?
    /// Of the model's own words, what was said so far, and how many sentences of it were shown.
    private var ownWords: [UInt8] = []
    private var shownCount = 0
    package private(set) var isFinished = false

    package init(_ plan: AnswerPlan, id: String) {
        self.plan = plan
        answer = Answer(id: id, plan.evidence, plan.options)
        answer.related = plan.outline.related
        answer.code = plan.outline.code
        if case .quotations(let grammar) = plan.voice { reader = QuotationReader(grammar) }
    }

    /// What is decided without the model. If the plan has no request, that is all.
    package mutating func begin() -> [AnswerEvent] {
        var events: [AnswerEvent] = []
        switch plan.voice {
        case .cited, .free: break
        case .quotations, nil:
            for (place, sentence) in plan.outline.lead.enumerated() {
                events += say(sentence, behind: ConnectingPhrases.all[0])
                if place < plan.outline.shortAnswerCount { answer.shortAnswerCount = answer.spans.count }
            }
            answer.leadCount = answer.spans.count
        }
        return plan.request == nil ? events + end() : events
    }

    package mutating func received(_ event: RequestEvent.Kind) -> [AnswerEvent] {
        switch event {
        case .admitted: return []
        case .tokens(let tokens): return tokens.flatMap { received($0) }
        case .finished(let summary):
            account(summary)
            return rest() + end()
        }
    }

    private mutating func received(_ token: TokenID) -> [AnswerEvent] {
        switch plan.voice {
        case .quotations(let grammar): return (reader?.push(token) ?? []).flatMap { say($0, grammar) }
        case .cited(let check):
            ownWords += plan.codec.spelling(of: token)
            // The last sentence may go on, and its markers come behind it.
            return show(CitedText(ownWords).sentences.dropLast(), check)
        case .free, nil:
            ownWords += plan.codec.spelling(of: token)
            return showWhole()
        }
    }

    private mutating func rest() -> [AnswerEvent] {
        switch plan.voice {
        case .quotations(let grammar): return reader?.finish().map { say($0, grammar) } ?? []
        case .cited(let check): return show(CitedText(ownWords).sentences[...], check)
        case .free, nil: return showWhole(isEnd: true)
        }
    }

    // MARK: - Quotations

    private mutating func say(_ piece: QuotationGrammar.Piece, _ grammar: QuotationGrammar) -> [AnswerEvent] {
        say(grammar.sentences[piece.sentence], behind: ConnectingPhrases.all[piece.phrase])
    }

    private mutating func say(_ sentence: AnswerSentence, behind phrase: String) -> [AnswerEvent] {
        let (citation, source) = cite(sentence)
        return say(AnswerSpan(text: answer.citations[citation].quote, citation: citation), source, behind: phrase)
    }

    private mutating func say(_ span: AnswerSpan, _ source: Citation?, behind phrase: String) -> [AnswerEvent] {
        var events: [AnswerEvent] = []
        if !answer.spans.isEmpty {
            let joint = AnswerSpan(text: phrase, citation: nil)
            answer.spans.append(joint)
            events.append(.span(joint, nil))
        }
        answer.spans.append(span)
        return events + [.span(span, source)]
    }

    /// - Returns: its place among the citations, and the citation itself only if it is new.
    private mutating func cite(_ sentence: AnswerSentence) -> (Int, Citation?) {
        let citation = sentence.citation
        if let index = answer.citations.firstIndex(of: citation) { return (index, nil) }
        answer.citations.append(citation)
        return (answer.citations.count - 1, citation)
    }

    // MARK: - The model's own words

    /// Sentences that were not shown yet: with the source they name, or a better one, or as nobody's.
    private mutating func show(_ sentences: ArraySlice<CitedText.Sentence>, _ check: SupportCheck) -> [AnswerEvent] {
        var events: [AnswerEvent] = []
        for sentence in sentences.dropFirst(shownCount) {
            shownCount += 1
            let named = sentence.markers.map { $0 - 1 }.first { check.supports(sentence.text, by: $0) }
            if let index = named ?? check.bestSource(of: sentence.text) {
                let (citation, source) = cite(check.sources[index])
                events += say(AnswerSpan(text: sentence.text, citation: citation), source, behind: " ")
            } else if plan.options.unsupported == .mark {
                events += say(AnswerSpan(text: sentence.text, citation: nil, isUnsupported: true), nil, behind: " ")
            }
        }
        return events
    }

    /// What is whole characters by now.
    private mutating func showWhole(isEnd: Bool = false) -> [AnswerEvent] {
        guard !ownWords.isEmpty, isEnd || String(validating: ownWords, as: UTF8.self) != nil else { return [] }
        let span = AnswerSpan(text: String(decoding: ownWords, as: UTF8.self), citation: nil, isUnsupported: true)
        ownWords = []
        answer.spans.append(span)
        return [.span(span, nil)]
    }

    // MARK: - The end

    private mutating func end() -> [AnswerEvent] {
        isFinished = true
        var events: [AnswerEvent] = []
        if let table = plan.outline.table { events.append(section(AnswerSection.table, "Side by side", [table])) }
        if let listing = plan.outline.listing {
            events.append(section(AnswerSection.listing, "In code", [listing]))
        }
        for (heading, sentences) in plan.outline.sections where !sentences.isEmpty {
            events.append(section(heading.key, heading.rawValue, sentences))
        }
        return events
    }

    private mutating func section(_ name: String, _ title: String, _ sentences: [AnswerSentence]) -> AnswerEvent {
        var spans: [AnswerSpan] = []
        var sources: [Citation] = []
        for sentence in sentences {
            let (citation, source) = cite(sentence)
            spans.append(AnswerSpan(text: answer.citations[citation].quote, citation: citation))
            if let source { sources.append(source) }
        }
        let section = AnswerSection(name: name, title: title, spans: spans)
        answer.sections.append(section)
        return .section(section, sources)
    }

    private mutating func account(_ summary: RequestSummary) {
        var account = EngineAccount()
        account.promptTokens = summary.promptTokenCount
        account.cachedTokens = summary.cachedTokenCount
        account.outputTokens = summary.outputTokenCount
        let tokensPerBlock = plan.limits.tokensPerBlock
        account.blocks = (summary.promptTokenCount + summary.outputTokenCount + tokensPerBlock - 1) / tokensPerBlock
        account.sharedBlocks = summary.cachedTokenCount / tokensPerBlock
        account.drafted = summary.draftedTokenCount
        account.accepted = summary.acceptedTokenCount
        account.forced = summary.forcedTokenCount
        answer.engine = account
        let times = summary.timings
        func add(_ stage: String, _ from: UInt64, _ to: UInt64) {
            if from > 0, to >= from { answer.timings.append((stage, Double(to - from) / 1e6)) }
        }
        add("queue", times.arrivalNanoseconds, times.scheduledNanoseconds)
        add("prefill", times.scheduledNanoseconds, times.firstTokenNanoseconds)
        add("decode", times.firstTokenNanoseconds, times.finishedNanoseconds)
    }
}

extension Note.Heading {
    /// The section's name in JSON.
    package var key: String {
        switch self {
        case .shortAnswer: "short_answer"
        case .explanation: "explanation"
        case .interviewersProbe: "interviewers_probe"
        case .commonMistakes: "common_mistakes"
        case .followUps: "follow_ups"
        }
    }
}
