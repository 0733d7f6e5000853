// ThreadPool.swift — hands out small slices of one job on demand.
// Kernels.  A fixed split with spinning barriers collapses when another process holds a core; here
// a late thread costs at most the slice in its hands.  Which thread computes a slice never changes a bit.

internal import CKernels
internal import Glibc
internal import Synchronization

/// The caller of `run` and `threadCount − 1` workers.
///
///     ticket   | slice count (32 bits) | next slice (32 bits) |     one atomic word is the whole protocol:
///                                                                   add 1; what was there is your slice, if < count
///
/// A thread that holds a slice keeps the job from ending, so the job's function and arguments may be read plainly.
/// Several threads may share a pool; their jobs take turns.
///
/// `@unchecked Sendable`: all shared state is atomic, or guarded by the ticket or the mutex.
package final class ThreadPool: @unchecked Sendable {
    /// The caller and the workers that could be started. Results do not depend on it.
    package let threadCount: Int
    /// The version of the kernels that operations given this pool use.
    package let kernels: KernelSet

    typealias SliceFunction = @convention(c) (UnsafeRawPointer?, Int) -> Void

    private let state = PoolState()
    private let workers: [OwnedThread]

    /// Starts `threadCount − 1` workers, or as many of them as the system allows.
    package init(threadCount: Int, kernels: KernelSet = .best) {
        precondition(threadCount >= 1, "a pool needs at least its caller")
        _ = kernels.table  // Fails here, not in the first product, when the CPU lacks the version.
        let state = state
        self.kernels = kernels
        workers = (1..<threadCount).compactMap { index in
            try? OwnedThread(name: "kernels-\(index)") { state.work() }
        }
        self.threadCount = workers.count + 1
    }

    deinit {
        state.stop()
        for worker in workers { worker.join() }
    }

    /// Calls `body` once for every slice in `0..<sliceCount`, on any thread and in any order, and returns when all are
    /// done. Whatever `body` writes is visible to the caller afterwards.
    ///
    /// Allocates two small objects for the closure; the operations of this module use the form below.
    /// - Precondition: not called from inside a slice; fewer than a million slices.
    package func run(sliceCount: Int, _ body: (_ slice: Int) -> Void) {
        withoutActuallyEscaping(body) { body in
            withUnsafePointer(to: body) { context in
                run(sliceCount: sliceCount, context) { context, slice in
                    context?.assumingMemoryBound(to: ((Int) -> Void).self).pointee(slice)
                }
            }
        }
    }

    /// The same for a C function and its arguments: nothing is allocated.
    func run(sliceCount: Int, _ arguments: UnsafeRawPointer, _ function: SliceFunction) {
        precondition(sliceCount < 1_000_000, "\(sliceCount) slices are too fine")
        if sliceCount <= 1 || workers.isEmpty {
            for slice in 0..<max(sliceCount, 0) { function(arguments, slice) }
        } else {
            state.run(PoolState.Job(function: function, arguments: arguments), sliceCount: sliceCount)
        }
    }
}

/// What caller and workers share. A class of its own, so that workers do not keep the pool alive.
private final class PoolState: @unchecked Sendable {
    struct Job {
        var function: ThreadPool.SliceFunction
        var arguments: UnsafeRawPointer
    }

    /// How long a thread looks for work, or for the end of the job, before it lets the core go.
    private static let spinNanoseconds: UInt64 = 8_000

    private let ticket = Atomic<UInt64>(0)
    /// Slices of the current job that are not yet done.
    private let remaining = Atomic<Int>(0)
    private let sleeperCount = Atomic<Int>(0)
    private let callerSleeps = Atomic<Bool>(false)
    private let isStopped = Atomic<Bool>(false)
    /// The core that workers stay away from while another process has one; −1: none.
    private let avoidedCore = Atomic<Int32>(-1)
    /// These three belong to the caller whose turn it is.
    private var contention = CoreContention()
    private var jobCount = 0
    /// Of all callers.
    private var preemptions = 0
    private let job: UnsafeMutablePointer<Job?>

    /// Callers take turns.
    private let turn = Condition()
    /// Workers sleep here.
    private let workAvailable = Condition()
    /// The caller sleeps here.
    private let jobDone = Condition()

    init() {
        job = .allocate(capacity: 1)
        job.initialize(to: nil)
    }

    deinit { job.deallocate() }

    // MARK: - The caller

