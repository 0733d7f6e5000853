// HTTPServer.swift — listens, and keeps the list of connections.
// Network › HTTP.

import Synchronization

/// An HTTP/1.1 server on the event loop. It knows nothing of routes: every request that is well-formed goes to one
/// handler, every other is refused with the status it deserves.
///
/// Lives until it has stopped listening and its last connection is closed.
@EventLoop package final class HTTPServer {
    /// Called for each request in order of arrival per connection; must see to it that the exchange gets a response.
    package typealias Handler = @EventLoop (HTTPRequest, HTTPExchange) -> Void
    /// Renders an error that the protocol layer itself answers with (400, 408, 413, 414, 417, 431, 501, 503, 505): its
    /// content type and further fields, and its body. Called once per such answer, so it may also count and log them.
    package typealias ErrorBody =
        @EventLoop (_ status: Int, _ message: String) -> (headers: [(String, String)], body: [UInt8])

    package let limits: HTTPLimits
    package private(set) var boundPort = 0
    package private(set) var isListening = false
    /// Every response is its connection's last.
    package private(set) var isWindingDown = false
    /// Called once, when the server no longer listens and the last connection is closed.
    package var onAllClosed: (@EventLoop () -> Void)?

    let handler: Handler
    let errorBody: ErrorBody
    /// Bytes of unfinished request bodies over all connections.
    package private(set) var bodyBytes = 0

    private var listener: TCPListener?
    private var connections: [ObjectIdentifier: HTTPConnection] = [:]
    private var clock = HTTPDate()
    /// How many connections above the limit are told why they are refused; the rest is closed without a word.
    private static let politeRefusals = 64

    /// Listens at once.
    /// - Parameters:
    ///   - host: an IPv4 or IPv6 address (brackets allowed), or a name; `::` takes IPv4 clients too.
    ///   - port: 0 for any free one; see `boundPort`.
    /// - Throws: one clear line, for instance when the port is in use.
    package init(
        host: String, port: Int, limits: HTTPLimits = HTTPLimits(), errorBody: @escaping ErrorBody,
        handler: @escaping Handler
    ) throws(NetworkError) {
        self.limits = limits
        self.errorBody = errorBody
        self.handler = handler
        // Above the connections: log, model and index files, and the loop's own.
        DescriptorLimit.raise(toAtLeast: limits.maxConnections + Self.politeRefusals + 256)
        let listener = try TCPListener(host: host, port: port) { [self] tcp in accepted(tcp) }
        self.listener = listener
        boundPort = listener.port
        isListening = true
    }

    /// Connections not yet closed, whatever they are doing.
    package var openConnectionCount: Int { connections.count }

    /// Responses begun from now on are their connection's last. New connections are taken still: who asks during a
    /// drain is told so, instead of finding a closed port.
    package func windDown() { isWindingDown = true }

    /// Takes no new connection, and winds down: the server empties as its exchanges finish; idle connections go with
    /// `closeIdleConnections`.
    package func stopListening() {
        guard isListening else { return }
        isListening = false
        isWindingDown = true
        listener?.close()
        listener = nil
        reportIfAllClosed()
    }

    /// Closes the connections that are between requests. Safe at any time: clients try again on a new connection.
    package func closeIdleConnections() {
        for connection in connections.values where connection.isIdle { connection.close() }
    }

    /// Closes everything; each unfinished exchange gets its `onClose`. For the end of a drain's patience.
    package func closeAllConnections() {
        for connection in connections.values { connection.close() }
    }

    /// Connection and exchange objects of this process that still exist. For tests that look for leaks.
    package nonisolated static var liveObjectCount: Int {
        TCPConnection.liveCount.load(ordering: .relaxed) + HTTPExchange.liveCount.load(ordering: .relaxed)
    }

    // MARK: - For connections

    var date: String { clock.now() }

    func changeBodyBytes(by difference: Int) { bodyBytes += difference }

    func connectionClosed(_ connection: HTTPConnection) {
        connections[ObjectIdentifier(connection)] = nil
        reportIfAllClosed()
    }

    private func accepted(_ tcp: TCPConnection) {
        guard isListening, connections.count < limits.maxConnections + Self.politeRefusals else { return tcp.close() }
        let isOneTooMany = connections.count >= limits.maxConnections
        let connection = HTTPConnection(tcp, server: self)
        connections[ObjectIdentifier(connection)] = connection
        if isOneTooMany {
            connection.refuse(HTTPRejection(503, "the server has too many connections; try again later"))
        }
    }

    private func reportIfAllClosed() {
        guard !isListening, connections.isEmpty, let report = onAllClosed else { return }
        onAllClosed = nil
        report()
    }
}
