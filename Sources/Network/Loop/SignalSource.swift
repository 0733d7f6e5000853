// SignalSource.swift — POSIX signals as calls on the loop.
// Network › Loop.  SIGPIPE is not here: EventLoop.run ignores it.

import CLibUV
import Glibc

/// Calls its handler on the loop for each of the chosen signals, as long as somebody holds it.
@EventLoop package final class SignalSource {
    /// The signals a server answers to.
    package enum Signal: Sendable, CaseIterable {
        /// Stop in good order (service managers).
        case terminate
        /// Ctrl-C.
        case interrupt
        /// Read the configuration again.
        case hangup

        package var number: Int32 {
            switch self {
            case .terminate: SIGTERM
            case .interrupt: SIGINT
            case .hangup: SIGHUP
            }
        }
    }

    private var handles: [UnsafeMutablePointer<uv_signal_t>] = []
    private let handler: @EventLoop (Signal) -> Void

    /// - Throws: `NetworkError.system` when the signal cannot be watched.
    package init(
        _ signals: [Signal] = Signal.allCases, _ handler: @escaping @EventLoop (Signal) -> Void
    ) throws(NetworkError) {
        self.handler = handler
        for signal in signals { try watch(signal) }
    }

    isolated deinit {
        for handle in handles { Handle.close(handle) }
    }

    private func watch(_ signal: Signal) throws(NetworkError) {
        let handle = Handle.allocate(uv_signal_t.self)
        let initStatus = uv_signal_init(EventLoop.loop, handle)
        guard initStatus == 0 else {
            handle.deallocate()
            throw .system(doing: "watching signal \(signal)", code: initStatus)
        }
        Handle.attach(Owner(self), to: handle)
        handles.append(handle)
        let startStatus = uv_signal_start(
            handle,
            { handle, number in
                guard let data = handle?.pointee.data else { return }
                let owner = Unmanaged<Owner>.fromOpaque(data).takeUnretainedValue()
                EventLoop.callback {
                    guard let source = owner.source,
                        let signal = Signal.allCases.first(where: { $0.number == number })
                    else { return }
                    source.handler(signal)
                }
            }, signal.number)
        guard startStatus == 0 else { throw .system(doing: "watching signal \(signal)", code: startStatus) }
    }

    private final class Owner {
        weak var source: SignalSource?
        init(_ source: SignalSource) { self.source = source }
    }
}
