// CompletionJob.swift — one completion request at work: its engine requests, its choices, its one answer.
// Server › Completion.

import Base
import Engine
import Network
import Sampling

/// Submits a prepared request and turns engine events into the answer, whole or streamed.
///
///     created ──start──► open ──last choice complete──► closed
///                          └──client gone, failure, drain's deadline──► closed (engine requests cancelled)
///
/// A closed job still hears its engine requests' closing accounts, for the metrics.
@EventLoop final class CompletionJob {
    private struct Choice {
        let request: RequestID
        var session: CompletionSession
        /// Whole answers only: a stream keeps nothing that was sent.
        var text: [UInt8] = []
        var hasBegun = false
        var completion: CompletionSession.Completion?
        var lastTokenNanoseconds: UInt64 = 0
    }

    private let prepared: PreparedCompletion
    private let model: ServedModel
    private let format: CompletionFormat
    private let responder: Responder
    private let hub: CompletionHub
    private let telemetry: Telemetry
    private let keepAliveInterval: Duration

    private var choices: [Choice] = []
    private var isOpen = false
    private var isStreaming: Bool { prepared.parameters.isStreaming }
    /// Frames of this batch of events, written together by `flush`.
    private var outbox: [UInt8] = []
    private var isFlushPending = false
    private var keepAlive: DeadlineTimer?
    private var lastWriteNanoseconds: UInt64 = 0

    init(
        _ prepared: PreparedCompletion, model: ServedModel, responder: Responder, hub: CompletionHub,
        telemetry: Telemetry, keepAliveInterval: Duration, created: Int
    ) {
        self.prepared = prepared
        self.model = model
        self.responder = responder
        self.hub = hub
        self.telemetry = telemetry
        self.keepAliveInterval = keepAliveInterval
        format = CompletionFormat(
            route: prepared.route,
            id: Identifier.random(prefix: prepared.route == .chat ? "chatcmpl-" : "cmpl-"), created: created,
            model: model.id, systemFingerprint: model.systemFingerprint,
            includesUsage: prepared.parameters.includesUsage)
    }

    // MARK: - The beginning

    /// Submits every choice of every prompt, or none: a refusal answers with its error and takes the others back.
    func start() {
        let parameters = prepared.parameters
        let seed = parameters.seed ?? .random(in: .min ... .max)
        let stopStrings = StopStrings(parameters.stop)
        let stopTokens = parameters.ignoresEndOfSequence ? [] : model.codec.endOfSequence

        for prompt in prepared.prompts {
            for choice in 0..<parameters.choiceCount {
                let id = hub.register(self, choice: choices.count)
                var sampling = parameters.sampling
                sampling.seed = seed
                sampling.choice = UInt32(choice)
                do {
                    try model.service.submit(
                        GenerationRequest(
                            id: id, promptTokens: prompt.tokens, sampling: sampling,
                            maxOutputTokens: prompt.maxOutputTokens, stopTokens: stopTokens,
                            constraint: prompt.constraint))
                } catch {
                    hub.forget(id)
                    cancelUnfinished()
                    return responder.fail(
                        .submission(error, parameter: prepared.route == .chat ? "messages" : "prompt"))
                }
                choices.append(
                    Choice(
                        request: id,
                        session: CompletionSession(
                            detokenizer: model.codec.makeDetokenizer(after: prompt.tokens), stopStrings: stopStrings)))
            }
        }
        isOpen = true
        hub.opened(self)
        responder.onClose = { [self] in clientLeft() }
        responder.tokensNow = { [self] in tokenAccount }
        responder.onBackPressure = { [self] isSlow in setPaused(isSlow) }
        if isStreaming { beginStream() }
    }

    private func beginStream() {
        responder.beginEvents()
        lastWriteNanoseconds = telemetry.time.nanoseconds()
        keepAlive = DeadlineTimer { [unowned self] in keepAliveDue() }
        keepAlive?.start(after: keepAliveInterval)
    }

    // MARK: - Events

