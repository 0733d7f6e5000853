// ExplainDesk.swift — POST /v1/explain and GET /v1/notes/…, from the request to a job for the engine.
// Server › Explain.

import Base
import Embedding
import Engine
import Explainer
import Limiting
import Network
import Tokenization

/// Finds evidence on pool threads, two questions at a time, and hands what is to be said to the engine.
///
///     loop   explain ─► [pool: decode, evidence, prompt] ─► limits ─► ExplainJob ─► engine
@EventLoop final class ExplainDesk {
    private struct Visit {
        let body: [UInt8]
        let ignoresUnknownFields: Bool
        let model: ServedModel
        let visitor: Visitor?
        let responder: Responder
        let keepAliveInterval: Duration
    }

    /// What the pool makes of a body.
    private struct Prepared: Sendable {
        let plan: AnswerPlan
        let isStreaming: Bool
        /// When a thread began with it, and when it was done.
        var times: (start: UInt64, end: UInt64) = (0, 0)
    }

    private let service: ExplainService
    private let hub: CompletionHub
    private let limits: RateLimitDesk
    private let telemetry: Telemetry
    private var waiting: [Visit] = []
    private var runningCount = 0
    private var isPrepared = false
    /// Of the one model that is served.
    private var answerModel: AnswerModel?
    private static let concurrency = 2

    /// - Parameter hub: told of every open request, so that a drain waits for it.
    init(_ service: ExplainService, hub: CompletionHub, limits: RateLimitDesk, telemetry: Telemetry) {
        self.service = service
        self.hub = hub
        self.limits = limits
        self.telemetry = telemetry
    }

    // MARK: - Notes

    /// A note as it is, for whoever wants to see what was quoted.
    /// - Throws: 404.
    func note(_ text: String) throws(APIError) -> [UInt8] {
        guard let id = NoteID(text), let note = service.corpus[id] else { throw .noNote(quoted(Array(text.utf8))) }
        var json = JSONWriter()
        note.write(to: &json)
        return json.bytes
    }

    // MARK: - Answers

    /// Somebody has opened the page, and is about to ask.
    func prepare() {
        guard !isPrepared else { return }
        isPrepared = true
        let finder = service.finder
        EventLoop.offload {
            finder.prepare()
        } then: { _ in
        }
    }

    /// - Throws: 503 when too many wait.
    func explain(
        _ body: [UInt8], _ model: ServedModel, _ visitor: Visitor?, _ responder: Responder,
        ignoresUnknownFields: Bool, keepAliveInterval: Duration
    ) throws(APIError) {
        guard waiting.count < Limits.explainQueue.value else { throw .explainQueueFull(waiting: waiting.count) }
        hub.preparationBegan()
        waiting.append(
            Visit(
                body: body, ignoresUnknownFields: ignoresUnknownFields, model: model, visitor: visitor,
                responder: responder, keepAliveInterval: keepAliveInterval))
        responder.onClose = { [weak self, weak responder] in
            if let responder { self?.leave(responder) }
        }
        startNext()
    }

    /// The client is gone: whoever comes next gets its place.
    private func leave(_ responder: Responder) {
        guard let place = waiting.firstIndex(where: { $0.responder === responder }) else { return }
        waiting.remove(at: place)
        hub.preparationEnded()
    }

    /// Ends every request that waits with `error`; those that run end by themselves.
    func abortAll(_ error: APIError) {
        let gone = waiting
        waiting = []
        for visit in gone {
            visit.responder.fail(error)
            hub.preparationEnded()
        }
    }

    private func startNext() {
        while runningCount < Self.concurrency, !waiting.isEmpty {
            let visit = waiting.removeFirst()
            visit.responder.onClose = nil
            // A client that has left needs no answer.
            guard !visit.responder.isClosed else {
                hub.preparationEnded()
                continue
            }
            runningCount += 1
            let (service, model, body, ignores) = (service, visit.model, visit.body, visit.ignoresUnknownFields)
            let (answerModel, time) = (answerModel(of: model), telemetry.time)
            EventLoop.offload {
                Result { () throws(APIError) -> Prepared in
                    let start = time.nanoseconds()
                    var prepared = try Self.prepare(body, service, model, answerModel, ignoresUnknownFields: ignores)
                    prepared.times = (start, time.nanoseconds())
                    return prepared
                }
            } then: { [self] result in
                runningCount -= 1
                switch result {
                case _ where visit.responder.isClosed: break
                case .success where hub.hasAborted: visit.responder.fail(.cancelled)
                case .success(let prepared): reserve(prepared, visit)
                case .failure(let error): visit.responder.fail(error)
                }
                hub.preparationEnded()
                startNext()
            }
        }
    }

