// Wakeup.swift — one uv_async_t: any thread knocks, the loop opens.
// Network › Loop.  libuv merges knocks by design: several sends may cause one call, never the other way round.

import CLibUV
import Synchronization

/// Calls its body on the loop some time after `send`, at least once per burst of sends.
final class Wakeup: Sendable {
    /// Valid until `close`, which every use checks under the lock.
    private nonisolated(unsafe) let handle: UnsafeMutablePointer<uv_async_t>
    private let isOpen = Mutex(true)
    private let body: @EventLoop @Sendable () -> Void

    @EventLoop init(_ body: @escaping @EventLoop @Sendable () -> Void) {
        self.body = body
        handle = Handle.allocate(uv_async_t.self)
        let status = uv_async_init(EventLoop.loop, handle) { handle in
            guard let data = handle?.pointee.data else { return }
            let wakeup = Unmanaged<Wakeup>.fromOpaque(data).takeUnretainedValue()
            EventLoop.callback { wakeup.body() }
        }
        precondition(status == 0, "libuv cannot make a wake-up: \(NetworkError.text(of: status))")
        Handle.attach(self, to: handle)
    }

    /// Callable from any thread; after `close` it does nothing.
    func send() {
        // Sent under the lock, so that no send can overtake close and touch freed memory.
        isOpen.withLock { if $0 { uv_async_send(handle) } }
    }

    @EventLoop func close() {
        let wasOpen = isOpen.withLock { isOpen in
            defer { isOpen = false }
            return isOpen
        }
        if wasOpen { Handle.close(handle) }
    }
}
