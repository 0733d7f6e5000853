// UVExecutor.swift — lets Swift's actors run on the thread that turns a libuv loop.
// Network › Loop.  Jobs queue up under a lock; one uv_async_t wakes the loop, which drains them in one swap.

import CLibUV
import Glibc
import Synchronization

/// A serial executor whose jobs run inside `uv_run`.
///
/// `@unchecked`: the two C pointers are written once, in `init`; of all libuv only `uv_async_send` may be called from
/// other threads, and only `enqueue` and `requestStop` do so. Lives as long as the process.
final class UVExecutor: SerialExecutor, @unchecked Sendable {
    let loop: UnsafeMutablePointer<uv_loop_t>
    private let wakeup: UnsafeMutablePointer<uv_async_t>
    private let pending = Mutex<[UnownedJob]>([])
    private let stopRequested = Atomic<Bool>(false)
    /// The thread inside `run`; 0 while nobody is.
    private let loopThread = Atomic<UInt>(0)

    init() {
        loop = .allocate(capacity: 1)
        wakeup = .allocate(capacity: 1)
        let loopStatus = uv_loop_init(loop)
        precondition(loopStatus == 0, "libuv cannot make a loop: \(NetworkError.text(of: loopStatus))")
        let asyncStatus = uv_async_init(loop, wakeup) { handle in
            guard let data = handle?.pointee.data else { return }
            Unmanaged<UVExecutor>.fromOpaque(data).takeUnretainedValue().wokeUp()
        }
        precondition(asyncStatus == 0, "libuv cannot make a wake-up: \(NetworkError.text(of: asyncStatus))")
        wakeup.pointee.data = Unmanaged.passUnretained(self).toOpaque()
    }

    var isOnLoopThread: Bool { loopThread.load(ordering: .relaxed) == UInt(pthread_self()) }

    func enqueue(_ job: consuming ExecutorJob) {
        let job = UnownedJob(job)
        let wasEmpty = pending.withLock { jobs in
            jobs.append(job)
            return jobs.count == 1
        }
        if wasEmpty { uv_async_send(wakeup) }
    }

    func checkIsolated() {
        precondition(
            isOnLoopThread,
            "this code belongs to @EventLoop, but it runs on a thread that is not inside EventLoop.run()")
    }

    func isIsolatingCurrentContext() -> Bool? { isOnLoopThread }

    /// Turns the loop on the calling thread until `requestStop`.
    /// - Parameter start: runs first, already on the loop's thread.
    func run<Failure: Error>(_ start: () throws(Failure) -> Void) throws(Failure) {
        let (wasIdle, _) = loopThread.compareExchange(
            expected: 0, desired: UInt(pthread_self()), ordering: .acquiringAndReleasing)
        precondition(wasIdle, "EventLoop.run() is already running; one thread turns the loop")
        defer { loopThread.store(0, ordering: .releasing) }
        // A peer that closes while we write must cost us an EPIPE, not the process.
        signal(SIGPIPE, SIG_IGN)
        try start()
        uv_run(loop, UV_RUN_DEFAULT)
    }

    /// Makes `run` return after the current round. Callable from any thread.
    func requestStop() {
        stopRequested.store(true, ordering: .releasing)
        uv_async_send(wakeup)
    }

    private func wokeUp() {
        // One swap per round: a job that enqueues a job waits for the next round, so sockets get their turn between.
        let jobs = pending.withLock { jobs in
            let taken = jobs
            jobs = []
            return taken
        }
        for job in jobs { job.runSynchronously(on: asUnownedSerialExecutor()) }
        if stopRequested.exchange(false, ordering: .acquiringAndReleasing) { uv_stop(loop) }
    }
}
