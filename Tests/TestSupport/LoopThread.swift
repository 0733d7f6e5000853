// LoopThread.swift — the loop, for tests: turned by a thread of its own.
// TestSupport.  One for the whole process: EventLoop.run may not run twice at once.

import Foundation
import Network
package import Synchronization

package enum LoopThread {
    /// How often `EventLoop.run` has returned; the thread then calls it again.
    package static let returns = Atomic<Int>(0)

    private static let running: Void = Thread.detachNewThread {
        Thread.current.name = "loop"
        while true {
            EventLoop.run()
            returns.add(1, ordering: .relaxed)
        }
    }

    /// Runs `body` on the loop.
    @discardableResult
    package static func run<Result: Sendable>(_ body: @EventLoop () throws -> Result) async throws -> Result {
        _ = running
        return try await body()
    }

    /// Runs blocking code (clients) on a thread of its own, so that it takes no thread from other tests.
    package static func blocking<Result: Sendable>(
        _ body: @escaping @Sendable () throws -> Result
    ) async throws -> Result {
        _ = running
        return try await withCheckedThrowingContinuation { continuation in
            Thread.detachNewThread {
                continuation.resume(with: Swift.Result { try body() })
            }
        }
    }
}

/// Polls on the loop until `condition` holds; gives up after ten seconds, far beyond any healthy run.
package func eventually(_ condition: @EventLoop () -> Bool) async throws -> Bool {
    for _ in 0..<2000 {
        if try await LoopThread.run(condition) { return true }
        try await Task.sleep(for: .milliseconds(5))
    }
    return false
}
