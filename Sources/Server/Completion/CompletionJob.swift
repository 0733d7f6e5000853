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
@EventLoop final class CompletionJob: EngineJob {
    private let prepared: PreparedCompletion
    private let model: ServedModel
    private let format: CompletionFormat
    private let responder: Responder
    private let hub: CompletionHub
    private let telemetry: Telemetry
    private let keepAliveInterval: Duration
    private let tenant: EngineTenant
    /// Nil where nobody is limited.
    private let charge: CompletionCharge?
    private var submittedNanoseconds: UInt64 = 0

    private var choices: [CompletionChoice] = []
    /// One for each prompt, where they are echoed.
    private var echoes: [PromptEcho] = []
    private var isOpen = false
    private var isStreaming: Bool { prepared.parameters.isStreaming }
    /// Frames of this batch of events, written together by `flush`.
    private var outbox: [UInt8] = []
    private var isFlushPending = false
    private var keepAlive: DeadlineTimer?
    private var lastWriteNanoseconds: UInt64 = 0

    init(
        _ prepared: PreparedCompletion, model: ServedModel, responder: Responder, hub: CompletionHub,
        telemetry: Telemetry, keepAliveInterval: Duration, created: Int, tenant: EngineTenant = .everyone,
        charge: CompletionCharge? = nil
    ) {
        self.tenant = tenant
        self.charge = charge
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
            includesUsage: prepared.parameters.includesUsage,
            logprobs: prepared.parameters.topLogprobs.map { _ in
                LogprobsFormat(codec: model.codec, tellsDetails: prepared.parameters.tellsTokenDetails)
            })
    }

    // MARK: - The beginning

    /// Submits every choice of every prompt, or none: a refusal answers with its error and takes the others back.
    func start() {
        let parameters = prepared.parameters
        let seed = parameters.seed ?? .random(in: .min ... .max)
        submittedNanoseconds = telemetry.time.nanoseconds()
        for (promptIndex, prompt) in prepared.prompts.enumerated() {
            if prepared.echoesPrompt {
                echoes.append(PromptEcho(prompt.tokens, given: prompt.text, codec: model.codec))
            }
            var leader: RequestID?
            for choice in 0..<parameters.choiceCount {
                let id = hub.register(self, choice: choices.count)
                do {
                    try model.service.submit(request(id, prompt, seed: seed, choice: choice, leader: leader))
                } catch {
                    hub.forget(id)
                    cancelUnfinished()
                    charge?.abandon(from: choices.count)
                    return responder.fail(
                        .submission(error, parameter: prepared.route == .chat ? "messages" : "prompt"))
                }
                leader = leader ?? id
                choices.append(
                    CompletionChoice(
                        request: id, prompt: promptIndex,
                        session: CompletionSession(
                            detokenizer: model.codec.makeDetokenizer(after: prompt.tokens), sessionOptions(prompt))))
            }
        }
        isOpen = true
        hub.opened(self)
        responder.onClose = { [self] in clientLeft() }
        responder.tokensNow = { [self] in tokenAccount }
        responder.onBackPressure = { [self] isSlow in setPaused(isSlow) }
        if isStreaming { beginStream() }
    }

    private func request(
        _ id: RequestID, _ prompt: PreparedCompletion.Prompt, seed: UInt64, choice: Int, leader: RequestID?
    ) -> GenerationRequest {
        let parameters = prepared.parameters
        var sampling = parameters.sampling
        sampling.seed = seed
        sampling.choice = UInt32(choice)
        // The engine always chooses a token; one nobody wants is thrown away.
        var request = GenerationRequest(
            id: id, promptTokens: prompt.tokens, sampling: sampling, maxOutputTokens: max(1, prompt.maxOutputTokens),
            stopTokens: (parameters.ignoresEndOfSequence ? [] : model.codec.endOfSequence) + parameters.stopTokens,
            // Between tenants, fairness decides; within one, a request may stand back.
            priority: charge == nil ? parameters.priority : max(0, parameters.priority),
            cacheNamespace: CacheNamespace(tenant: tenant.id, salt: parameters.cacheSalt),
            constraint: prompt.constraint)
        request.tenant = tenant
        request.minOutputTokens = parameters.minTokens
        request.leader = leader
        if prompt.maxOutputTokens > 0 { request.outputLogprobs = parameters.topLogprobs }
        // The prompt is told once. Its first choice asks; without shared prefixes nobody waits for that one, and each does.
        let isAsked = leader == nil || !model.service.limits.sharesPrefixes
        if prepared.echoesPrompt, isAsked { request.promptLogprobs = parameters.topLogprobs }
        return request
    }

    private func sessionOptions(_ prompt: PreparedCompletion.Prompt) -> CompletionSession.Options {
        let parameters = prepared.parameters
        var options = CompletionSession.Options(
            stopStrings: StopStrings(parameters.stop, keepsMatch: parameters.includesStop))
        options.minTokens = parameters.minTokens
        options.includesStop = parameters.includesStop
        options.discardsOutput = prompt.maxOutputTokens == 0
        return options
    }

    private func beginStream() {
        responder.beginEvents()
        lastWriteNanoseconds = telemetry.time.nanoseconds()
        keepAlive = DeadlineTimer { [unowned self] in keepAliveDue() }
        keepAlive?.start(after: keepAliveInterval)
    }

    // MARK: - Events

    /// Returns true when this is the first news of a batch, so that `flush` is called once per batch.
    func received(_ event: RequestEvent, choice index: Int) -> Bool {
        charge?.received(event.kind, choice: index)
        if case .admitted = event.kind { return false }
        let outcome = choices[index].session.received(
            event.kind, logprobs: event.logprobs, guessedCount: event.guessedCount)
        if outcome.cancelsRequest { model.service.cancel(choices[index].request) }
        if case .tokens(let tokens) = event.kind, !tokens.isEmpty { observeGap(index) }
        noteEcho(event, choice: index)
        if let completion = outcome.completion {
            choices[index].completion = completion
            telemetry.metrics.observeEnd(completion)
            observeChoices(of: choices[index].prompt)
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
        let prompt = choices[index].prompt
        let echo = prompt < echoes.count ? echoes[prompt] : nil
        if isStreaming {
            outbox += choices[index].frames(outcome, index: index, echo: echo, format: format)
        } else {
            choices[index].collect(outcome, echo: echo)
        }
    }

    /// A prompt's log-probabilities come with the first event of the choices that asked for them; choices that did not
    /// have no event before that.
    private func noteEcho(_ event: RequestEvent, choice index: Int) {
        let prompt = choices[index].prompt
        guard prepared.echoesPrompt, prepared.parameters.topLogprobs != nil, echoes[prompt].logprobs == nil else {
            return
        }
        echoes[prompt].add(event, prepared.prompts[prompt].tokens, codec: model.codec)
    }

    /// Writes what the batch brought; ends the answer with its last choice.
    func flush() {
        isFlushPending = false
        guard isOpen else { return }
        let isComplete = choices.allSatisfy { $0.completion != nil }
        guard isComplete else { return writeOutbox() }

        if isStreaming {
            if let timings { outbox += ServerSentEvents.data(format.timingsChunk(timings)) }
            if format.includesUsage { outbox += ServerSentEvents.data(format.usageChunk(usage)) }
            responder.finishEvents(outbox + ServerSentEvents.done)
        } else {
            let answers = choices.map { choice in
                CompletionFormat.Choice(
                    text: choice.text, logprobs: choice.logprobs,
                    finishReason: choice.completion?.finishReason ?? .length)
            }
            responder.respond(status: 200, body: format.response(answers, usage: usage, timings: timings))
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

    /// Once all answers to a prompt are there.
    private func observeChoices(of prompt: Int) {
        let completions = choices.filter { $0.prompt == prompt }.compactMap(\.completion)
        guard completions.count == prepared.parameters.choiceCount else { return }
        telemetry.metrics.observeChoices(completions, maxTokens: prepared.prompts[prompt].maxOutputTokens)
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

    /// Where the time went, of the choice that ended last; for a client that asked.
    private var timings: TimingReport? {
        let engine = choices.compactMap(\.completion?.timings).max { $0.finishedNanoseconds < $1.finishedNanoseconds }
        guard responder.wantsTimings, let engine else { return nil }
        return TimingReport(
            start: responder.startNanoseconds, limiter: responder.limiterNanoseconds, submitted: submittedNanoseconds,
            engine: engine, end: telemetry.time.nanoseconds())
    }

    private var tokenAccount: TokenAccount {
        let usage = usage
        return TokenAccount(
            prompt: usage.promptTokens, cached: usage.cachedTokens, output: usage.completionTokens,
            choices: choices.count)
    }
}
