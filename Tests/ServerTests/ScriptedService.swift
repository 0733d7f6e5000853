// ScriptedService.swift — an engine for tests: says what the test tells it to, and remembers what it was asked.

import Base
import Engine
import Sampling
import Server
import Synchronization
import TestSupport

/// Behaves as the real one at the boundary: every accepted request ends with exactly one `.finished`, a cancelled one
/// soon, and events come through `deliver` from another thread or this one.
final class ScriptedService: GenerationService {
    /// What happens to a request right after it was accepted.
    enum Script: Sendable {
        /// Nothing: the test calls `send` and `finish`.
        case hold
        /// These bytes as tokens, one event each, then the end-of-sequence token or, without room for it, `.length`.
        case say(String)
        /// Refused.
        case refuse(SubmissionError)
    }

    struct State: Sendable {
        var script: @Sendable (GenerationRequest) -> Script = { _ in .hold }
        var deliver: (@Sendable ([RequestEvent]) -> Void)?
        var submitted: [GenerationRequest] = []
        var open: [RequestID: Int] = [:]
        var cancelled: [RequestID] = []
        var paused: [RequestID] = []
        var resumed: [RequestID] = []
        var tenants: [EngineTenant] = []
        var statistics = EngineStatistics()
        var cachedTokenCount = 0
        /// What onlookers asked, what they are shown, and whether they wait for it.
        var looks: [EngineQuery] = []
        var snapshot: EngineSnapshot?
        var holdsLooks = false
        var heldLooks: [@Sendable (EngineSnapshot?) -> Void] = []
    }

    let limits: EngineLimits
    private let state: Mutex<State>

    init(
        maxModelLength: Int = 4096, sharesPrefixes: Bool = true,
        script: @escaping @Sendable (GenerationRequest) -> Script = { _ in .hold }
    ) {
        var limits = EngineLimits(
            maxModelLength: maxModelLength, vocabularySize: ByteCodec.vocabularySize, maxWaitingCount: 8,
            tokensPerBlock: 16, blockCount: 100, kvCacheBytes: 1 << 20)
        limits.sharesPrefixes = sharesPrefixes
        self.limits = limits
        var state = State()
        state.script = script
        self.state = Mutex(state)
    }

    func change(_ body: (inout State) -> Void) { state.withLock { body(&$0) } }
    var deliverEvents: (@Sendable ([RequestEvent]) -> Void)? { state.withLock { $0.deliver } }
    var statistics: EngineStatistics { state.withLock { $0.statistics } }
    var submitted: [GenerationRequest] { state.withLock { $0.submitted } }
    var cancelled: [RequestID] { state.withLock { $0.cancelled } }
    var paused: [RequestID] { state.withLock { $0.paused } }
    var resumed: [RequestID] { state.withLock { $0.resumed } }
    var looks: [EngineQuery] { state.withLock { $0.looks } }
    var tenants: [EngineTenant] { state.withLock { $0.tenants } }
    var openCount: Int { state.withLock { $0.open.count } }

    func submit(_ request: GenerationRequest) throws(SubmissionError) {
        let script = state.withLock { $0.script(request) }
        if case .refuse(let error) = script { throw error }
        state.withLock { state in
            state.submitted.append(request)
            state.open[request.id] = 0
        }
        if case .say(let text) = script { say(text, request) }
    }

    func cancel(_ id: RequestID) {
        state.withLock { $0.cancelled.append(id) }
        finish(id, .cancelled)
    }

    func pause(_ id: RequestID) { state.withLock { $0.paused.append(id) } }
    func resume(_ id: RequestID) { state.withLock { $0.resumed.append(id) } }
    func use(_ tenants: [EngineTenant]) { state.withLock { $0.tenants = tenants } }

    func look(_ query: EngineQuery, _ reply: @escaping @Sendable (EngineSnapshot?) -> Void) {
        let (snapshot, isHeld) = state.withLock { state in
            state.looks.append(query)
            return (state.snapshot, state.holdsLooks)
        }
        if isHeld { return state.withLock { $0.heldLooks.append(reply) } }
        reply(snapshot ?? EngineSnapshot(nanoseconds: 0, statistics: statistics))
    }

    // MARK: - What the test says

    /// Answers the oldest onlooker who waits.
    func answerLook(_ snapshot: EngineSnapshot?) {
        let reply = state.withLock { $0.heldLooks.removeFirst() }
        reply(snapshot)
    }

