// TCPListener.swift — a listening socket.
// Network › TCP.

import CLibUV

/// Accepts connections until it is closed.
@EventLoop final class TCPListener {
    private let handle: UnsafeMutablePointer<uv_tcp_t>
    private let onConnection: @EventLoop (TCPConnection) -> Void
    private var isClosed = false
    /// The port in use, also when 0 was asked for.
    private(set) var port = 0

    /// Binds and listens. Addresses that another process left in TIME_WAIT are taken over (SO_REUSEADDR).
    init(
        host: String, port: Int, backlog: Int32 = 1024, onConnection: @escaping @EventLoop (TCPConnection) -> Void
    ) throws(NetworkError) {
        let address = try SocketAddress(host: host, port: port)
        self.onConnection = onConnection
        handle = Handle.allocate(uv_tcp_t.self)
        let initStatus = uv_tcp_init(EventLoop.loop, handle)
        guard initStatus == 0 else {
            handle.deallocate()
            isClosed = true
            throw .system(doing: "opening a socket", code: initStatus)
        }
        Handle.attach(self, to: handle)
        do throws(NetworkError) {
            try listen(at: address, host: host, port: port, backlog: backlog)
        } catch {
            close()
            throw error
        }
    }

    /// Stops accepting; connections that are open stay open. The port is free once the loop has turned.
    func close() {
        guard !isClosed else { return }
        isClosed = true
        Handle.close(handle)
    }

    private func listen(at address: SocketAddress, host: String, port: Int, backlog: Int32) throws(NetworkError) {
        var status = address.withPointer { uv_tcp_bind(handle, $0, 0) }
        // libuv reports most bind errors, a port in use among them, only from uv_listen.
        if status == 0 {
            status = uv_listen(stream, backlog) { stream, status in
                guard let data = stream?.pointee.data else { return }
                let listener = Unmanaged<TCPListener>.fromOpaque(data).takeUnretainedValue()
                EventLoop.callback { listener.accept(status) }
            }
        }
        switch status {
        case 0: self.port = SocketAddress(of: handle, .local)?.port ?? port
        case UV_EADDRINUSE.rawValue: throw .portInUse(host: host, port: port)
        case UV_EACCES.rawValue: throw .permissionDenied(host: host, port: port)
        case UV_EADDRNOTAVAIL.rawValue: throw .addressNotAvailable(host: host)
        default: throw .system(doing: "listening on \(host) port \(port)", code: status)
        }
    }

    private func accept(_ status: Int32) {
        // A failed accept (no file descriptors left, peer already gone) concerns that peer only.
        guard status == 0, !isClosed, let connection = TCPConnection(acceptingFrom: stream) else { return }
        onConnection(connection)
    }

    private var stream: UnsafeMutablePointer<uv_stream_t> {
        UnsafeMutableRawPointer(handle).assumingMemoryBound(to: uv_stream_t.self)
    }
}
