// LoopThread.swift — the loop, for tests: turned by a thread of its own.

import Foundation
import Network
import Synchronization
import Testing

/// Suites that use the loop run one after the other: they count handles, connections and exchanges of the process.
@Suite(.serialized) enum OnTheLoop {}

enum LoopThread {
    /// How often `EventLoop.run` has returned; the thread then calls it again.
    static let returns = Atomic<Int>(0)

    private static let running: Void = Thread.detachNewThread {
        while true {
            EventLoop.run()
            returns.add(1, ordering: .relaxed)
        }
    }

    /// Runs `body` on the loop.
    @discardableResult
    static func run<Result: Sendable>(_ body: @EventLoop () throws -> Result) async throws -> Result {
        _ = running
        return try await body()
    }
}

/// Polls on the loop until `condition` holds; gives up after ten seconds, far beyond any healthy run.
func eventually(_ condition: @EventLoop () -> Bool) async throws -> Bool {
    for _ in 0..<2000 {
        if try await LoopThread.run(condition) { return true }
        try await Task.sleep(for: .milliseconds(5))
    }
    return false
}

/// Waits until only the loop's own wake-up is open: what earlier tests let go has been closed.
func loopComesToRest() async throws -> Bool { try await eventually { EventLoop.openHandleCount == 1 } }

/// Collects what happens on the loop, for a test to look at.
@EventLoop final class Recorder<Event: Sendable> {
    var events: [Event] = []
    nonisolated init() {}
}
