// InterruptKey.swift — Ctrl-C as something the program looks at, instead of something that ends it.
// swiftlet › Chat.

import Glibc

/// Holds SIGINT back from the moment it is made; whoever is ready to be interrupted asks.
///
/// Threads started afterwards inherit the blocked signal, so it is never delivered in the middle of a computation.
struct InterruptKey {
    private let set: sigset_t

    init() {
        var set = sigset_t()
        unsafe sigemptyset(&set)
        unsafe sigaddset(&set, SIGINT)
        self.set = set
        unsafe pthread_sigmask(SIG_BLOCK, &set, nil)
        // Does nothing, but a signal that is ignored would not wake `waitForInput`.
        signal(SIGINT) { _ in }
    }

    /// Whether the key was pressed since the last question.
    func wasPressed() -> Bool {
        var none = timespec()
        var set = set
        return unsafe sigtimedwait(&set, nil, &none) == SIGINT
    }

    /// Waits until standard input has something to read, or its end.
    /// - Returns: false when the key was pressed first.
    func waitForInput() -> Bool {
        var nothing = sigset_t()
        unsafe sigemptyset(&nothing)
        // Standard input is descriptor 0, the lowest bit.
        var wanted = fd_set()
        wanted.__fds_bits.0 = 1
        return unsafe pselect(1, &wanted, nil, nil, nil, &nothing) >= 0 || errno != EINTR
    }
}
