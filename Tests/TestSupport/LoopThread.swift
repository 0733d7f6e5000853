// LoopThread.swift — the loop, for tests: turned by a thread of its own, once per test process.

import Foundation
import Network

/// The event loop of the whole test process: there is one, whatever number of suites use it.
package enum LoopThread {
    /// Touch it to have the loop running.
    package static let running: Void = Thread.detachNewThread {
        Thread.current.name = "loop"
        EventLoop.run()
    }

    /// Runs `body` on the loop.
    package static func run<Result: Sendable>(_ body: @EventLoop () throws -> Result) async throws -> Result {
        _ = running
        return try await body()
    }

    /// Runs blocking code (clients) on a thread of its own, so that it takes no thread from other tests.
    package static func blocking<Result: Sendable>(_ body: @escaping @Sendable () throws -> Result) async throws
        -> Result
    {
        _ = running
        return try await withCheckedThrowingContinuation { continuation in
            Thread.detachNewThread {
                continuation.resume(with: Swift.Result { try body() })
            }
        }
    }
}

/// Polls on the loop until `condition` holds; gives up after ten seconds, far beyond any healthy run.
package func eventually(_ condition: @escaping @EventLoop () -> Bool) async throws -> Bool {
    for _ in 0..<2000 {
        if try await LoopThread.run(condition) { return true }
        try await Task.sleep(for: .milliseconds(5))
    }
    return false
}
