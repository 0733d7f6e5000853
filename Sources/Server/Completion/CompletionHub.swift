// CompletionHub.swift — hands engine events to the jobs they belong to, and knows when nothing is left to do.
// Server › Completion.

import Base
import Engine
import Network

/// An answer that is being made of engine requests.
@EventLoop protocol EngineJob: AnyObject {
    /// Returns true when this is the first news of a batch, so that `flush` is called once per batch.
    func received(_ event: RequestEvent, choice: Int) -> Bool
    /// Writes what a batch brought.
    func flush()
    /// Ends the answer with an error.
    func abort(_ error: APIError)
}

/// All engine requests of this server, from submission to their closing account.
///
/// An entry outlives its client: the engine owes one `.finished` for every accepted request, and the counters balance
/// only if each is heard. Events of ids that are not here are dropped.
@EventLoop final class CompletionHub {
    private struct Sequence {
        let job: any EngineJob
        let choice: Int
    }

    private var sequences: [RequestID: Sequence] = [:]
    private var jobs: [ObjectIdentifier: any EngineJob] = [:]
    private var preparationCount = 0
    private var nextID: UInt64 = 0
    private let time: any TimeSource
    /// When engine work last began after none was left. Nil: nothing is submitted.
    private(set) var busySinceNanoseconds: UInt64?
    /// A drain's patience is over: what was still prepared off the loop comes too late.
    private(set) var hasAborted = false
    /// Called when the last open answer has ended.
    var onIdle: (@EventLoop () -> Void)?

    init(time: any TimeSource) {
        self.time = time
    }

    /// True when no client waits for an answer, nor for its prompt to be tokenised.
    var isIdle: Bool { jobs.isEmpty && preparationCount == 0 }

    // MARK: - Engine requests

    func register(_ job: any EngineJob, choice: Int) -> RequestID {
        nextID += 1
        let id = RequestID(nextID)
        if sequences.isEmpty { busySinceNanoseconds = time.nanoseconds() }
        sequences[id] = Sequence(job: job, choice: choice)
        return id
    }

    /// A request that the engine did not accept: nothing will follow.
    func forget(_ id: RequestID) {
        sequences[id] = nil
        if sequences.isEmpty { busySinceNanoseconds = nil }
    }

    /// One batch from the engine. Each job writes once, whatever number of its choices moved.
    func received(_ events: [RequestEvent]) {
        var touched: [any EngineJob] = []
        for event in events {
            guard let sequence = sequences[event.request] else { continue }
            if case .finished = event.kind { forget(event.request) }
            if sequence.job.received(event, choice: sequence.choice) { touched.append(sequence.job) }
        }
        for job in touched { job.flush() }
    }

    // MARK: - Answers

    /// A prompt is being tokenised off the loop.
    func preparationBegan() { preparationCount += 1 }

    func preparationEnded() {
        preparationCount -= 1
        reportIfIdle()
    }

    func opened(_ job: any EngineJob) { jobs[ObjectIdentifier(job)] = job }

    func closed(_ job: any EngineJob) {
        jobs[ObjectIdentifier(job)] = nil
        reportIfIdle()
    }

    /// Ends every open answer with `error`; no new one may begin.
    func abortAll(_ error: APIError) {
        hasAborted = true
        for job in Array(jobs.values) { job.abort(error) }
    }

    private func reportIfIdle() {
        if isIdle { onIdle?() }
    }
}
