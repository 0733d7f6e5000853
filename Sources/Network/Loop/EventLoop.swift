// EventLoop.swift — the global actor that is libuv's loop.
// Network › Loop.  All connection state is @EventLoop: the compiler checks what a comment would otherwise have to ask.

import CLibUV

/// Everything annotated `@EventLoop` runs on the one thread inside `EventLoop.run()`.
///
/// There is one loop per process. Work enqueued before `run` waits for it.
///
///     EventLoop.run {                       // on the main thread
///         server = try HTTPServer(…)        // already on the loop
///     }                                     // returns after EventLoop.stop()
@globalActor package actor EventLoop {
    package static let shared = EventLoop()

    nonisolated let executor = UVExecutor()

    package nonisolated var unownedExecutor: UnownedSerialExecutor { executor.asUnownedSerialExecutor() }

    private init() {}
}

extension EventLoop {
    /// Turns the loop on the calling thread until `stop()`. May be called again afterwards.
    package static func run() { shared.executor.run {} }

    /// Runs `start` on the calling thread, now the loop's, then turns the loop until `stop()`.
    /// - Throws: what `start` throws; the loop is then not turned at all.
    package static func run<Failure: Error>(_ start: @EventLoop () throws(Failure) -> Void) throws(Failure) {
        try shared.executor.run { () throws(Failure) in
            try assumeIsolated(start)
        }
    }

    /// Makes `run` return once the current round of callbacks is done. Callable from any thread.
    package static func stop() { shared.executor.requestStop() }

    /// Whether the caller is on the loop's thread.
    package static var isCurrent: Bool { shared.executor.isOnLoopThread }

    /// The one door for libuv callbacks, which C calls without telling Swift on which thread: asserts that it is the
    /// loop's, then runs `body` as the @EventLoop code it is.
    package static func callback(_ body: @EventLoop () -> Void) {
        shared.executor.checkIsolated()
        assumeIsolated(body)
    }

    /// How many handles of libuv's are not yet closed: sockets, timers, wake-ups, signals. For tests that look for leaks.
    @EventLoop package static var openHandleCount: Int {
        var count = 0
        withUnsafeMutablePointer(to: &count) { pointer in
            uv_walk(loop, { _, counter in counter?.assumingMemoryBound(to: Int.self).pointee += 1 }, pointer)
        }
        return count
    }

    @EventLoop static var loop: UnsafeMutablePointer<uv_loop_t> { shared.executor.loop }

    /// What `MainActor.assumeIsolated` does, for this actor: the standard library has no general form of it.
    private static func assumeIsolated<Failure: Error>(
        _ body: @EventLoop () throws(Failure) -> Void
    ) throws(Failure) {
        let result: Result<Void, Failure> = withoutActuallyEscaping(body) { body in
            let plain = unsafeBitCast(body, to: (() throws(Failure) -> Void).self)
            do throws(Failure) {
                return .success(try plain())
            } catch {
                return .failure(error)
            }
        }
        try result.get()
    }
}
