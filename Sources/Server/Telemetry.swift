// Telemetry.swift — the loop's one place for counting and logging.
// Server.

import Base
import Network

/// Metrics and log of one server. Every response passes through `observe` exactly once.
@EventLoop final class Telemetry {
    var metrics = ServerMetrics()
    let time: any TimeSource
    /// Nil: no log.
    var log: (@Sendable ([UInt8]) -> Void)?

    init(time: any TimeSource, log: (@Sendable ([UInt8]) -> Void)?) {
        self.time = time
        self.log = log
    }

    /// - Parameter handler: the route's metric label; the path itself is the client's invention.
    func observe(_ entry: LogEntry, handler: String) {
        metrics.observeResponse(handler: handler, method: Self.label(entry.method), status: entry.status)
        log?(RequestLog.line(entry, time: RequestLog.now()))
    }

    /// Methods are any token a client likes; labels must not be.
    private static func label(_ method: String) -> String {
        ["GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS"].contains(method) ? method : "other"
    }
}
