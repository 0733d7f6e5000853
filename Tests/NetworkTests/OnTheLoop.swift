// OnTheLoop.swift — what the suites that use the loop share.

import Network
import TestSupport
import Testing

/// Suites that use the loop run one after the other: they count handles, connections and exchanges of the process.
@Suite(.serialized, .onTheLoop) enum OnTheLoop {}

/// Waits until only the loop's own wake-up is open: what earlier tests let go has been closed.
func loopComesToRest() async throws -> Bool { try await eventually { EventLoop.openHandleCount == 1 } }

/// Collects what happens on the loop, for a test to look at.
@EventLoop final class Recorder<Event: Sendable> {
    var events: [Event] = []
    nonisolated init() {}
}