    /// The ids of the first `count` requests, once there are so many.
    func requests(_ count: Int) async throws -> [RequestID] {
        guard try await eventuallyTrue({ self.submitted.count >= count }) else {
            throw ClientError("\(submitted.count) requests came instead of \(count)")
        }
        return submitted.map(\.id)
    }

    /// The request is in its first step.
    func admit(_ id: RequestID) {
        deliver(id) { state in
            state.open[id].map { _ in .admitted(cachedTokenCount: state.cachedTokenCount) }
        }
    }

    /// One token that stands for many kilobytes of text.
    func sendKilobytes(_ count: Int, to id: RequestID) {
        deliver(id) { state in
            guard let generated = state.open[id] else { return nil }
            state.open[id] = generated + 1
            return .tokens([TokenID(ByteCodec.kilobytes + count)])
        }
    }

    func send(_ id: RequestID, _ text: String) { send(id, Array(text.utf8)) }

    func send(_ id: RequestID, _ bytes: [UInt8]) {
        deliver(id) { state in
            guard let count = state.open[id] else { return nil }
            state.open[id] = count + bytes.count
            return .tokens(TokenRun(bytes.map { TokenID(Int($0)) }))
        }
    }

    /// Ends a request, once; a stop token counts as generated.
    func finish(_ id: RequestID, _ reason: FinishReason) {
        deliver(id) { state in
            guard let count = state.open.removeValue(forKey: id),
                let request = state.submitted.first(where: { $0.id == id })
            else { return nil }
            var isStopToken = false
            if case .stopToken = reason { isStopToken = true }
            var timings = RequestTimings()
            (timings.arrivalNanoseconds, timings.scheduledNanoseconds) = (1_000_000, 3_000_000)
            (timings.firstTokenNanoseconds, timings.finishedNanoseconds) = (7_000_000, 70_000_000)
            var summary = RequestSummary(
                reason: reason, promptTokenCount: request.promptTokens.count,
                cachedTokenCount: min(state.cachedTokenCount, request.promptTokens.count),
                outputTokenCount: count + (isStopToken ? 1 : 0), timings: timings)
            summary.prefilledTokenCount = summary.promptTokenCount - summary.cachedTokenCount
            return .finished(summary)
        }
    }

    private func say(_ text: String, _ request: GenerationRequest) {
        let bytes = Array(text.utf8.prefix(request.maxOutputTokens))
        for byte in bytes { send(request.id, [byte]) }
        let hasRoom = bytes.count < request.maxOutputTokens
        finish(request.id, hasRoom ? .stopToken(ByteCodec.end) : .length)
    }

    private func deliver(_ id: RequestID, _ event: (inout State) -> RequestEvent.Kind?) {
        let (event, deliver) = state.withLock { state -> (RequestEvent?, (@Sendable ([RequestEvent]) -> Void)?) in
            let isFirst = state.open[id] == 0
            guard let kind = event(&state), let request = state.submitted.first(where: { $0.id == id }) else {
                return (nil, nil)
            }
            return (Self.withLogprobs(RequestEvent(request: id, kind: kind), request, isFirst), state.deliver)
        }
        if let event { deliver?([event]) }
    }

    /// Every token had ln p = −0.5, and beside it the letter z had −2.
    private static func withLogprobs(_ event: RequestEvent, _ request: GenerationRequest, _ isFirst: Bool)
        -> RequestEvent
    {
        func logprobs(_ token: TokenID, _ count: Int) -> TokenLogprobs {
            let chosen = TokenLogprob(token: token, logprob: -0.5)
            return TokenLogprobs(
                chosen: chosen, top: Array([chosen, TokenLogprob(token: 122, logprob: -2)].prefix(count)))
        }
        var event = event
        if let count = request.outputLogprobs {
            switch event.kind {
            case .admitted: break
            case .tokens(let tokens): event.logprobs = tokens.map { logprobs($0, count) }
            case .finished(let summary):
                if case .stopToken(let token) = summary.reason { event.logprobs = [logprobs(token, count)] }
            }
        }
        if isFirst, let count = request.promptLogprobs {
            event.promptLogprobs = request.promptTokens.dropFirst().map { logprobs($0, count) }
        }
        return event
    }
}
