// TerminalExplainer.swift — evidence and engine of `swiftlet explain` and `swiftlet chat --explain`.
// swiftlet › Loading.

import Base
import Console
import Engine
import Explainer
import Sampling
import Tokenization
import Transformer

/// Answers one question after another; the prefix cache keeps what earlier answers computed.
struct TerminalExplainer {
    let corpus: Corpus
    let finder: any EvidenceFinding
    private let model: AnswerModel
    private let modelPath: String
    private let core: EngineCore<DecoderModel>
    private let options: AnswerOptions
    private var answerCount: UInt64 = 0

    init(_ arguments: Arguments) throws {
        options = try ExplainCommand.answerOptions(of: arguments)
        let (model, checkpoint) = try LoadedModel.open(arguments["--model"])
        if let problem = model.tokenizer.chatTemplateProblem {
            throw ExplainFailure(description: "\(model.path): \(problem); explain needs a model with a chat template")
        }
        let draft = try model.openDraft(arguments["--draft-model"])
        let plan = try EnginePlan(model.configuration, EngineOptions(arguments), draft: draft?.configuration)
        core = try plan.makeCore(reportingUnused: checkpoint, draft: draft)
        self.model = AnswerModel(codec: model.tokenizer, limits: core.limits(kvCacheBytes: plan.kvCacheBytes))
        modelPath = model.path
        corpus = try Corpus.shipped()
        finder = try EvidenceLocator.find(arguments)
    }

    /// - Parameter printer: shown every piece as it is decided.
    mutating func answer(
        _ question: String, conversation: [ConversationTurn], _ printer: AnswerPrinter?
    ) throws -> Answer {
        let evidence = try finder.evidence(
            for: question, conversation: conversation, sentenceCount: AnswerOptions.evidenceSentenceCount)
        return try answer(evidence, printer)
    }

    mutating func answer(_ evidence: Evidence, _ printer: AnswerPrinter?) throws -> Answer {
        let start = MonotonicTime().nanoseconds()
        let plan = try plan(evidence)
        answerCount += 1
        var session = AnswerSession(plan, id: "answer-\(answerCount)")
        var printer = printer
        printer?.begin(evidence, options)
        let first = session.begin()
        printer?.show(first)
        var firstNanoseconds = first.isEmpty ? nil : MonotonicTime().nanoseconds()
        if let request = plan.request {
            core.submit(request.request(RequestID(answerCount)))
            while !session.isFinished {
                guard core.step() else { preconditionFailure("the engine stopped without finishing") }
                for event in core.takeEvents() {
                    if case .finished(let summary) = event.kind, case .failed(let reason) = summary.reason {
                        throw ExplainFailure(description: "\(modelPath): \(reason)")
                    }
                    let pieces = session.received(event.kind)
                    printer?.show(pieces)
                    if !pieces.isEmpty { firstNanoseconds = firstNanoseconds ?? MonotonicTime().nanoseconds() }
                }
            }
        }
        var answer = session.answer
        let end = MonotonicTime().nanoseconds()
        answer.timings.append(("first_sentence", Double((firstNanoseconds ?? end) - start) / 1e6))
        answer.timings.append(("said", Double(end - start) / 1e6))
        printer?.end(answer)
        return answer
    }

    private func plan(_ evidence: Evidence) throws -> AnswerPlan {
        let corpus = corpus
        return try AnswerPlan(evidence, options, model, note: { corpus[$0] })
    }

    /// What the plan's sentences come to in the order of `SentenceScoring`; nil where there is no choice.
    mutating func scoredOrder(_ evidence: Evidence) throws -> [AnswerSentence]? {
        guard let scoring = try SentenceScoring(plan(evidence), model) else { return nil }
        var places: [RequestID: Int] = [:]
        for (place, request) in scoring.requests.enumerated() {
            answerCount += 1
            places[RequestID(answerCount)] = place
            var submitted = request.request(RequestID(answerCount))
            // The prompt is computed once for all that share it.
            if place > 1 { submitted.leader = RequestID(answerCount - UInt64(place) + UInt64(place % 2)) }
            core.submit(submitted)
        }
        var sums = [Double](repeating: 0, count: scoring.requests.count)
        while core.step() {
            for event in core.takeEvents() {
                guard let place = places[event.request] else { continue }
                for logprob in event.logprobs { sums[place] += Double(logprob.chosen.logprob) }
            }
        }
        return scoring.order(sums)
    }
}
