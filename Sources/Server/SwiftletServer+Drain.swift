// SwiftletServer+Drain.swift — ends in good order.
// Server.

import Network

extension SwiftletServer {
    /// Ends in good order: no new completion; running ones may go on until `deadline`, then they end
    /// with an error that says why. `then` is called once, when the last connection is closed. A second call waits for
    /// the first one's drain.
    package func drain(deadline: Duration, then: @escaping @EventLoop () -> Void) {
        if isDrained { return then() }
        drainWaiters.append(then)
        guard !isDraining, let http else { return }
        isDraining = true
        // Connections, kept and new, still get answers (/ready and completions say 503), each its connection's last.
        http.onAllClosed = { [self] in drained() }
        drainTimer = DeadlineTimer { [self] in
            limits.abortAll(.cancelled)
            hub.abortAll(.cancelled)
            embeddings?.abortAll(.cancelled)
            searches?.abortAll(.cancelled)
            explanations?.abortAll(.cancelled)
            onlookers.abortAll(.cancelled)
        }
        drainTimer?.start(after: deadline)
        hub.onIdle = { [self] in answersEnded() }
        http.windDown()
        if hub.isIdle { answersEnded() }
    }

    /// Nobody waits for an answer any more: what is still open is idle, or slow.
    private func answersEnded() {
        guard !isDrained else { return }
        hub.onIdle = nil
        http?.stopListening()
        http?.closeIdleConnections()
        // Without a connection left, that was the end.
        guard !isDrained else { return }
        drainTimer = DeadlineTimer { [self] in http?.closeAllConnections() }
        drainTimer?.start(after: configuration.closingGrace)
    }

    private func drained() {
        isDrained = true
        hub.onIdle = nil
        drainTimer = nil
        let waiters = drainWaiters
        drainWaiters = []
        for then in waiters { then() }
    }
}
