// EngineCore.swift — the engine without its thread: submit, cancel, step.
// Engine.  schedule → run → choose, three calls a step; everything else is bookkeeping.

package import Base
import Sampling
package import Transformer

/// Continuous batching over one model. Not Sendable on purpose: whoever makes it, owns it.
package final class EngineCore<Model: LanguageModel> {
    package let configuration: EngineConfiguration
    package private(set) var statistics = EngineStatistics()

    private(set) var scheduler: Scheduler
    private var runner: ModelRunner<Model>
    private var pipeline: LogitsPipeline
    private var logprobReader = LogprobReader()
    private var requests: [RequestID: Request] = [:]
    private var plan = StepPlan()
    private var events: [RequestEvent] = []
    private var arrivalCount: UInt64 = 0
    private var account = StepAccount()
    private(set) var stepLog = StepLog()
    let time: any TimeSource
    private let weightBytes: Int

    /// - Parameters:
    ///   - configuration: adjusted by `validated()`; read the result back from `configuration`.
    ///   - draftModel: guesses for `model` where the configuration's drafter is `.model`; its tokens are the same.
    ///   - hasher: names prefix blocks; give a fixed key only in tests.
    package init(
        model: Model, configuration: EngineConfiguration, draftModel: (any LanguageModel)? = nil,
        time: any TimeSource = MonotonicTime(), hasher: BlockHasher = BlockHasher()
    ) {
        let configuration = configuration.validated()
        self.configuration = configuration
        self.time = time
        weightBytes = model.weightBytes + (draftModel?.weightBytes ?? 0)
        let drafts: (any DraftSource)? =
            switch (configuration.speculation.drafter, draftModel) {
            case (.model?, let draftModel?):
                DraftModelDrafter(
                    draftModel, vocabularySize: model.vocabularySize, configuration, time: time)
            case (let kind?, _): SequenceDrafting(kind)
            case (nil, _): nil
            }
        scheduler = Scheduler(
            configuration,
            cache: KVCacheManager(configuration, hasher: hasher, stateSlotCount: model.stateSlotCount), drafts: drafts)
        runner = ModelRunner(model: model, configuration)
        pipeline = LogitsPipeline(vocabularySize: model.vocabularySize)
        statistics.lastStepNanoseconds = time.nanoseconds()
        statistics.acceptedTokenCountByPlace = [UInt64](
            repeating: 0, count: configuration.speculation.drafter == nil ? 0 : configuration.speculation.maxDraftCount)
        updateGauges()
    }

    /// What `EngineClient` tells the world about this engine.
    package func limits(kvCacheBytes: Int) -> EngineLimits {
        var limits = EngineLimits(
            maxModelLength: configuration.maxModelLength, vocabularySize: runner.model.vocabularySize,
            maxWaitingCount: configuration.maxWaitingCount, tokensPerBlock: configuration.tokensPerBlock,
            blockCount: configuration.blockCount, kvCacheBytes: kvCacheBytes)
        limits.weightBytes = weightBytes
        limits.sharesPrefixes = configuration.sharesPrefixes
        return limits
    }

    package var model: Model { runner.model }

    package var hasWork: Bool { !scheduler.isEmpty }

    // MARK: - Commands

    /// - Precondition: the request passed `EngineLimits.check`; its id is new.
    package func submit(_ request: GenerationRequest) {
        precondition(requests[request.id] == nil, "\(request.id) was submitted twice")
        let record = Request(
            request, tenant: scheduler.record(for: request.tenant), arrivalOrder: arrivalCount,
            maxModelLength: configuration.maxModelLength, arrivalNanoseconds: time.nanoseconds())
        if configuration.sharesPrefixes { record.leader = request.leader.flatMap { requests[$0] } }
        arrivalCount += 1
        requests[request.id] = record
        statistics.promptTokenCount += UInt64(record.promptCount)
        scheduler.add(record)
        updateGauges()
    }

    /// Ends a request wherever it stands; its blocks are free when this returns. Unknown ids are ignored.
    package func cancel(_ id: RequestID) {
        guard let request = requests[id] else { return }
        finish(request, .cancelled)
        updateGauges()
    }

    package func setPaused(_ isPaused: Bool, _ id: RequestID) {
        guard let request = requests[id] else { return }
        account.settle(request, until: time.nanoseconds())
        scheduler.setPaused(isPaused, request)
        updateGauges()
    }

    /// Weights and quotas of those tenants that have sent something, from now on.
    package func use(_ tenants: [EngineTenant]) {
        scheduler.use(tenants)
        updateGauges()
    }

    /// Preempts a running request as if the pool were dry. Its output does not change; tests do this at every step.
    package func preempt(_ id: RequestID) {
        guard let request = requests[id], request.status == .running else { return }
        account.settle(request, until: time.nanoseconds())
        scheduler.preempt(request)
        updateGauges()
    }

    package func cancelAll() {
        for id in requests.keys.sorted() { cancel(id) }
    }

    // MARK: - Step

    /// Computes one step if any request can be computed.
    /// - Returns: false when there was nothing to compute (idle, or everyone is paused).
    package func step() -> Bool {
        settleTimes()
        let start = time.nanoseconds()
        scheduler.schedule(into: &plan)
        guard !plan.isEmpty else { return false }
        let now = time.nanoseconds()
        account.begin(plan)
        for entry in plan.entries where entry.request.timings.scheduledNanoseconds == 0 {
            noteAdmission(of: entry.request, at: now)
        }
        let before = (generated: statistics.generatedTokenCount, accepted: statistics.acceptedTokenCount)
        runner.run(plan)
        advance()
        settleTimes()
        let promptRowCount = account.promptRowCount
        endStepAccount()
        learn(
            plannedFrom: start, computedFrom: now,
            acceptedCount: Int(statistics.acceptedTokenCount - before.accepted))
        statistics.stepCount += 1
        statistics.rowsPerStep.observe(Double(plan.rowCount))
        statistics.lastStepNanoseconds = time.nanoseconds()
        updateGauges()
        stepLog.append(
            plan, promptRowCount: promptRowCount, startNanoseconds: now, statistics, before: before)
        return true
    }

    private func noteAdmission(of request: Request, at now: UInt64) {
        request.timings.scheduledNanoseconds = now
        events.append(
            RequestEvent(
                request: request.id, kind: .admitted(cachedTokenCount: request.cachedTokenCount ?? 0)))
    }

    private func settleTimes() {
        let now = time.nanoseconds()
        for request in requests.values { account.settle(request, until: now) }
    }

    private func endStepAccount() {
        account.end()
        for entry in plan.entries { entry.request.share = StepShare() }
    }

    /// Moves every planned request on; the only loop over a step's results.
    private func advance() {
        var logitsIndex = 0
        // Behind those of the step's rows come those of remembered states.
        var stateIndex = plan.logitRowCount
        for entry in plan.entries {
            if entry.endState != nil {
                advance(entry, logitsIndex: stateIndex)
                stateIndex += 1
                continue
            }
            if entry.scoresPrompt { scorePrompt(entry, logitsIndex: logitsIndex) }
            logitsIndex += entry.logitRowCount
            guard entry.choosesToken else {
                scheduler.didCompute(entry, acceptedCount: 0)
                continue
            }
            let index = logitsIndex - 1 - entry.draftCount
            if entry.request.outputCount == 0, let slot = scheduler.rememberEnd(of: entry.request) {
                runner.model.keepState(ofLogits: index, in: slot)
            }
            advance(entry, logitsIndex: index)
        }
    }

    /// Chooses a request's next token, and as long as that is the one that was guessed, the one after it.
    ///
    /// Every token is chosen from the logits after the tokens that were really emitted, in the same history. What a
    /// guess decides is whether these logits are there already and, under `DraftAcceptance.rejection`, the draw.
    private func advance(_ entry: StepPlan.Entry, logitsIndex: Int) {
        let request = entry.request
        let countBefore = request.tokens.count
        var reason: FinishReason?
        var logprobs: [TokenLogprobs] = []
        let acceptedCount = follow(entry.draft) { place in
            let logits = unsafe runner.model.logits(logitsIndex + place)
            // Before anything is done to the row.
            if request.outputLogprobs != nil { unsafe logprobReader.read(logits) }
            guard let token = unsafe choose(for: request, logits, guess: place < entry.draftCount ? place : nil) else {
                reason = .failed("the model gave no usable logits (all masked, infinite or NaN)")
                return nil
            }
            if let count = request.outputLogprobs { logprobs.append(logprobReader.logprobs(of: token, top: count)) }
            reason = take(token, for: request)
            return reason == nil ? token : nil
        }
        if reason == nil { reason = takeOnlyTokens(for: request) }
        scheduler.didCompute(entry, acceptedCount: acceptedCount)
        noteDraft(of: entry, acceptedCount: acceptedCount, emitted: request.tokens[countBefore...])

        // A stop token is counted and not delivered.
        var delivered = request.tokens[countBefore...]
        if case .stopToken = reason { delivered = delivered.dropLast() }
        let scores = countBefore == request.promptCount ? request.promptScores : []
        if !delivered.isEmpty || !scores.isEmpty {
            var event = RequestEvent(
                request: request.id, kind: .tokens(TokenRun(delivered)),
                logprobs: Array(logprobs.prefix(delivered.count)), promptLogprobs: scores)
            event.guessedCount = min(acceptedCount, delivered.count)
            events.append(event)
        }
        if let reason { finish(request, reason, logprobs: Array(logprobs.dropFirst(delivered.count))) }
    }

    /// Notes how likely each token of the prompt was, by the row of the token before it.
    private func scorePrompt(_ entry: StepPlan.Entry, logitsIndex: Int) {
        let request = entry.request
        // Rows that are computed again after a preemption have their scores already.
        for index in entry.range where index >= request.promptScores.count && index < request.promptCount - 1 {
            unsafe logprobReader.read(runner.model.logits(logitsIndex + index - entry.range.lowerBound))
            request.promptScores.append(
                logprobReader.logprobs(of: request.tokens[index + 1], top: request.promptLogprobs ?? 0))
        }
    }

    /// Adds a chosen token to its request. - Returns: why the request ends with it, if it does.
    private func take(_ token: TokenID, for request: Request) -> FinishReason? {
        if request.outputCount == 0 { request.timings.firstTokenNanoseconds = time.nanoseconds() }
        request.append(token)
        TokenCounters.chargeOutput(1, to: request.tenant)
        statistics.generatedTokenCount += 1
        if request.stopTokens.contains(token) { return .stopToken(token) }
        return request.tokens.count >= request.maxTokenCount ? .length : nil
    }

    /// Adds the tokens that a constraint leaves no choice about: a step each would compute logits that say nothing.
    /// The next step computes them together, like a prompt's, and the output is the same.
    /// - Returns: why the request ends with them, if it does.
    private func takeOnlyTokens(for request: Request) -> FinishReason? {
        // Whoever wants to know how likely each token was needs the logits.
        guard request.outputLogprobs == nil else { return nil }
        while request.outputCount >= request.minOutputCount, let token = request.constraint?.onlyToken {
            request.forcedTokenCount += 1
            if let reason = take(token, for: request) { return reason }
        }
        return nil
    }

    /// - Parameter guess: the place of the draft whose guess stands at this position, if one does.
    private func choose(
        for request: Request, _ logits: UnsafeMutableBufferPointer<Float>, guess place: Int?
    ) -> TokenID? {
        if request.outputCount < request.minOutputCount {
            for token in request.stopTokens where logits.indices.contains(token.index) {
                unsafe logits[token.index] = -.infinity
            }
        }
        let position = request.tokens.count
        let parameters = request.parameters
        guard let place, configuration.speculation.acceptance == .rejection, let speculation = request.speculation
        else {
            return unsafe pipeline.choose(
                logits, position: position, parameters: parameters, history: request.history,
                constraint: &request.constraint)
        }
        let target = unsafe pipeline.distribution(
            logits, parameters: parameters, history: request.history, constraint: &request.constraint)
        guard let target else { return nil }
        return RejectionSampler<LeviathanFormulas>.verify(
            speculation.guesses[place], drawnFrom: speculation.distribution(ofGuess: place), target: target,
            position: position, CounterNoise(seed: parameters.seed, choice: parameters.choice))
    }

    private func noteDraft(of entry: StepPlan.Entry, acceptedCount: Int, emitted: ArraySlice<TokenID>) {
        entry.request.speculation?.learn(from: emitted)
        guard entry.draftCount > 0 else { return }
        entry.request.share.rejectedCount = entry.draftCount - acceptedCount
        entry.request.draftedTokenCount += entry.draftCount
        entry.request.acceptedTokenCount += acceptedCount
        statistics.draftCount += 1
        statistics.draftedTokenCount += UInt64(entry.draftCount)
        statistics.acceptedTokenCount += UInt64(acceptedCount)
        for place in 0..<acceptedCount { statistics.acceptedTokenCountByPlace[place] += 1 }
    }

    /// Steps that only decode teach what a row costs, and whether guesses pay.
    private func learn(plannedFrom start: UInt64, computedFrom middle: UInt64, acceptedCount: Int) {
        guard plan.entries.allSatisfy({ $0.range.count == 1 }) else { return }
        let end = time.nanoseconds()
        scheduler.learn(
            from: plan, acceptedCount: acceptedCount, seconds: Double(end - middle) / 1e9,
            planningSeconds: Double(middle - start) / 1e9)
    }

    private func finish(_ request: Request, _ reason: FinishReason, logprobs: [TokenLogprobs] = []) {
        let now = time.nanoseconds()
        account.settle(request, until: now)
        scheduler.finish(request)
        requests[request.id] = nil
        request.timings.finishedNanoseconds = now
        events.append(
            RequestEvent(request: request.id, kind: .finished(request.summary(reason)), logprobs: logprobs))
        switch reason {
        case .stopToken: statistics.finishedByStop += 1
        case .length: statistics.finishedByLength += 1
        case .cancelled: statistics.finishedByCancel += 1
        case .failed: statistics.finishedByFailure += 1
        }
    }

    /// Shows `body` everything that happened since the last call, in order, unless nothing did. The array is used
    /// again: whoever keeps it makes the next step allocate another.
    package func drainEvents(_ body: ([RequestEvent]) throws -> Void) rethrows {
        guard !events.isEmpty else { return }
        defer { events.removeAll(keepingCapacity: true) }
        try body(events)
    }

    /// The same for callers that may allocate.
    package func takeEvents() -> [RequestEvent] {
        var taken: [RequestEvent] = []
        drainEvents { taken = $0 }
        return taken
    }

    // MARK: - Observation

    /// Restarts the watchdog's clock after an idle time, which is not a hang.
    package func noteWorkBegins() { statistics.lastStepNanoseconds = time.nanoseconds() }

    private func updateGauges() {
        statistics.runningCount = scheduler.running.count
        statistics.waitingCount = scheduler.waiting.count
        statistics.pausedCount = requests.values.count { $0.isPaused }
        statistics.blockCount = scheduler.cache.pool.blockCount
        statistics.usedBlockCount = scheduler.cache.pool.usedCount
        statistics.cachedBlockCount = scheduler.cache.pool.freeCachedCount
        statistics.preemptionCount = scheduler.preemptionCount
        statistics.prefixQueriedTokenCount = scheduler.prefixQueriedTokenCount
        statistics.prefixHitTokenCount = scheduler.prefixHitTokenCount
        scheduler.writeStatistics(into: &statistics.tenants)
        statistics.isBusy = statistics.pausedCount < requests.count
    }

    /// Recounts everything; for tests. - Complexity: O(blocks + requests).
    package func checkInvariants() {
        scheduler.checkInvariants()
        precondition(requests.count == scheduler.waiting.count + scheduler.running.count, "a request is lost")
    }
}
