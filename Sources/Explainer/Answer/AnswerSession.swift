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
    private let tokensPerBlock: Int
    private var reader: QuotationReader?
    package private(set) var isFinished = false

    package init(_ plan: AnswerPlan, id: String, tokensPerBlock: Int) {
        self.plan = plan
        self.tokensPerBlock = tokensPerBlock
        answer = Answer(id: id, plan.evidence, plan.options)
        answer.related = plan.outline.related
        answer.code = plan.outline.code
        reader = plan.grammar.map(QuotationReader.init)
    }

    /// What is decided without the model. If the plan has no request, that is all.
    package mutating func begin() -> [AnswerEvent] {
        var events: [AnswerEvent] = []
        let sentences = plan.outline.lead.isEmpty ? plan.outline.candidates : plan.outline.lead
        for sentence in sentences { events += say(sentence, behind: ConnectingPhrases.all[0]) }
        answer.shortAnswerCount = plan.outline.lead.isEmpty ? 0 : answer.spans.count
        return plan.request == nil ? events + end() : events
    }

    package mutating func received(_ event: RequestEvent.Kind) -> [AnswerEvent] {
        switch event {
        case .admitted: return []
        case .tokens(let tokens):
            var events: [AnswerEvent] = []
            for token in tokens { for piece in reader?.push(token) ?? [] { events += say(piece) } }
            return events
        case .finished(let summary):
            account(summary)
            let rest = reader?.finish().map { say($0) } ?? []
            return rest + end()
        }
    }

    private mutating func say(_ piece: QuotationGrammar.Piece) -> [AnswerEvent] {
        guard let grammar = plan.grammar else { return [] }
        return say(grammar.sentences[piece.sentence], behind: ConnectingPhrases.all[piece.phrase])
    }

    private mutating func say(_ sentence: AnswerSentence, behind phrase: String) -> [AnswerEvent] {
        var events: [AnswerEvent] = []
        if !answer.spans.isEmpty {
            let span = AnswerSpan(text: phrase, citation: nil)
            answer.spans.append(span)
            events.append(.span(span, nil))
        }
        let (span, source) = cite(sentence)
        answer.spans.append(span)
        return events + [.span(span, source)]
    }

    /// - Returns: the citation only if it is new.
    private mutating func cite(_ sentence: AnswerSentence) -> (AnswerSpan, Citation?) {
        let citation = sentence.citation
        if let index = answer.citations.firstIndex(of: citation) {
            return (AnswerSpan(text: citation.quote, citation: index), nil)
        }
        answer.citations.append(citation)
        return (AnswerSpan(text: citation.quote, citation: answer.citations.count - 1), citation)
    }

    private mutating func end() -> [AnswerEvent] {
        isFinished = true
        var events: [AnswerEvent] = []
        for (heading, sentences) in plan.outline.sections where !sentences.isEmpty {
            var spans: [AnswerSpan] = []
            var sources: [Citation] = []
            for sentence in sentences {
                let (span, source) = cite(sentence)
                spans.append(span)
                if let source { sources.append(source) }
            }
            let section = AnswerSection(name: heading.key, title: heading.rawValue, spans: spans)
            answer.sections.append(section)
            events.append(.section(section, sources))
        }
        return events
    }

    private mutating func account(_ summary: RequestSummary) {
        var account = EngineAccount()
        account.promptTokens = summary.promptTokenCount
        account.cachedTokens = summary.cachedTokenCount
        account.outputTokens = summary.outputTokenCount
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
