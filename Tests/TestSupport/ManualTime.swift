// ManualTime.swift — a clock that moves when the test says so.

import Base
import Synchronization

package final class ManualTime: TimeSource {
    private let now: Atomic<UInt64>

    package init(nanoseconds: UInt64 = 1) { now = Atomic(nanoseconds) }

    package func nanoseconds() -> UInt64 { now.load(ordering: .sequentiallyConsistent) }

    package func advance(nanoseconds: UInt64) {
        now.wrappingAdd(nanoseconds, ordering: .sequentiallyConsistent)
    }
}