    /// Returns true when this is the first news of a batch, so that `flush` is called once per batch.
    func received(_ event: RequestEvent.Kind, choice index: Int) -> Bool {
        let outcome = choices[index].session.received(event)
        if outcome.cancelsRequest { model.service.cancel(choices[index].request) }
        if case .tokens = event { observeGap(index) }
        if let completion = outcome.completion {
            choices[index].completion = completion
            telemetry.metrics.observeEnd(completion)
        }
        guard isOpen else { return false }

        switch outcome.completion?.ending {
        case .failed(let reason): abort(.engineFailed(reason))
        case .cancelled: abort(.cancelled)
        case .stop, .length, nil: append(outcome, to: index)
        }
        guard isOpen, !isFlushPending else { return false }
        isFlushPending = true
        return true
    }

    private func append(_ outcome: CompletionSession.Outcome, to index: Int) {
        guard isStreaming else {
            choices[index].text += outcome.text
            return
        }
        guard !outcome.text.isEmpty || outcome.completion != nil else { return }
        if !choices[index].hasBegun {
            choices[index].hasBegun = true
            if let role = format.roleChunk(choice: index) { outbox += ServerSentEvents.data(role) }
        }
        if !outcome.text.isEmpty {
            outbox += ServerSentEvents.data(format.textChunk(choice: index, outcome.text))
        }
        if let completion = outcome.completion {
            outbox += ServerSentEvents.data(format.finishChunk(choice: index, completion.finishReason))
        }
    }

    /// Writes what the batch brought; ends the answer with its last choice.
    func flush() {
        isFlushPending = false
        guard isOpen else { return }
        let isComplete = choices.allSatisfy { $0.completion != nil }
        guard isComplete else { return writeOutbox() }

        if isStreaming {
            if format.includesUsage { outbox += ServerSentEvents.data(format.usageChunk(usage)) }
            responder.finishEvents(outbox + ServerSentEvents.done)
        } else {
            let answers = choices.map { choice in
                CompletionFormat.Choice(
                    text: choice.text, finishReason: choice.completion?.finishReason ?? .length)
            }
            responder.respond(status: 200, body: format.response(answers, usage: usage))
        }
        close()
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
        cancelUnfinished()
        if isStreaming {
            responder.finishEvents(outbox + ServerSentEvents.data(error.body), error: error)
        } else {
            responder.fail(error)
        }
        close()
    }

    private func clientLeft() {
        cancelUnfinished()
        close()
    }

    private func close() {
        guard isOpen else { return }
        isOpen = false
        outbox = []
        keepAlive = nil
        hub.closed(self)
    }

    private func cancelUnfinished() {
        for choice in choices where choice.completion == nil { model.service.cancel(choice.request) }
    }

    // MARK: - The connection

    private func setPaused(_ isPaused: Bool) {
        for choice in choices where choice.completion == nil {
            if isPaused { model.service.pause(choice.request) } else { model.service.resume(choice.request) }
        }
    }

    /// The timer is not moved for every token; it looks when it fires how long the silence really was.
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

    // MARK: - Accounts

    private func observeGap(_ index: Int) {
        let now = telemetry.time.nanoseconds()
        let last = choices[index].lastTokenNanoseconds
        if last > 0 { telemetry.metrics.observeGap(nanoseconds: now &- last) }
        choices[index].lastTokenNanoseconds = now
    }

    /// A prompt counts once; its first choice tells what the cache gave, the others found the prompt there.
    private var usage: Usage {
        var usage = Usage()
        for (index, choice) in choices.enumerated() {
            usage.completionTokens += choice.completion?.outputTokenCount ?? choice.session.outputTokenCount
            usage.draftedTokens += choice.completion?.draftedTokenCount ?? 0
            usage.acceptedTokens += choice.completion?.acceptedTokenCount ?? 0
            if index.isMultiple(of: prepared.parameters.choiceCount) {
                usage.promptTokens += prepared.prompts[index / prepared.parameters.choiceCount].tokens.count
                usage.cachedTokens += choice.completion?.cachedTokenCount ?? 0
            }
        }
        return usage
    }

    private var tokenAccount: TokenAccount {
        let usage = usage
        return TokenAccount(
            prompt: usage.promptTokens, cached: usage.cachedTokens, output: usage.completionTokens,
            choices: choices.count)
    }
}

extension CompletionSession.Completion {
    /// Of a choice that ended well; the other endings never reach a client as a finish reason.
    fileprivate var finishReason: CompletionFormat.FinishReason { ending == .stop ? .stop : .length }
}
