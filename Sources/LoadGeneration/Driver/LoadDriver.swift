// LoadDriver.swift — sends what the plan says when the plan says it, and notes what comes back.
// LoadGeneration › Driver.  One thread: at a thousand streams most of the time goes into the kernel's sockets.

package import Base
import Glibc
package import Network

@EventLoop package final class LoadDriver {
    /// For a view that looks in now and then.
    package struct Progress {
        package var sent = 0
        package var running = 0
        /// Due, but held back by the concurrency limit.
        package var waiting = 0
        package var completed = 0
        package var failed = 0
        package var cancelled = 0
        package var late = 0
        package var chunks = 0
        package var peakRunning = 0
        /// In milliseconds; a factor of two per three buckets.
        package var timeToFirstToken = Histogram(upperBounds: (0..<54).map { exp2(Double($0) / 3) })
    }

    /// One request that is to be sent.
    private struct Job {
        let session: Int
        let turn: Int
        let due: UInt64
        /// What was said before this turn, answers included.
        let history: [Message]
    }

    package private(set) var progress = Progress()
    package private(set) var records: [RequestRecord] = []
    package var onFinished: (@EventLoop () -> Void)?

    private let plan: LoadPlan
    private let client: CurlClient
    private let time: any TimeSource
    private var timer: PreciseTimer?
    private var start: UInt64 = 0
    private var nextSession = 0
    private var openSessions = 0
    /// Follow-ups whose thinking time has not passed, by their instant.
    private var later: [Job] = []
    private var due: [Job] = []
    private var dueHead = 0
    private var nextIndex = 0
    private var transfers: [Int: CurlTransfer] = [:]
    private var isStopping = false
    private var isFinished = false

    package init(_ plan: LoadPlan, client: CurlClient, time: any TimeSource = MonotonicTime()) throws(NetworkError) {
        self.plan = plan
        self.client = client
        self.time = time
        timer = try PreciseTimer { [weak self] in self?.turn() }
    }

    /// Begins now; `onFinished` is called when the last request has ended.
    package func begin() {
        start = time.nanoseconds()
        turn()
    }

    /// Sends nothing more and cancels what runs: the figures up to here remain.
    package func stop() {
        isStopping = true
        for transfer in transfers.values { client.cancel(transfer) }
        finishIfDone()
    }

    // MARK: - The schedule

    /// Moves what is due into the queue, sends what may be sent, and sleeps until the next instant.
    private func turn() {
        guard !isStopping else { return }
        let now = time.nanoseconds()
        while let job = later.first, job.due <= now { due.append(later.removeFirst()) }
        if let arrivals = plan.arrivals {
            while nextSession < min(arrivals.count, plan.sessions.count), instant(arrivals[nextSession]) <= now {
                due.append(Job(session: nextSession, turn: 0, due: instant(arrivals[nextSession]), history: []))
                nextSession += 1
                openSessions += 1
            }
        }
        pump()
        let arrival = plan.arrivals.flatMap { nextSession < $0.count ? instant($0[nextSession]) : nil }
        if let next = [arrival, later.first?.due].compactMap(\.self).min() { timer?.start(at: next) }
        finishIfDone()
    }

    private func instant(_ seconds: Double) -> UInt64 { start &+ UInt64(max(0, min(seconds, 1e9)) * 1e9) }

    private func pump() {
        let limit = plan.maxConcurrency ?? .max
        if plan.arrivals != nil {
            while dueHead < due.count, progress.running < limit { send(takeDue()) }
        } else {
            // A user who thinks keeps the place: only a session's end admits the next.
            while dueHead < due.count { send(takeDue()) }
            while nextSession < plan.sessions.count, openSessions < limit {
                openSessions += 1
                nextSession += 1
                send(Job(session: nextSession - 1, turn: 0, due: time.nanoseconds(), history: []))
            }
        }
        progress.waiting = due.count - dueHead
    }

    private func takeDue() -> Job {
        let job = due[dueHead]
        dueHead += 1
        if dueHead == due.count {
            due.removeAll(keepingCapacity: true)
            dueHead = 0
        }
        return job
    }

    // MARK: - One request

    private func send(_ job: Job) {
        let session = plan.sessions[job.session]
        let turn = session.turns[job.turn]
        let messages = job.history + turn.messages
        let index = nextIndex
        nextIndex += 1
        var record = RequestRecord(index: index)
        record.session = job.session
        record.turn = job.turn
        record.isIntruder = session.isIntruder
        record.isMeasured = index >= plan.warmUpCount && index < plan.requestCount - plan.coolDownCount
        record.sent = time.nanoseconds()
        record.scheduled = plan.arrivals == nil ? record.sent : job.due
        let isLate = record.lateness > RunResult.lateSeconds

        let response = Response(giveUpAfter: chunksBeforeGivingUp(index, turn))
        let transfer = client.start(plan.request(messages, maxTokens: turn.maxTokens)) { [self] status, bytes in
            guard status == 200 else { return response.collectError(bytes) }
            let before = response.stream.chunkNanoseconds.count
            response.stream.receive(bytes, at: time.nanoseconds())
            let count = response.stream.chunkNanoseconds.count
            progress.chunks += count - before
            if before == 0, let first = response.stream.chunkNanoseconds.first {
                progress.timeToFirstToken.observe(Double(first - min(record.scheduled, first)) / 1e6)
            }
            if let limit = response.giveUpAfter, count >= limit, let own = transfers[index] { client.cancel(own) }
        } onEnd: { [self] status, error in
            var ended = record
            ended.ended = time.nanoseconds()
            ended.chunks = response.stream.chunkNanoseconds
            ended.lastChunk = response.stream.lastNanoseconds
            ended.usage = response.stream.usage
            ended.text = response.stream.text
            ended.outcome = response.outcome(status: status, error)
            self.ended(ended, job, messages)
        }
        transfers[index] = transfer
        progress.sent += 1
        progress.running += 1
        progress.peakRunning = max(progress.peakRunning, progress.running)
        if isLate { progress.late += 1 }
    }

    /// Nil for the requests that wait for their end.
    private func chunksBeforeGivingUp(_ index: Int, _ turn: Turn) -> Int? {
        guard plan.cancelShare > 0 else { return nil }
        var random = SeededRandom(seed: plan.seed ^ (UInt64(index) &+ 1) &* 0x9e37_79b9_7f4a_7c15)
        guard random.unit() < plan.cancelShare else { return nil }
        return random.integer(in: 1...max(1, turn.maxTokens / 2))
    }

    private func ended(_ record: RequestRecord, _ job: Job, _ messages: [Message]) {
        transfers[record.index] = nil
        records.append(record)
        progress.running -= 1
        switch record.outcome {
        case .completed: progress.completed += 1
        case .cancelled: progress.cancelled += 1
        case .failed: progress.failed += 1
        }
        let turns = plan.sessions[job.session].turns
        // A chat whose answer is missing is over.
        if record.isCompleted, job.turn + 1 < turns.count, !isStopping {
            let next = job.turn + 1
            let answer = Message(role: "assistant", content: String(decoding: record.text, as: UTF8.self))
            let instant = record.ended &+ UInt64(max(0, min(turns[next].thinkSeconds, 1e6)) * 1e9)
            let follower = Job(session: job.session, turn: next, due: instant, history: messages + [answer])
            later.insert(follower, at: later.firstIndex { $0.due > instant } ?? later.count)
        } else {
            openSessions -= 1
        }
        if isStopping { finishIfDone() } else { turn() }
    }

    private func finishIfDone() {
        let isAllSent = isStopping || (nextSession == plan.sessions.count && later.isEmpty && dueHead == due.count)
        guard isAllSent, transfers.isEmpty, !isFinished else { return }
        isFinished = true
        timer?.cancel()
        records.sort { $0.index < $1.index }
        onFinished?()
    }
}
