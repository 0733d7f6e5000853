// LoopTrait.swift — tests that use the process's one event loop take turns, whatever module they are in.
// TestSupport.  Some of them stop the loop, or count its handles, connections and exchanges.

import Synchronization
package import Testing

/// Runs each test of a suite alone among all tests of this process that carry the trait.
package struct LoopTrait: TestTrait, SuiteTrait, TestScoping {
    package var isRecursive: Bool { true }

    @concurrent package func provideScope(
        for test: Test, testCase: Test.Case?, performing function: @concurrent @Sendable () async throws -> Void
    ) async throws {
        // A suite's scope spans its tests: only a case holds the lock.
        guard testCase != nil else { return try await function() }
        await Turn.shared.take()
        defer { Turn.shared.give() }
        try await function()
    }
}

extension Trait where Self == LoopTrait {
    package static var onTheLoop: LoopTrait { LoopTrait() }
}

/// A lock that waits without holding a thread.
private final class Turn: Sendable {
    static let shared = Turn()

    private struct State {
        var isTaken = false
        var waiting: [CheckedContinuation<Void, Never>] = []
    }

    private let state = Mutex(State())

    func take() async {
        await withCheckedContinuation { continuation in
            let isFree = state.withLock { state in
                if state.isTaken { state.waiting.append(continuation) }
                defer { state.isTaken = true }
                return !state.isTaken
            }
            if isFree { continuation.resume() }
        }
    }

    func give() {
        let next = state.withLock { state -> CheckedContinuation<Void, Never>? in
            if state.waiting.isEmpty {
                state.isTaken = false
                return nil
            }
            return state.waiting.removeFirst()
        }
        next?.resume()
    }
}
