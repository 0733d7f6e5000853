// DescriptorWatcher.swift — tells when somebody else's descriptor can be read or written.
// Network › Loop.  For libraries that own their sockets and want to be woken (libcurl), and for Linux's own descriptors.

import CLibUV

/// Watches one descriptor, which stays its owner's: stop the watcher before the descriptor is closed.
@EventLoop package final class DescriptorWatcher {
    package struct Readiness: OptionSet, Sendable {
        package let rawValue: UInt8
        package init(rawValue: UInt8) { self.rawValue = rawValue }

        package static let readable = Readiness(rawValue: 1)
        package static let writable = Readiness(rawValue: 2)
        /// The descriptor is broken; reading or writing tells why.
        package static let failed = Readiness(rawValue: 4)
    }

    private var handle: UnsafeMutablePointer<uv_poll_t>?
    private let handler: @EventLoop (Readiness) -> Void

    /// An idle watcher; `watch` sets it going.
    /// - Throws: `NetworkError.system` when the descriptor cannot be watched, as regular files cannot.
    package init(
        descriptor: Int32, _ handler: @escaping @EventLoop (Readiness) -> Void
    ) throws(NetworkError) {
        self.handler = handler
        let handle = Handle.allocate(uv_poll_t.self)
        let status = uv_poll_init(EventLoop.loop, handle, descriptor)
        guard status == 0 else {
            handle.deallocate()
            throw .system(doing: "watching descriptor \(descriptor)", code: status)
        }
        self.handle = handle
        Handle.attach(Owner(self), to: handle)
    }

    isolated deinit { stop() }

    /// Calls the handler whenever one of `events` holds, until told otherwise.
    package func watch(_ events: Readiness) {
        guard let handle else { return }
        var mask: Int32 = 0
        if events.contains(.readable) { mask |= Int32(UV_READABLE.rawValue) }
        if events.contains(.writable) { mask |= Int32(UV_WRITABLE.rawValue) }
        let status = uv_poll_start(handle, mask) { handle, status, events in
            guard let data = handle?.pointee.data else { return }
            let owner = Unmanaged<Owner>.fromOpaque(data).takeUnretainedValue()
            EventLoop.callback {
                var readiness: Readiness = status < 0 ? .failed : []
                if events & Int32(UV_READABLE.rawValue) != 0 { readiness.insert(.readable) }
                if events & Int32(UV_WRITABLE.rawValue) != 0 { readiness.insert(.writable) }
                owner.watcher?.handler(readiness)
            }
        }
        precondition(status == 0, "libuv cannot watch a descriptor: \(NetworkError.text(of: status))")
    }

    /// For good. From now on the descriptor may be closed.
    package func stop() {
        guard let handle else { return }
        self.handle = nil
        Handle.close(handle)
    }

    private final class Owner {
        weak var watcher: DescriptorWatcher?
        init(_ watcher: DescriptorWatcher) { self.watcher = watcher }
    }
}
