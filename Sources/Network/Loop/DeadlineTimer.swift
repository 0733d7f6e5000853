// DeadlineTimer.swift — calls back on the loop after a while, once or again and again.
// Network › Loop.

import CLibUV

/// A timer that belongs to whoever holds it: let go, and it never fires.
///
/// Starting a running timer moves its deadline. The handler may start, cancel or drop the timer.
@EventLoop package final class DeadlineTimer {
    private let handle: UnsafeMutablePointer<uv_timer_t>
    private let handler: @EventLoop () -> Void

    /// An idle timer; `start` sets it going.
    package init(_ handler: @escaping @EventLoop () -> Void) {
        self.handler = handler
        handle = Handle.allocate(uv_timer_t.self)
        let status = uv_timer_init(EventLoop.loop, handle)
        precondition(status == 0, "libuv cannot make a timer: \(NetworkError.text(of: status))")
        Handle.attach(Owner(self), to: handle)
    }

    isolated deinit {
        Handle.close(handle)
    }

    /// Fires after `delay`, then every `interval` if there is one. Both are rounded up to whole milliseconds.
    package func start(after delay: Duration, every interval: Duration? = nil) {
        // Timers count from the loop's cached time, which a long callback leaves behind.
        uv_update_time(EventLoop.loop)
        let status = uv_timer_start(
            handle,
            { handle in
                guard let data = handle?.pointee.data else { return }
                let owner = Unmanaged<Owner>.fromOpaque(data).takeUnretainedValue()
                EventLoop.callback { owner.timer?.handler() }
            }, delay.wholeMilliseconds, interval.map { max(1, $0.wholeMilliseconds) } ?? 0)
        precondition(status == 0, "libuv cannot start a timer: \(NetworkError.text(of: status))")
    }

    /// Stops the timer; it may be started again.
    package func cancel() { uv_timer_stop(handle) }

    package var isRunning: Bool { uv_is_active(Handle.base(handle)) != 0 }

    /// What the handle holds while it closes: weak, because a timer let go off the loop is closed a moment later.
    private final class Owner {
        weak var timer: DeadlineTimer?
        init(_ timer: DeadlineTimer) { self.timer = timer }
    }
}

extension Duration {
    /// Rounded up, negative as zero, and never more than a year: libuv adds it to its clock unchecked.
    var wholeMilliseconds: UInt64 {
        let year: Int64 = 365 * 24 * 3600
        let (seconds, attoseconds) = components
        guard seconds >= 0, attoseconds >= 0 else { return 0 }
        guard seconds < year else { return UInt64(year) * 1000 }
        let perMillisecond: Int64 = 1_000_000_000_000_000
        return UInt64(seconds * 1000 + (attoseconds + perMillisecond - 1) / perMillisecond)
    }
}
