// CommandQueue.swift — how other threads reach the engine thread.
// Engine.  One lock, held for an append or a swap; the engine sleeps here when it has nothing to do.

import Dispatch
import Synchronization

/// What anyone may ask of the engine thread.
enum EngineCommand: Sendable {
    case submit(GenerationRequest)
    case cancel(RequestID)
    case setPaused(Bool, RequestID)
    case use([EngineTenant])
    case look(EngineQuery, @Sendable (EngineSnapshot) -> Void)
    case shutDown
}

/// Many producers, one consumer.
final class CommandQueue: Sendable {
    private struct State {
        var commands: [EngineCommand] = []
        /// Submissions in `commands`, and requests waiting in the engine when it last looked here.
        var submittedCount = 0
        var waitingCount = 0
        var isAsleep = false
        var isShutDown = false
    }

    private let state = Mutex(State())
    private let wakeUp = DispatchSemaphore(value: 0)
    private let maxWaitingCount: Int

    init(maxWaitingCount: Int) { self.maxWaitingCount = maxWaitingCount }

    /// Queues a request unless too many wait already, here and in the engine together.
    func submit(_ request: GenerationRequest) throws(SubmissionError) {
        let refusal: SubmissionError? = state.withLock { state in
            if state.isShutDown { return .shuttingDown }
            let waiting = state.submittedCount + state.waitingCount
            if waiting >= maxWaitingCount { return .queueFull(waiting: waiting, limit: maxWaitingCount) }
            state.submittedCount += 1
            append(.submit(request), &state)
            return nil
        }
        if let refusal { throw refusal }
    }

    func push(_ command: EngineCommand) {
        state.withLock { state in
            if case .shutDown = command { state.isShutDown = true }
            append(command, &state)
        }
    }

    /// - Returns: false when the engine will not hear it any more.
    func pushUnlessShutDown(_ command: EngineCommand) -> Bool {
        state.withLock { state in
            guard !state.isShutDown else { return false }
            append(command, &state)
            return true
        }
    }

    private func append(_ command: EngineCommand, _ state: inout sending State) {
        state.commands.append(command)
        guard state.isAsleep else { return }
        state.isAsleep = false
        wakeUp.signal()
    }

    /// Takes all commands, in order.
    /// - Parameters:
    ///   - mayWait: sleep until there is one.
    ///   - waitingCount: requests waiting in the engine now.
    func drain(mayWait: Bool, waitingCount: Int) -> [EngineCommand] {
        while true {
            let commands: [EngineCommand] = state.withLock { state in
                state.waitingCount = waitingCount
                state.submittedCount = 0
                let commands = state.commands
                state.commands = []
                // What is being handed over waits in the engine until its next report.
                for case .submit in commands { state.waitingCount += 1 }
                state.isAsleep = commands.isEmpty && mayWait
                return commands
            }
            guard commands.isEmpty, mayWait else { return commands }
            wakeUp.wait()
        }
    }
}