    func run(_ job: Job, sliceCount: Int) {
        precondition(!Self.isInsideSlice, "a slice must not run another job on a pool")
        turn.lock()
        Self.isInsideSlice = true
        watchCore()
        self.job.pointee = job
        remaining.store(sliceCount, ordering: .relaxed)
        // Publishes the job. Sequentially consistent, as are the sleepers' steps: either we see a sleeper, or it sees
        // the ticket before it sleeps.
        ticket.store(UInt64(sliceCount) << 32, ordering: .sequentiallyConsistent)
        let sleepers = sleeperCount.load(ordering: .sequentiallyConsistent)
        if sleepers > 0 { workAvailable.wake(min(sleepers, sliceCount - 1)) }

        takeSlices()
        waitUntilDone()
        Self.isInsideSlice = false
        turn.unlock()
    }

    private func waitUntilDone() {
        if spin(until: { remaining.load(ordering: .acquiring) == 0 }) { return }
        jobDone.lock()
        callerSleeps.store(true, ordering: .sequentiallyConsistent)
        while remaining.load(ordering: .sequentiallyConsistent) != 0 { jobDone.wait() }
        callerSleeps.store(false, ordering: .relaxed)
        jobDone.unlock()
    }

    /// Now and then asks how the caller fares on its core; costs a system call every 64 jobs.
    private func watchCore() {
        jobCount &+= 1
        if jobCount.isMultiple(of: 64) {
            preemptions &+= ck_preemptions()
            switch contention.advise(preemptions: preemptions, at: nanoseconds()) {
            case .goOn: break
            case .keepWorkersAway: avoidedCore.store(ck_core(), ordering: .relaxed)
            case .letWorkersCome: avoidedCore.store(-1, ordering: .relaxed)
            case .move:
                ck_avoid_core(ck_core())
                ck_avoid_core(-1)
            }
        }
        // The caller may have been moved.
        if avoidedCore.load(ordering: .relaxed) >= 0 { avoidedCore.store(ck_core(), ordering: .relaxed) }
    }

    // MARK: - Everybody

    private var hasWork: Bool {
        let ticket = ticket.load(ordering: .sequentiallyConsistent)
        return ticket & 0xffff_ffff < ticket >> 32
    }

    private func takeSlices() {
        // Looking before adding keeps the low half from running away while nothing is to be done.
        while hasWork {
            let ticket = ticket.wrappingAdd(1, ordering: .acquiringAndReleasing).oldValue
            let slice = ticket & 0xffff_ffff
            guard slice < ticket >> 32, let job = job.pointee else { return }
            job.function(job.arguments, Int(slice))
            if remaining.wrappingSubtract(1, ordering: .sequentiallyConsistent).newValue == 0,
                callerSleeps.load(ordering: .sequentiallyConsistent)
            {
                jobDone.wake(1)
            }
        }
    }

    /// Waits briefly without letting the core go; whether the condition came true.
    private func spin(until condition: () -> Bool) -> Bool {
        let deadline = nanoseconds() + Self.spinNanoseconds
        repeat {
            for _ in 0..<8 {
                if condition() { return true }
                ck_relax()
            }
        } while nanoseconds() < deadline
        return condition()
    }

    private func nanoseconds() -> UInt64 {
        var time = timespec()
        clock_gettime(CLOCK_MONOTONIC, &time)
        return UInt64(time.tv_sec) * 1_000_000_000 + UInt64(time.tv_nsec)
    }

    // MARK: - The workers

    func work() {
        Self.isInsideSlice = true
        var avoided: Int32 = -1
        while !isStopped.load(ordering: .acquiring) {
            let core = avoidedCore.load(ordering: .relaxed)
            if core != avoided {
                ck_avoid_core(core)
                avoided = core
            }
            takeSlices()
            if spin(until: { hasWork || isStopped.load(ordering: .relaxed) }) { continue }
            workAvailable.lock()
            sleeperCount.wrappingAdd(1, ordering: .sequentiallyConsistent)
            while !hasWork, !isStopped.load(ordering: .sequentiallyConsistent) { workAvailable.wait() }
            sleeperCount.wrappingSubtract(1, ordering: .sequentiallyConsistent)
            workAvailable.unlock()
        }
    }

    func stop() {
        isStopped.store(true, ordering: .sequentiallyConsistent)
        workAvailable.wake(.max)
    }

    // MARK: - Nested jobs

    /// Marks threads that are computing a slice: there a second job would wait for itself.
    private static let insideKey: pthread_key_t = {
        var key = pthread_key_t()
        pthread_key_create(&key, nil)
        return key
    }()

    private static var isInsideSlice: Bool {
        get { pthread_getspecific(insideKey) != nil }
        set { pthread_setspecific(insideKey, newValue ? UnsafeRawPointer(bitPattern: 1) : nil) }
    }
}
