// HTTPConnection.swift — requests and responses taking turns on one socket.
// Network › HTTP.  The parser decides what bytes mean, the exchange what is answered; here is who may go when.

/// One connection from accept to close.
///
/// Requests are answered in order, one at a time: bytes that come during a response wait in `pending` (up to a bound,
/// then reading stops), and no request is begun while a previous response still clogs the write queue.
@EventLoop final class HTTPConnection: TCPConnectionOwner {
    /// What the connection is waiting for, and therefore how long it may wait.
    private enum Wait: Equatable {
        case nothing
        case idle(afterRequests: Int)
        case head(afterRequests: Int)
        case body(afterRequests: Int)
        /// All is said; the client may read it and close.
        case linger
    }

    private let tcp: TCPConnection
    private let server: HTTPServer
    private var parser: HTTPParser
    private var exchange: HTTPExchange?
    private var pending: [UInt8] = []
    private var isParsing = false
    private var requestCount = 0
    /// No further request is taken; what still comes in is thrown away.
    private var isEnding = false
    private var peerEnded = false
    private var wait = Wait.nothing
    private var timer: DeadlineTimer?
    private var accountedBodyBytes = 0

    init(_ tcp: TCPConnection, server: HTTPServer) {
        self.tcp = tcp
        self.server = server
        parser = HTTPParser(limits: server.limits)
        tcp.owner = self
        tcp.writeStallTimeout = server.limits.writeStallTimeout
        timer = DeadlineTimer { [weak self] in self?.timedOut() }
        updateWait()
        tcp.startReading()
    }

    var limits: HTTPLimits { server.limits }
    var date: String { server.date }
    var isOpen: Bool { tcp.isOpen }
    var queuedBytes: Int { tcp.queuedBytes }
    /// The response begun now is this connection's last.
    var isLast: Bool { server.isWindingDown }

    /// Between requests, with nothing half received or half sent.
    var isIdle: Bool {
        exchange == nil && !isEnding && pending.isEmpty && parser.phase == .idle && queuedBytes == 0
    }

    func send(_ bytes: [UInt8]) { tcp.write(bytes) }

    func answerBegins() { accountBody() }

    func close() { tcp.close() }

    func exchangeEnded(keepsAlive: Bool) {
        exchange = nil
        if keepsAlive && !server.isWindingDown {
            parsePending()
        } else {
            end()
        }
    }

    /// Answers with an error of the protocol's own, then closes.
    func refuse(_ rejection: HTTPRejection) {
        let (headers, body) = server.errorBody(rejection.status, rejection.message)
        let head = ResponseHead(
            status: rejection.status, headers: headers, framing: .length(body.count), keepsAlive: false,
            version: .http11, date: date)
        tcp.write(head.render() + body)
        end()
    }

    // MARK: - From the socket

    func received(_ bytes: Span<UInt8>) {
        if isEnding { return }
        bytes.withUnsafeBufferPointer { pending.append(contentsOf: $0) }
        parsePending()
    }

    func reachedEnd() {
        peerEnded = true
        if exchange != nil || queuedBytes == 0 {
            tcp.close()
        } else {
            end()  // an answer is still on its way to a client that has asked all it wanted
        }
    }

    func queueShrank() {
        if let exchange { return exchange.queueShrank() }
        if isEnding {
            lingerWhenSent()
        } else if queuedBytes < limits.lowWatermarkBytes {
            parsePending()
        }
    }

    func closed() {
        timer = nil
        pending = []
        server.changeBodyBytes(by: -accountedBodyBytes)
        accountedBodyBytes = 0
        exchange?.connectionClosed()
        exchange = nil
        server.connectionClosed(self)
    }

    // MARK: - Parsing

    private var mayParse: Bool {
        exchange == nil && !isEnding && tcp.isOpen && queuedBytes <= limits.highWatermarkBytes
    }

    private func parsePending() {
        // A handler that answers at once comes back here from inside the loop below, which then goes on by itself.
        guard !isParsing else { return }
        isParsing = true
        let bytes = pending
        var index = 0
        while index < bytes.count, mayParse {
            let (consumed, action) = parser.receive(bytes.span.extracting(index..<bytes.count))
            index += consumed
            if let action { perform(action) }
        }
        isParsing = false
        guard tcp.isOpen, !isEnding else {
            pending = []
            return
        }
        pending = index == bytes.count ? [] : Array(bytes[index...])
        accountBody()
        if pending.count >= limits.pipelinedBytes { tcp.stopReading() } else { tcp.startReading() }
        updateWait()
    }

    private func perform(_ action: HTTPParser.Action) {
        switch action {
        case .sendContinue: tcp.write(Array("HTTP/1.1 100 Continue\r\n\r\n".utf8))
        case .reject(let rejection): refuse(rejection)
        case .request(var request):
            request.remoteAddress = tcp.remoteAddress
            requestCount += 1
            let exchange = HTTPExchange(for: request, on: self)
            self.exchange = exchange
            server.handler(request, exchange)
        }
    }

    /// A body counts from its first byte until its answer begins: complete ones wait for their turn in memory, too.
    private func accountBody() {
        let unfinished = parser.bufferedBodyBytes
        let held = unfinished + (exchange?.heldBodyBytes ?? 0)
        server.changeBodyBytes(by: held - accountedBodyBytes)
        accountedBodyBytes = held
        if unfinished > 0, server.bodyBytes > limits.totalBodyBytes {
            refuse(HTTPRejection(503, "the server holds too many request bodies; try again later"))
        }
    }

    // MARK: - The end

    /// Sends what is queued, says so, and waits a little for the client to close first: closing on unread bytes would
    /// reset the connection and could take the answer away before it is read.
    private func end() {
        guard !isEnding else { return lingerWhenSent() }
        isEnding = true
        pending = []
        tcp.finishWriting()
        if !peerEnded { tcp.startReading() }
        updateWait()
        lingerWhenSent()
    }

    private func lingerWhenSent() {
        guard queuedBytes == 0, tcp.isOpen, wait != .linger else { return }
        if peerEnded { return tcp.close() }
        wait = .linger
        timer?.start(after: limits.lingerTimeout)
    }

    // MARK: - Patience

    /// Starts the clock that fits what is being waited for. Each clock runs over its whole phase: a client cannot
    /// prolong it by sending a byte now and then.
    private func updateWait() {
        if wait == .linger { return }
        let next: Wait
        if exchange != nil || isEnding {
            next = .nothing
        } else {
            switch parser.phase {
            case .idle: next = .idle(afterRequests: requestCount)
            case .head: next = .head(afterRequests: requestCount)
            case .body: next = .body(afterRequests: requestCount)
            case .failed: next = .nothing
            }
        }
        guard next != wait else { return }
        wait = next
        switch next {
        case .nothing, .linger: timer?.cancel()
        case .idle: timer?.start(after: limits.idleTimeout)
        case .head: timer?.start(after: limits.headerTimeout)
        case .body: timer?.start(after: limits.bodyTimeout)
        }
    }

    private func timedOut() {
        switch wait {
        case .nothing: break
        case .idle:
            // A slow reader of the last answer is not idle; the write-stall time-out judges it.
            if queuedBytes > 0 { timer?.start(after: limits.idleTimeout) } else { tcp.close() }
        case .head: refuse(HTTPRejection(408, "the request's header did not arrive in time"))
        case .body: refuse(HTTPRejection(408, "the request's body did not arrive in time"))
        case .linger: tcp.close()
        }
    }
}
