// OwnedThread.swift — a named thread that runs one closure and owns what the closure captured.
// Kernels.  A `sending` closure carries objects that are not Sendable to their thread; the compiler then forbids
// their former owner to touch them.

internal import CKernels
internal import Glibc
internal import Synchronization

/// A thread could not be started.
package struct ThreadError: Error, Equatable, CustomStringConvertible {
    package let name: String
    package let code: Int32

    package var description: String {
        "cannot start thread \(name): \(String(cString: strerror(code))); lower --threads or raise the process limit"
    }
}

/// One running pthread. Join it, or it detaches itself when the last reference goes.
package final class OwnedThread: Sendable {
    private let handle: pthread_t
    private let isJoined = Atomic<Bool>(false)

    /// What the new thread receives: the closure, and its name.
    private final class Start {
        let name: String
        let body: () -> Void
        init(name: String, body: @escaping () -> Void) {
            self.name = name
            self.body = body
        }
    }

    /// Starts a thread that runs `body` and ends.
    ///
    /// - Parameters:
    ///   - name: shown by `top -H` and debuggers; the kernel keeps 15 bytes.
    ///   - stackSize: bytes. The default is generous because kernels keep their scratch on the stack.
    /// - Throws: `ThreadError` when the system refuses.
    package init(
        name: String, stackSize: Int = 8 << 20, _ body: sending @escaping () -> Void
    ) throws(ThreadError) {
        var attributes = pthread_attr_t()
        pthread_attr_init(&attributes)
        defer { pthread_attr_destroy(&attributes) }
        pthread_attr_setstacksize(&attributes, stackSize)

        let start = Unmanaged.passRetained(Start(name: name, body: body))
        var handle = pthread_t()
        let code = pthread_create(&handle, &attributes, { OwnedThread.main($0) }, start.toOpaque())
        guard code == 0 else {
            start.release()
            throw ThreadError(name: name, code: code)
        }
        self.handle = handle
    }

    private static func main(_ argument: UnsafeMutableRawPointer?) -> UnsafeMutableRawPointer? {
        guard let argument else { return nil }
        let start = Unmanaged<Start>.fromOpaque(argument).takeRetainedValue()
        ck_name_thread(String(decoding: start.name.utf8.prefix(15), as: UTF8.self))
        start.body()
        return nil
    }

    /// Waits for the closure to return. A second call returns at once.
    package func join() {
        guard !isJoined.exchange(true, ordering: .acquiringAndReleasing) else { return }
        pthread_join(handle, nil)
    }

    deinit {
        if !isJoined.load(ordering: .acquiring) { pthread_detach(handle) }
    }
}
