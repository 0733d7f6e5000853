// TCPConnection.swift — one accepted socket: bytes in, bytes out, one end.
// Network › TCP.  Knows nothing of HTTP.

import CLibUV
import Glibc
import Synchronization

/// What a connection tells its owner. None of these is ever called from inside a call of the owner's.
@EventLoop protocol TCPConnectionOwner: AnyObject {
    /// Bytes came; they are valid during the call only.
    func received(_ bytes: Span<UInt8>)
    /// The peer will send nothing more.
    func reachedEnd()
    /// The write queue has become shorter.
    func queueShrank()
    /// The last call, exactly once, whoever closed and why.
    func closed()
}

/// Owns a `uv_tcp_t`. Lives until its handle is closed, and keeps its owner alive as long.
@EventLoop final class TCPConnection {
    /// Set right after accepting; the reference cycle ends with `closed()`.
    var owner: (any TCPConnectionOwner)?
    /// The peer's IP address.
    let remoteAddress: String
    private(set) var isOpen = true
    /// Without progress for this long while something is queued, the connection is closed. Nil: no limit.
    var writeStallTimeout: Duration?

    private let handle: UnsafeMutablePointer<uv_tcp_t>
    private var isReading = false
    private var descriptor: uv_os_fd_t = -1
    /// Bytes ever written; less what is outstanding, these are the bytes the peer's kernel has taken.
    private var writtenTotal = 0
    private var takenAtLastTick = 0
    private var ticksWithoutProgress = 0
    private var stallTimer: DeadlineTimer?

    /// Connections whose object still exists: for the test that looks for leaks.
    nonisolated static let liveCount = Atomic<Int>(0)

    /// Nil when the peer is gone already.
    init?(acceptingFrom listener: UnsafeMutablePointer<uv_stream_t>) {
        handle = Handle.allocate(uv_tcp_t.self)
        guard uv_tcp_init(EventLoop.loop, handle) == 0 else {
            handle.deallocate()
            return nil
        }
        uv_handle_set_data(Handle.base(handle), nil)
        let stream = UnsafeMutableRawPointer(handle).assumingMemoryBound(to: uv_stream_t.self)
        guard uv_accept(listener, stream) == 0 else {
            Handle.close(handle)
            return nil
        }
        remoteAddress = SocketAddress(of: handle, .peer)?.ip ?? ""
        Self.liveCount.add(1, ordering: .relaxed)
        Handle.attach(self, to: handle)
        configure()
    }

    deinit { Self.liveCount.subtract(1, ordering: .relaxed) }

    /// Bytes handed to `write` that the kernel has not taken yet.
    var queuedBytes: Int { isOpen ? uv_stream_get_write_queue_size(stream) : 0 }

    // MARK: - Reading

    func startReading() {
        guard isOpen, !isReading else { return }
        isReading = true
        let status = uv_read_start(
            stream,
            { _, _, buffer in
                // One buffer for all: libuv hands it to the read callback before it asks again.
                EventLoop.callback {
                    buffer?.pointee = uv_buf_t(base: ReadBuffer.pointer, len: ReadBuffer.count)
                }
            },
            { stream, count, _ in
                guard let data = stream?.pointee.data else { return }
                let connection = Unmanaged<TCPConnection>.fromOpaque(data).takeUnretainedValue()
                EventLoop.callback { connection.read(count) }
            })
        if status != 0 { close() }
    }

    /// While stopped, the peer's end is not noticed either.
    func stopReading() {
        guard isOpen, isReading else { return }
        isReading = false
        uv_read_stop(stream)
    }

    private func read(_ count: Int) {
        guard isOpen else { return }
        if count > 0 {
            let bytes = UnsafeRawBufferPointer(start: ReadBuffer.pointer, count: count)
                .assumingMemoryBound(to: UInt8.self)
            owner?.received(Span(_unsafeElements: bytes))
        } else if count == Int(UV_EOF.rawValue) {
            stopReading()
            owner?.reachedEnd()
        } else if count < 0 {
            close()  // reset
        }
    }

    // MARK: - Writing

    /// Sends at once what the kernel takes, queues the rest. Errors show as `closed()`, later.
    func write(_ bytes: [UInt8]) {
        guard isOpen, !bytes.isEmpty else { return }
        var sent = 0
        if queuedBytes == 0 {
            let result = bytes.withUnsafeBytes { pointer in
                var buffer = Self.buffer(pointer)
                return uv_try_write(stream, &buffer, 1)
            }
            if result >= 0 {
                sent = Int(result)
            } else if result != UV_EAGAIN.rawValue {
                return close()
            }
        }
        writtenTotal += bytes.count
        if sent < bytes.count { enqueue(bytes[sent...]) }
    }

