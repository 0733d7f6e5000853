// Mailbox.swift — many threads push, the loop drains.
// Network › Loop.  The engine's return path: one push per engine step, one wake-up, one lock swap on the loop.

import Synchronization

/// Carries messages from any thread to a handler on the loop, in the order of each sender.
///
/// Bursts are drained together: the handler gets everything that has come in since its last call, never an empty
/// array. The mailbox works as long as somebody holds it; messages undelivered when the last holder lets go are dropped.
package final class Mailbox<Message: Sendable>: Sendable {
    private let pending: Pending
    private let wakeup: Wakeup

    /// - Parameter handler: called on the loop. It must not hold the mailbox, or the two keep each other alive.
    @EventLoop package init(_ handler: @escaping @EventLoop @Sendable ([Message]) -> Void) {
        let pending = Pending()
        self.pending = pending
        wakeup = Wakeup {
            let messages = pending.takeAll()
            if !messages.isEmpty { handler(messages) }
        }
    }

    deinit {
        let wakeup = wakeup
        Task { @EventLoop in wakeup.close() }
    }

    /// Queues `messages`; returns at once. Callable from any thread.
    package func push(_ messages: [Message]) {
        guard !messages.isEmpty else { return }
        if pending.append(messages) { wakeup.send() }
    }

    package func push(_ message: Message) { push([message]) }

    /// The queue itself, apart from the mailbox so that the wake-up can hold it without holding the mailbox.
    private final class Pending: Sendable {
        private let messages = Mutex<[Message]>([])

        /// Returns whether the queue was empty, that is, whether nobody has knocked yet.
        func append(_ more: [Message]) -> Bool {
            messages.withLock { messages in
                defer { messages.append(contentsOf: more) }
                return messages.isEmpty
            }
        }

        func takeAll() -> [Message] {
            messages.withLock { messages in
                let taken = messages
                messages = []
                return taken
            }
        }
    }
}
