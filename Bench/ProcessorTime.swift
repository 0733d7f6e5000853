// ProcessorTime.swift — a clock that stands still while others compute.
// Bench.

import Base
import Glibc

/// What all threads of this process have computed: on a machine that others use too, a steadier clock than the wall's.
struct ProcessorTime: TimeSource {
    func nanoseconds() -> UInt64 {
        var time = timespec()
        clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &time)
        return UInt64(time.tv_sec) * 1_000_000_000 + UInt64(time.tv_nsec)
    }
}
