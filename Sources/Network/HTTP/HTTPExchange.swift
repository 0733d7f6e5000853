// HTTPExchange.swift — one request's way to its one response.
// Network › HTTP.

import Synchronization

/// The handler's end of a request: answer at once with `respond`, or `beginStream`, `write`…, `finish`.
///
/// Exactly one response, whenever it is ready; the next request of the connection waits for it. Reading goes on
/// meanwhile, so a client that leaves is noticed at once: `onClose`. After that all calls do nothing.
///
///     waiting ──respond──────────────────────► finished
///        │                                        ▲
///        └──beginStream──► streaming ──finish─────┘        any but finished ──client gone──► closed
///
/// A client that shuts down its sending side while it waits counts as gone, as with the field's other servers: on the
/// wire it cannot be told from one that has closed.
@EventLoop package final class HTTPExchange {
    private enum State { case waiting, streaming, finished, closed }

    /// Called once, on the loop, when the client is gone before the response is finished: end of stream, reset,
    /// write error, or a stalled reader. Never called from inside `write` or any other call of this object, and never
    /// after `finish`. Set it before the handler returns, or look at `isClosed` first.
    package var onClose: (@EventLoop () -> Void)?
    /// Called with true when more than the high watermark is queued, possibly from inside `write`; with false when less
    /// than the low one is. Strictly alternating, never after `finish`.
    package var onBackPressure: (@EventLoop (Bool) -> Void)?

    private var state = State.waiting
    private var connection: HTTPConnection?
    private let isHead: Bool
    private let version: HTTPVersion
    private let clientKeepsAlive: Bool
    private var keepsAlive = false
    private var framing = ResponseHead.Framing.none
    private var isAboveWatermark = false
    /// Of the request's body, while nothing of the answer is known.
    private(set) var heldBodyBytes: Int

    /// Exchanges whose object still exists: for the test that looks for leaks.
    nonisolated static let liveCount = Atomic<Int>(0)

    init(for request: HTTPRequest, on connection: HTTPConnection) {
        self.connection = connection
        isHead = request.method == "HEAD"
        version = request.version
        clientKeepsAlive = request.wantsKeepAlive
        heldBodyBytes = request.body.count
        Self.liveCount.add(1, ordering: .relaxed)
    }

    deinit { Self.liveCount.subtract(1, ordering: .relaxed) }

    /// The client is gone: what is written goes nowhere. True at once, a moment before `onClose` is called.
    package var isClosed: Bool { state == .closed || connection.map { !$0.isOpen } ?? false }

    /// Bytes written that the kernel has not taken yet.
    package var queuedBytes: Int { connection?.queuedBytes ?? 0 }

    /// Sends a whole response with its Content-Length. The body of a response to HEAD is counted, not sent.
    ///
    /// `Content-Length`, `Transfer-Encoding`, `Connection` and `Date` are set here and ignored in `headers`, except that
    /// `Connection: close` closes the connection afterwards.
    package func respond(status: Int, headers: [(String, String)], body: [UInt8]) {
        guard let connection = begin() else { return }
        var bytes = renderHead(
            status, headers, framing: ResponseHead.hasBody(status) ? .length(body.count) : .none, on: connection)
        if !isHead && ResponseHead.hasBody(status) { bytes += body }
        connection.send(bytes)
        end(connection)
    }

    /// Sends the head of a response whose body comes in pieces: chunked, or ended by closing for HTTP/1.0.
    package func beginStream(status: Int, headers: [(String, String)]) {
        guard let connection = begin() else { return }
        if !ResponseHead.hasBody(status) {
            framing = .none
        } else {
            framing = version == .http11 ? .chunked : .untilClose
        }
        state = .streaming
        connection.send(renderHead(status, headers, framing: framing, on: connection))
    }

    /// Sends a piece of the body, as one chunk. Never blocks: see `onBackPressure`.
    package func write(_ bytes: [UInt8]) {
        guard let connection = streamingConnection() else { return }
        connection.send(framed(bytes))
        if !isAboveWatermark, connection.queuedBytes > connection.limits.highWatermarkBytes {
            isAboveWatermark = true
            onBackPressure?(true)
        }
    }

    /// Sends a last piece, if any, and ends the response.
    package func finish(_ last: [UInt8] = []) {
        guard let connection = streamingConnection() else { return }
        var bytes = framed(last)
        if framing == .chunked && !isHead { bytes += Array("0\r\n\r\n".utf8) }
        connection.send(bytes)
        end(connection)
    }

    // MARK: - For the connection

    func queueShrank() {
        guard isAboveWatermark, let connection, queuedBytes < connection.limits.lowWatermarkBytes else { return }
        isAboveWatermark = false
        onBackPressure?(false)
    }

    func connectionClosed() {
        state = .closed
        let onClose = release()
        onClose?()
    }

    // MARK: - States

    /// The connection to begin a response on; nil when the client is gone.
    private func begin() -> HTTPConnection? {
        switch state {
        case .waiting:
            heldBodyBytes = 0
            connection?.answerBegins()
            return connection?.isOpen == true ? connection : nil
        case .closed: return nil
        case .streaming, .finished: preconditionFailure("an exchange takes one response, this is its second")
        }
    }

    private func streamingConnection() -> HTTPConnection? {
        switch state {
        case .streaming: return connection?.isOpen == true ? connection : nil
        case .closed: return nil
        // The head may have met a connection that was just closing; the body then goes nowhere too.
        case .waiting where isClosed: return nil
        case .waiting, .finished: preconditionFailure("a body goes between beginStream and finish")
        }
    }

    private func end(_ connection: HTTPConnection) {
        state = .finished
        _ = release()
        connection.exchangeEnded(keepsAlive: keepsAlive)
    }

    /// Lets go of everything that may hold this object; returns what to call if the client is gone.
    private func release() -> (@EventLoop () -> Void)? {
        defer {
            onClose = nil
            onBackPressure = nil
            connection = nil
        }
        return onClose
    }

    // MARK: - Bytes

    private func renderHead(
        _ status: Int, _ headers: [(String, String)], framing: ResponseHead.Framing, on connection: HTTPConnection
    ) -> [UInt8] {
        let handlerCloses = HTTPHeaders(headers).listMembers("connection").contains("close")
        keepsAlive = clientKeepsAlive && !handlerCloses && framing != .untilClose && !connection.isLast
        return ResponseHead(
            status: status, headers: headers, framing: framing, keepsAlive: keepsAlive, version: version,
            date: connection.date
        ).render()
    }

    private func framed(_ bytes: [UInt8]) -> [UInt8] {
        // An empty chunk would end the body.
        if bytes.isEmpty || isHead || framing == .none { return [] }
        guard framing == .chunked else { return bytes }
        var chunk = Array(String(bytes.count, radix: 16).utf8)
        chunk.reserveCapacity(chunk.count + bytes.count + 4)
        chunk += [.carriageReturn, .lineFeed]
        chunk += bytes
        chunk += [.carriageReturn, .lineFeed]
        return chunk
    }
}
