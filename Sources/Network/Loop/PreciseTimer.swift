// PreciseTimer.swift — calls back at an instant, to some microseconds.
// Network › Loop.  Linux's timerfd: libuv's own timers count whole milliseconds, which is coarse for a load generator's
// schedule when a first token takes two.

import CLibUV
import Glibc

/// Fires once at an instant of the monotonic clock. Starting it again moves the instant.
@EventLoop package final class PreciseTimer {
    private let descriptor: Int32
    private var watcher: DescriptorWatcher?

    /// - Throws: `NetworkError.system` when the process has no descriptor left.
    package init(_ handler: @escaping @EventLoop () -> Void) throws(NetworkError) {
        let descriptor = timerfd_create(CLOCK_MONOTONIC, Int32(O_NONBLOCK | O_CLOEXEC))
        guard descriptor >= 0 else { throw .system(doing: "making a timer", code: -errno) }
        self.descriptor = descriptor
        watcher = try DescriptorWatcher(descriptor: descriptor) { _ in
            var expirations: UInt64 = 0
            // Without the read the descriptor stays readable; nothing to read means that the timer was moved meanwhile.
            guard read(descriptor, &expirations, 8) == 8 else { return }
            handler()
        }
        watcher?.watch(.readable)
    }

    isolated deinit {
        watcher?.stop()
        close(descriptor)
    }

    /// Fires at `nanoseconds` of `MonotonicTime`, at once if that has passed.
    package func start(at nanoseconds: UInt64) {
        var setting = itimerspec()
        // All zeros would disarm the timer.
        let instant = max(nanoseconds, 1)
        setting.it_value.tv_sec = Int(instant / 1_000_000_000)
        setting.it_value.tv_nsec = Int(instant % 1_000_000_000)
        let status = timerfd_settime(descriptor, Int32(TFD_TIMER_ABSTIME), &setting, nil)
        precondition(status == 0, "Linux cannot start a timer: error \(errno)")
    }

    package func cancel() {
        var setting = itimerspec()
        timerfd_settime(descriptor, 0, &setting, nil)
    }
}