    private func answerModel(of model: ServedModel) -> AnswerModel {
        if let known = answerModel { return known }
        let made = AnswerModel(codec: AnswerText(codec: model.codec), limits: model.service.limits)
        answerModel = made
        return made
    }

    nonisolated private static func prepare(
        _ body: [UInt8], _ service: ExplainService, _ model: ServedModel, _ answerModel: AnswerModel,
        ignoresUnknownFields: Bool
    ) throws(APIError) -> Prepared {
        let request = try ExplainRequest(body: body, ignoresUnknownFields: ignoresUnknownFields)
        try model.checkName(request.model)
        let evidence: Evidence
        do {
            evidence = try service.finder.evidence(
                for: request.question, conversation: request.conversation,
                sentenceCount: AnswerOptions.evidenceSentenceCount)
        } catch {
            throw .evidenceFailed("\(error)")
        }
        do {
            let plan = try AnswerPlan(evidence, request.options, answerModel, note: { service.corpus[$0] })
            return Prepared(plan: plan, isStreaming: request.isStreaming)
        } catch {
            throw .template("\(error)")
        }
    }

    /// The tokens are counted: the limiter may take what the answer can come to at most.
    private func reserve(_ prepared: Prepared, _ visit: Visit) {
        guard let visitor = visit.visitor, let request = prepared.plan.request else {
            return start(prepared, visit, .everyone, nil)
        }
        let count = request.promptTokens.count
        let sizes = [
            CompletionCharge.Size(promptCount: count, input: count, maxOutputTokens: request.maxOutputTokens)
        ]
        let amounts = CompletionCharge.amounts(sizes, cap: limits.outputCap(visitor))
        limits.reserve(amounts, visitor, visit.responder) { [self] reservation in
            let charge = CompletionCharge(sizes, reservation, visitor, limits)
            start(prepared, visit, limits.engineTenant(visitor), charge)
        }
    }

    private func start(_ prepared: Prepared, _ visit: Visit, _ tenant: EngineTenant, _ charge: CompletionCharge?) {
        ExplainJob(
            prepared.plan, isStreaming: prepared.isStreaming, model: visit.model, responder: visit.responder,
            hub: hub, telemetry: telemetry, keepAliveInterval: visit.keepAliveInterval,
            timings: ExplainTimings(
                startNanoseconds: visit.responder.startNanoseconds, pool: prepared.times,
                evidence: prepared.plan.evidence.timings),
            tenant: tenant, charge: charge
        ).start()
    }
}

/// The served model's tokenizer as an answer needs it.
private struct AnswerText: AnswerCodec {
    let codec: any TextCodec

    func encodeConversation(_ messages: [ChatMessage]) throws -> [TokenID] { try codec.encodeConversation(messages) }
    func encodeAnswer(_ text: [UInt8]) -> [TokenID] { codec.encodeAnswer(text) }
    func spelling(of token: TokenID) -> [UInt8] { codec.spelling(of: token) }
    var endOfSequence: [TokenID] { codec.endOfSequence }
}

extension APIError {
    static let noCorpus = APIError(
        404, .invalidRequest, "This server explains nothing: it has no notes, or was started with --index none.",
        code: "no_corpus")

    fileprivate static func noNote(_ id: String) -> APIError {
        APIError(404, .invalidRequest, "There is no note '\(id)'.", code: "note_not_found")
    }

    fileprivate static func explainQueueFull(waiting: Int) -> APIError {
        APIError(
            503, .server, "The queue is full: \(waiting) questions are waiting. Try again.", code: "queue_full",
            headers: [Header(name: "retry-after", value: "1")])
    }

    fileprivate static func evidenceFailed(_ reason: String) -> APIError {
        APIError(500, .server, "No evidence could be looked for: \(reason).", code: "evidence_failed")
    }
}
