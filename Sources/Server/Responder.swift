// Responder.swift — the server's side of one HTTP exchange: request id, errors, events, and one log line.
// Server.

import Base
import Network

/// Answers one request: whole with `respond` or `fail`, or as a stream of events. Counts and logs it once, whichever
/// way it ends; a client that leaves first counts as 499.
@EventLoop final class Responder {
    let requestID: String
    /// Called when the client is gone before the answer is complete.
    var onClose: (@EventLoop () -> Void)?
    /// Called with true when the client reads too slowly, with false when it has caught up.
    var onBackPressure: (@EventLoop (Bool) -> Void)?
    /// Set by completions: what the log says about tokens when the answer ends.
    var tokensNow: (@EventLoop () -> TokenAccount)?
    /// Sent with the answer, whatever it is.
    var extraHeaders: [(name: String, value: String)] = []
    /// Whose key came, for the log.
    var tenant: String?
    /// How long the request waited for its limits.
    var limiterNanoseconds: UInt64 = 0
    /// The client asked where its time goes.
    let wantsTimings: Bool
    /// The metric label.
    var handler = "unknown"

    private let exchange: HTTPExchange
    private let telemetry: Telemetry
    private let method: String
    private let path: String
    private let remoteAddress: String
    let startNanoseconds: UInt64
    private var isObserved = false

    init(_ request: HTTPRequest, _ exchange: HTTPExchange, _ telemetry: Telemetry) {
        requestID = Identifier.accepted(request.headers["x-request-id"]) ?? Identifier.random(prefix: "req_")
        self.exchange = exchange
        self.telemetry = telemetry
        method = request.method
        path = request.path
        remoteAddress = request.remoteAddress
        wantsTimings = request.headers["x-swiftlet-timings"] == "1"
        startNanoseconds = telemetry.time.nanoseconds()
        // The exchange lets go of these closures when it ends, and with them of this object.
        exchange.onClose = { self.clientLeft() }
        exchange.onBackPressure = { self.onBackPressure?($0) }
    }

    var isClosed: Bool { exchange.isClosed }

    // MARK: - Whole answers

    func respond(status: Int, contentType: String = "application/json", body: [UInt8]) {
        send(status: status, contentType: contentType, body: body, headers: [], error: nil)
    }

    /// With its timings, for those who asked.
    func respond(_ done: WorkDone) {
        guard wantsTimings else { return respond(status: 200, body: done.body) }
        let report = TimingReport(
            start: startNanoseconds, limiter: limiterNanoseconds, work: done.stages, end: telemetry.time.nanoseconds())
        respond(status: 200, body: report.added(to: done.body))
    }

    func fail(_ error: APIError) {
        send(
            status: error.status, contentType: "application/json", body: error.body,
            headers: error.headers.map { ($0.name, $0.value) }, error: error)
    }

    private func send(
        status: Int, contentType: String, body: [UInt8], headers: [(String, String)], error: APIError?
    ) {
        guard !isObserved else { return }
        exchange.respond(
            status: status,
            headers: [("content-type", contentType), ("x-request-id", requestID)] + headers
                + extraHeaders.map { ($0.name, $0.value) },
            body: body)
        ended(status: status, error: error)
    }

    // MARK: - Streams of events

    func beginEvents() {
        exchange.beginStream(
            status: 200,
            headers: [
                ("content-type", "text/event-stream; charset=utf-8"), ("cache-control", "no-cache"),
                ("x-accel-buffering", "no"), ("x-request-id", requestID),
            ] + extraHeaders.map { ($0.name, $0.value) })
    }

    /// Frames of `ServerSentEvents`.
    func write(_ frames: [UInt8]) {
        guard !isObserved else { return }
        exchange.write(frames)
    }

    func finishEvents(_ frames: [UInt8], error: APIError? = nil) {
        guard !isObserved else { return }
        exchange.finish(frames)
        ended(status: error?.status ?? 200, error: error)
    }

    // MARK: - The end

    private func clientLeft() {
        let onClose = onClose
        ended(status: 499, error: nil)
        onClose?()
    }

    private func ended(status: Int, error: APIError?) {
        guard !isObserved else { return }
        isObserved = true
        let tokens = tokensNow?()
        onClose = nil
        onBackPressure = nil
        tokensNow = nil
        let nanoseconds = telemetry.time.nanoseconds() &- startNanoseconds
        telemetry.observe(
            LogEntry(
                requestID: requestID, method: method, path: path, status: status,
                milliseconds: Double(nanoseconds) / 1e6, remoteAddress: remoteAddress, tokens: tokens,
                error: error.map { $0.code ?? $0.message }, tenant: tenant,
                limiterMilliseconds: limiterNanoseconds == 0 ? nil : Double(limiterNanoseconds) / 1e6),
            handler: handler)
    }
}
