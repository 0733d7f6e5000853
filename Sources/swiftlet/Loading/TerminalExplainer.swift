// TerminalExplainer.swift — evidence and engine of `swiftlet explain` and `swiftlet chat --explain`.
// swiftlet › Loading.

import Base
import Console
import Engine
import Explainer
import Tokenization
import Transformer

/// Answers one question after another; the prefix cache keeps what earlier answers computed.
struct TerminalExplainer {
    let corpus: Corpus
    private let finder: any EvidenceFinding
    private let model: AnswerModel
    private let modelPath: String
    private let core: EngineCore<DecoderModel>
    private let options: AnswerOptions
    private var answerCount: UInt64 = 0

    init(_ arguments: Arguments) throws {
        options = try ExplainCommand.answerOptions(arguments)
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
        let evidence = try finder.evidence(for: question, conversation: conversation, sentenceCount: 24)
        return try answer(evidence, printer)
    }

    mutating func answer(_ evidence: Evidence, _ printer: AnswerPrinter?) throws -> Answer {
        let corpus = corpus
        let plan = try AnswerPlan(evidence, options, model, note: { corpus[$0] })
        answerCount += 1
        var session = AnswerSession(plan, id: "answer-\(answerCount)")
        var printer = printer
        printer?.begin(evidence)
        let first = session.begin()
        printer?.show(first)
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
                }
            }
        }
        printer?.end(session.answer)
        return session.answer
    }
}
