// Offload.swift — long pure work on libuv's thread pool, its result back on the loop.
// Network › Loop.  Keeps other streams flowing while, for example, a long prompt is tokenized.

import CLibUV
import Synchronization

extension EventLoop {
    /// Runs `work` on a pool thread, then `then` on the loop with its result.
    ///
    /// The pool has four threads (libuv's UV_THREADPOOL_SIZE); work queues behind them. Neither closure is dropped:
    /// `then` runs exactly once, as long as the loop turns.
    @EventLoop package static func offload<Result: Sendable>(
        work: @escaping @Sendable () -> Result, then: @escaping @EventLoop (Result) -> Void
    ) {
        let result = ResultBox<Result>()
        let offloaded = OffloadedWork(
            work: { result.put(work()) },
            finish: { if let value = result.take() { then(value) } })

        let request = UnsafeMutablePointer<uv_work_t>.allocate(capacity: 1)
        request.pointee.data = Unmanaged.passRetained(offloaded).toOpaque()
        let status = uv_queue_work(loop, request, runOffloadedWork, finishOffloadedWork)
        precondition(status == 0, "libuv refuses work: \(NetworkError.text(of: status))")
    }
}

/// On a pool thread. A function of its own: a closure in `offload` would inherit @EventLoop and trap there.
private func runOffloadedWork(_ request: UnsafeMutablePointer<uv_work_t>?) {
    guard let data = request?.pointee.data else { return }
    Unmanaged<OffloadedWork>.fromOpaque(data).takeUnretainedValue().work()
}

/// Back on the loop.
private func finishOffloadedWork(_ request: UnsafeMutablePointer<uv_work_t>?, status: Int32) {
    guard let request, let data = request.pointee.data else { return }
    request.deallocate()
    let offloaded = Unmanaged<OffloadedWork>.fromOpaque(data).takeRetainedValue()
    EventLoop.callback { offloaded.finish() }
}

/// The two halves, without their type: a C callback cannot be generic.
private final class OffloadedWork: Sendable {
    let work: @Sendable () -> Void
    let finish: @EventLoop @Sendable () -> Void

    init(work: @escaping @Sendable () -> Void, finish: @escaping @EventLoop @Sendable () -> Void) {
        self.work = work
        self.finish = finish
    }
}

private final class ResultBox<Value: Sendable>: Sendable {
    private let value = Mutex<Value?>(nil)

    func put(_ newValue: Value) { value.withLock { $0 = newValue } }

    func take() -> Value? {
        value.withLock { value in
            defer { value = nil }
            return value
        }
    }
}