    private func enqueue(_ bytes: ArraySlice<UInt8>) {
        let copy = UnsafeMutableRawBufferPointer.allocate(byteCount: bytes.count, alignment: 1)
        copy.copyBytes(from: bytes)
        let request = UnsafeMutablePointer<uv_write_t>.allocate(capacity: 1)
        request.pointee.data = copy.baseAddress
        var buffer = Self.buffer(UnsafeRawBufferPointer(copy))
        let status = uv_write(request, stream, &buffer, 1) { request, status in
            guard let request, let stream = request.pointee.handle else { return }
            request.pointee.data?.deallocate()
            request.deallocate()
            guard let data = stream.pointee.data else { return }
            let connection = Unmanaged<TCPConnection>.fromOpaque(data).takeUnretainedValue()
            EventLoop.callback { connection.wrote(status) }
        }
        guard status == 0 else {
            copy.deallocate()
            request.deallocate()
            return close()
        }
        watchForStall()
    }

    private func wrote(_ status: Int32) {
        guard isOpen else { return }
        guard status == 0 else { return close() }
        if queuedBytes == 0 { stallTimer?.cancel() }
        owner?.queueShrank()
    }

    private static func buffer(_ bytes: UnsafeRawBufferPointer) -> uv_buf_t {
        // libuv only reads through this pointer; its struct has no const to say so.
        let base = UnsafeMutableRawPointer(mutating: bytes.baseAddress)?.assumingMemoryBound(to: CChar.self)
        return uv_buf_t(base: base, len: bytes.count)
    }

    // MARK: - Stalls

    /// Looks four times per time-out whether the peer has taken anything. Completed writes alone would not do: a slow
    /// but living reader may take minutes over one large write.
    private func watchForStall() {
        guard let timeout = writeStallTimeout else { return }
        if let stallTimer, stallTimer.isRunning { return }
        takenAtLastTick = writtenTotal - outstandingBytes
        ticksWithoutProgress = 0
        let timer = stallTimer ?? DeadlineTimer { [weak self] in self?.stallTick() }
        stallTimer = timer
        timer.start(after: timeout / 4, every: timeout / 4)
    }

    private func stallTick() {
        let taken = writtenTotal - outstandingBytes
        ticksWithoutProgress = taken > takenAtLastTick ? 0 : ticksWithoutProgress + 1
        takenAtLastTick = taken
        if ticksWithoutProgress >= 4 { close() }
    }

    /// Queued here, or in the kernel and not yet acknowledged.
    private var outstandingBytes: Int {
        var inKernel: Int32 = 0
        guard ioctl(descriptor, UInt(TIOCOUTQ), &inKernel) == 0 else { return queuedBytes }
        return queuedBytes + Int(inKernel)
    }

    // MARK: - The end

    /// Sends FIN once the queue is empty. Reading goes on.
    func finishWriting() {
        guard isOpen else { return }
        let request = UnsafeMutablePointer<uv_shutdown_t>.allocate(capacity: 1)
        let status = uv_shutdown(request, stream) { request, _ in request?.deallocate() }
        if status != 0 {
            request.deallocate()
            close()
        }
    }

    /// Drops what is queued and closes; `closed()` follows in this round of the loop or the next. Idempotent.
    func close() {
        guard isOpen else { return }
        isOpen = false
        stallTimer = nil
        uv_close(Handle.base(handle)) { handle in
            guard let handle, let data = handle.pointee.data else { return }
            let connection = Unmanaged<TCPConnection>.fromOpaque(data).takeRetainedValue()
            UnsafeMutableRawPointer(handle).deallocate()
            EventLoop.callback {
                connection.owner?.closed()
                connection.owner = nil
            }
        }
    }

    private func configure() {
        // Tokens are small and must not wait for each other (Nagle).
        uv_tcp_nodelay(handle, 1)
        // A peer that vanished without FIN is noticed within two minutes, also while it only listens.
        uv_tcp_keepalive(handle, 1, 60)
        guard uv_fileno(Handle.base(handle), &descriptor) == 0 else { return }
        setOption(TCP_KEEPINTVL, 15)
        setOption(TCP_KEEPCNT, 4)
        // Or the kernel alone would take megabytes for a peer that does not read, and back-pressure would never begin.
        setOption(TCP_NOTSENT_LOWAT, 64 * 1024)
    }

    private func setOption(_ option: Int32, _ value: Int32) {
        var value = value
        setsockopt(descriptor, Int32(IPPROTO_TCP), option, &value, socklen_t(MemoryLayout<Int32>.size))
    }

    private var stream: UnsafeMutablePointer<uv_stream_t> {
        UnsafeMutableRawPointer(handle).assumingMemoryBound(to: uv_stream_t.self)
    }
}

/// The loop's one read buffer.
@EventLoop private enum ReadBuffer {
    static let count = 64 * 1024
    static let pointer = UnsafeMutablePointer<CChar>.allocate(capacity: count)
}
