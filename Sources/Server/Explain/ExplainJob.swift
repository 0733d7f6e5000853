// ExplainJob.swift — one answer at work: its engine request, its events, its one document.
// Server › Explain.

import Base
import Engine
import Explainer
import Network

/// Submits what a plan asks of the engine and turns engine events into the answer, whole or streamed.
///
///     created ──start──► open ──the engine's account──► closed
///                          └──client gone, failure, drain's deadline──► closed (engine request cancelled)
///
/// A closed job still hears its engine request's closing account, for the metrics.
@EventLoop final class ExplainJob: EngineJob {
    private let plan: AnswerPlan
    private let isStreaming: Bool
    private let model: ServedModel
    private let responder: Responder
    private let hub: CompletionHub
    private let telemetry: Telemetry
    private let keepAliveInterval: Duration
    private let tenant: EngineTenant
    /// Nil where nobody is limited.
    private let charge: CompletionCharge?

    private var session: AnswerSession
    private var timings: ExplainTimings
    private var request: RequestID?
    private var isOpen = false
    /// Frames of this batch of events, written together by `flush`.
    private var outbox: [UInt8] = []
    private var isFlushPending = false
    private var keepAlive: DeadlineTimer?
    private var lastWriteNanoseconds: UInt64 = 0

    init(
        _ plan: AnswerPlan, isStreaming: Bool, model: ServedModel, responder: Responder, hub: CompletionHub,
        telemetry: Telemetry, keepAliveInterval: Duration, timings: ExplainTimings, tenant: EngineTenant,
        charge: CompletionCharge?
    ) {
        self.timings = timings
        self.plan = plan
        self.isStreaming = isStreaming
        self.model = model
        self.responder = responder
        self.hub = hub
        self.telemetry = telemetry
        self.keepAliveInterval = keepAliveInterval
        self.tenant = tenant
        self.charge = charge
        session = AnswerSession(plan, id: Identifier.random(prefix: "expl-"))
    }

    // MARK: - The beginning

    /// Submits the request, and says at once what needs no model. A refusal answers with its error.
    func start() {
        timings.limiterNanoseconds = responder.limiterNanoseconds
        timings.submittedNanoseconds = telemetry.time.nanoseconds()
        if let planned = plan.request {
            let id = hub.register(self, choice: 0)
            var request = planned.request(id)
            request.tenant = tenant
            request.cacheNamespace = CacheNamespace(tenant: tenant.id)
            do { try model.service.submit(request) } catch {
                hub.forget(id)
                charge?.abandon(from: 0)
                return responder.fail(.submission(error, parameter: "question"))
            }
            self.request = id
        }
        isOpen = true
        hub.opened(self)
        responder.onClose = { [self] in clientLeft() }
        responder.tokensNow = { [self] in tokenAccount }
        responder.onBackPressure = { [self] isSlow in setPaused(isSlow) }
        if isStreaming { beginStream() }
        show(session.begin())
        flush()
    }

    private func beginStream() {
        responder.beginEvents()
        lastWriteNanoseconds = telemetry.time.nanoseconds()
        keepAlive = DeadlineTimer { [unowned self] in keepAliveDue() }
        keepAlive?.start(after: keepAliveInterval)
        var json = JSONWriter()
        plan.evidence.writeEvent(to: &json)
        outbox += ServerSentEvents.data(json.bytes)
    }

    // MARK: - Events

    func received(_ event: RequestEvent, choice: Int) -> Bool {
        charge?.received(event.kind, choice: choice)
        if case .finished(let summary) = event.kind {
            let completion = CompletionSession.Completion(summary)
            telemetry.metrics.observeEnd(completion)
            telemetry.metrics.observeChoices([completion], maxTokens: plan.request?.maxOutputTokens ?? 0)
            request = nil
            timings.engine = summary.timings
            guard isOpen else { return false }
            switch CompletionSession.Ending(summary.reason) {
            case .failed(let reason): abort(.engineFailed(reason))
            case .cancelled: abort(.cancelled)
            case .stop, .length: break
            }
        }
        guard isOpen else { return false }
        show(session.received(event.kind))
        guard !isFlushPending, !outbox.isEmpty || session.isFinished else { return false }
        isFlushPending = true
        return true
    }

    private func show(_ events: [AnswerEvent]) {
        guard isStreaming else { return }
        for event in events {
            var json = JSONWriter()
            event.write(to: &json)
            outbox += ServerSentEvents.data(json.bytes)
        }
    }

    /// Writes what the batch brought; ends the answer with the engine's account.
    func flush() {
        isFlushPending = false
        guard isOpen else { return }
        guard session.isFinished else { return writeOutbox() }
        var json = JSONWriter()
        json.object { json in
            if isStreaming { json.field("type", "done") }
            answer.writeMembers(to: &json)
        }
        if isStreaming {
            responder.finishEvents(outbox + ServerSentEvents.data(json.bytes) + ServerSentEvents.done)
        } else {
            responder.respond(status: 200, body: json.bytes)
        }
        close()
    }

    /// With the time since the request's head, and all that it is made of.
    private var answer: Answer {
        var answer = session.answer
        answer.timings = timings.stages(end: telemetry.time.nanoseconds())
        return answer
    }

    private func writeOutbox() {
        guard !outbox.isEmpty else { return }
        let frames = outbox
        outbox = []
        lastWriteNanoseconds = telemetry.time.nanoseconds()
        responder.write(frames)
    }

    // MARK: - The end

    /// Ends the answer with an error: a status if nothing is sent yet, an event in mid-stream.
    func abort(_ error: APIError) {
        guard isOpen else { return }
        cancelRequest()
        if isStreaming {
            responder.finishEvents(outbox + ServerSentEvents.data(error.body), error: error)
        } else {
            responder.fail(error)
        }
        close()
    }

    private func clientLeft() {
        cancelRequest()
        close()
    }

    private func close() {
        guard isOpen else { return }
        isOpen = false
        outbox = []
        keepAlive = nil
        hub.closed(self)
    }

    private func cancelRequest() {
        if let request { model.service.cancel(request) }
    }

    // MARK: - The connection

    private func setPaused(_ isPaused: Bool) {
        guard let request else { return }
        if isPaused { model.service.pause(request) } else { model.service.resume(request) }
    }

    /// The timer is not moved for every piece; it looks when it fires how long the silence really was.
    private func keepAliveDue() {
        let silence = Duration.nanoseconds(telemetry.time.nanoseconds() &- lastWriteNanoseconds)
        if silence >= keepAliveInterval {
            outbox += ServerSentEvents.comment("keepalive")
            writeOutbox()
            keepAlive?.start(after: keepAliveInterval)
        } else {
            keepAlive?.start(after: keepAliveInterval - silence)
        }
    }

    private var tokenAccount: TokenAccount {
        let engine = session.answer.engine
        return TokenAccount(
            prompt: plan.request?.promptTokens.count ?? 0, cached: engine.cachedTokens, output: engine.outputTokens,
            choices: plan.request == nil ? 0 : 1)
    }
}
