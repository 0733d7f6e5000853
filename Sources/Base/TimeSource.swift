// TimeSource.swift — monotonic time, injectable.
// Base.  Everything that waits or measures takes a `TimeSource`, so that tests move the clock by hand.

import Glibc

/// Monotonic nanoseconds since an arbitrary start. Never goes back; unrelated to the date.
package protocol TimeSource: Sendable {
    func nanoseconds() -> UInt64
}

/// The system's monotonic clock.
package struct MonotonicTime: TimeSource {
    package init() {}

    package func nanoseconds() -> UInt64 {
        var time = timespec()
        unsafe clock_gettime(CLOCK_MONOTONIC, &time)
        return UInt64(time.tv_sec) &* 1_000_000_000 &+ UInt64(time.tv_nsec)
    }
}
