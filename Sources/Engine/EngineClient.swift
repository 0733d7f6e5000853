// EngineClient.swift — the engine seen from any other thread.
// Engine.

import Base
package import Kernels
import Sampling
import Synchronization
package import Transformer

/// Runs an `EngineCore` on a thread of its own and talks to it by messages.
package struct EngineClient: GenerationService {
    package let limits: EngineLimits
    private let queue: CommandQueue
    private let board: StatisticsBoard
    private let thread: OwnedThread

    /// Starts the engine thread.
    /// - Parameters:
    ///   - core: handed over for good; the compiler sees to it that nobody else keeps using it.
    ///   - kvCacheBytes: reported in `limits`.
    ///   - deliver: called on the engine thread, once per step, with everything that happened.
    /// - Throws: `ThreadError` when the system refuses a thread.
    package init<Model: LanguageModel>(
        core: sending EngineCore<Model>, kvCacheBytes: Int, deliver: @escaping @Sendable ([RequestEvent]) -> Void
    ) throws(ThreadError) {
        limits = core.limits(kvCacheBytes: kvCacheBytes)
        let queue = CommandQueue(maxWaitingCount: limits.maxWaitingCount)
        let board = StatisticsBoard(core.statistics)
        self.queue = queue
        self.board = board
        thread = try OwnedThread(name: "engine") {
            EngineLoop(core: core, queue: queue, board: board, deliver: deliver).run()
        }
    }

    package var statistics: EngineStatistics { board.read() }

    package func submit(_ request: GenerationRequest) throws(SubmissionError) {
        try limits.check(request)
        try queue.submit(request)
    }

    package func cancel(_ id: RequestID) { queue.push(.cancel(id)) }
    package func pause(_ id: RequestID) { queue.push(.setPaused(true, id)) }
    package func resume(_ id: RequestID) { queue.push(.setPaused(false, id)) }
    package func use(_ tenants: [EngineTenant]) { queue.push(.use(tenants)) }

    package func look(_ query: EngineQuery, _ reply: @escaping @Sendable (EngineSnapshot?) -> Void) {
        if !queue.pushUnlessShutDown(.look(query) { reply($0) }) { reply(nil) }
    }

    /// Cancels what is left, ends the thread and waits for it. Every open request gets its `.finished` first.
    package func shutDown() {
        queue.push(.shutDown)
        thread.join()
    }
}

extension EngineLimits {
    /// Refuses what could never run.
    package func check(_ request: GenerationRequest) throws(SubmissionError) {
        if request.promptTokens.isEmpty { throw .emptyPrompt }
        guard request.promptTokens.count < maxModelLength else {
            throw .promptTooLong(promptTokens: request.promptTokens.count, maxModelLength: maxModelLength)
        }
        let biased = request.sampling.logitBias.lazy.map(\.token)
        for token in [request.promptTokens.min(), request.promptTokens.max(), biased.min(), biased.max()] {
            guard let token, !(0..<vocabularySize).contains(token.index) else { continue }
            throw .tokenOutOfRange(token, vocabularySize: vocabularySize)
        }
        precondition(request.maxOutputTokens > 0, "callers ask for at least one token")
    }
}

/// The newest statistics, behind a lock.
final class StatisticsBoard: Sendable {
    private let statistics: Mutex<EngineStatistics>

    init(_ statistics: EngineStatistics) { self.statistics = Mutex(statistics) }

    func read() -> EngineStatistics { statistics.withLock { $0 } }
    func publish(_ newest: EngineStatistics) { statistics.withLock { $0 = newest } }
}

/// What the engine thread does until it is told to stop.
struct EngineLoop<Model: LanguageModel> {
    let core: EngineCore<Model>
    let queue: CommandQueue
    let board: StatisticsBoard
    let deliver: @Sendable ([RequestEvent]) -> Void

    func run() {
        var couldStep = false
        while true {
            // With everyone paused there is work but nothing to compute: sleep until somebody resumes or leaves.
            let commands = queue.drain(mayWait: !couldStep, waitingCount: core.statistics.waitingCount)
            for command in commands {
                switch command {
                case .submit(let request): core.submit(request)
                case .cancel(let id): core.cancel(id)
                case .setPaused(let isPaused, let id): core.setPaused(isPaused, id)
                case .use(let tenants): core.use(tenants)
                case .look(let query, let reply): reply(core.snapshot(query))
                case .shutDown:
                    core.cancelAll()
                    report()
                    return
                }
            }
            // Before the step, so that freed blocks show at once and a step that hangs is seen to be busy.
            if !commands.isEmpty {
                if !couldStep { core.noteWorkBegins() }
                report()
            }
            couldStep = core.step()
            report()
        }
    }

    private func report() {
        board.publish(core.statistics)
        core.drainEvents(deliver)
    }
}
