// EmbeddingWorker.swift — a thread of its own for requests that bring many texts.
// Embedding.

import Dispatch
package import Kernels
import Synchronization

/// Computes jobs in turns of some hundred tokens, one job after the other: a question that comes behind a thousand
/// documents waits for one turn of each job before it, not for their ends.
package final class EmbeddingWorker: Sendable {
    /// Names a job to whoever submitted it.
    package struct JobID: Hashable, Sendable {
        fileprivate let number: UInt64
    }

    private struct Job: Sendable {
        let id: JobID
        let texts: [FramedText]
        var vectors: [[Float]] = []
        let finish: @Sendable ([[Float]]) -> Void
    }

    private let queue: Queue
    private let thread: OwnedThread

    /// - Throws: `ThreadError` when the system gives no thread.
    package init(_ embedder: EncoderEmbedder) throws(ThreadError) {
        let queue = Queue()
        self.queue = queue
        thread = try OwnedThread(name: "embeddings") {
            while let job = queue.next() { Self.takeTurn(job, embedder, queue) }
        }
    }

    deinit {
        queue.stop()
        thread.join()
    }

    /// Queues `texts`; `finish` gets their vectors, in order, on the worker's thread, unless the job is cancelled.
    package func submit(_ texts: [FramedText], finish: @escaping @Sendable ([[Float]]) -> Void) -> JobID {
        queue.add { Job(id: $0, texts: texts, finish: finish) }
    }

    /// Forgets a job: after the turn that may be running nothing more is computed for it. One that has finished, or
    /// that nobody knows, is no error.
    package func cancel(_ id: JobID) { queue.cancel(id) }

    /// Computes the next texts of `job`, at least one, and puts it back at the end of the queue if some are left.
    private static func takeTurn(_ job: Job, _ embedder: EncoderEmbedder, _ queue: Queue) {
        var job = job
        let start = job.vectors.count
        var end = start
        var rows = 0
        while end < job.texts.count, end == start || rows + job.texts[end].tokenCount <= EncoderEmbedder.rowsPerTurn {
            rows += job.texts[end].tokenCount
            end += 1
        }
        job.vectors += embedder.embed(Array(job.texts[start..<end]))
        if job.vectors.count < job.texts.count {
            queue.putBack(job)
        } else if queue.complete(job.id) {
            job.finish(job.vectors)
        }
    }

    /// Many callers, one worker.
    private final class Queue: Sendable {
        private struct State {
            var waiting: [Job] = []
            /// Jobs that are neither finished nor cancelled: the waiting ones, and the one in the worker's hands.
            var open: Set<JobID> = []
            var nextNumber: UInt64 = 0
            var isStopped = false
        }

        private let state = Mutex(State())
        /// Counts the waiting jobs, and the stop.
        private let work = DispatchSemaphore(value: 0)

        func add(_ make: (JobID) -> Job) -> JobID {
            let id = state.withLock { state in
                state.nextNumber += 1
                let id = JobID(number: state.nextNumber)
                state.open.insert(id)
                return id
            }
            let job = make(id)
            state.withLock { $0.waiting.append(job) }
            work.signal()
            return id
        }

        func putBack(_ job: Job) {
            state.withLock { $0.waiting.append(job) }
            work.signal()
        }

        func cancel(_ id: JobID) { state.withLock { _ = $0.open.remove(id) } }

        /// Whether the job was still wanted.
        func complete(_ id: JobID) -> Bool { state.withLock { $0.open.remove(id) != nil } }

        /// Sleeps until there is a job that is still wanted; nil when the worker shall end.
        func next() -> Job? {
            while true {
                work.wait()
                let (job, isStopped) = state.withLock { state -> (Job?, Bool) in
                    if state.isStopped { return (nil, true) }
                    let job = state.waiting.removeFirst()
                    return (state.open.contains(job.id) ? job : nil, false)
                }
                if isStopped { return nil }
                if let job { return job }
            }
        }

        func stop() {
            state.withLock { $0.isStopped = true }
            work.signal()
        }
    }
}
