// Handle.swift — how libuv's handles are born and freed.
// Network › Loop.  libuv: a handle's memory must stay until uv_close's callback (docs, "uv_close").

import CLibUV

/// Memory for libuv handles, with an owner that stays alive exactly as long as the handle.
@EventLoop enum Handle {
    /// Uninitialised memory for one handle; libuv's `uv_…_init` comes next.
    static func allocate<T>(_ type: T.Type) -> UnsafeMutablePointer<T> { .allocate(capacity: 1) }

    /// Retains `owner` in the handle's `data` until `close` is through.
    static func attach<T>(_ owner: AnyObject, to handle: UnsafeMutablePointer<T>) {
        uv_handle_set_data(base(handle), Unmanaged.passRetained(owner).toOpaque())
    }

    /// Starts closing; in the loop's next closing phase the memory goes back and the owner is released.
    static func close<T>(_ handle: UnsafeMutablePointer<T>) {
        uv_close(base(handle)) { handle in
            guard let handle else { return }
            if let data = handle.pointee.data { Unmanaged<AnyObject>.fromOpaque(data).release() }
            UnsafeMutableRawPointer(handle).deallocate()
        }
    }

    /// Every handle struct begins with the fields of `uv_handle_t`.
    static func base<T>(_ handle: UnsafeMutablePointer<T>) -> UnsafeMutablePointer<uv_handle_t> {
        UnsafeMutableRawPointer(handle).assumingMemoryBound(to: uv_handle_t.self)
    }
}
