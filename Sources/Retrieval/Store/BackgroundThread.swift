// BackgroundThread.swift — a thread for work that can wait, and lets others go first.
// Retrieval › Store.  A thread may lower its priority but not raise it again, so each piece of work has one of its own.

internal import Glibc
internal import Kernels

enum BackgroundThread {
    /// Low enough that a thread which wakes to answer a question runs at once, high enough that a merge ends on a
    /// machine that is never idle: beside one busy thread it gets a quarter of a core. With 19 it took minutes.
    private static let niceness: Int32 = 5

    /// Runs `body` at a low priority, and returns when it has returned. It must not hold a lock that others wait
    /// for. Where the system refuses a thread it runs on the caller's.
    static func run<Success>(name: String, _ body: () throws -> Success) throws -> Success {
        try withoutActuallyEscaping(body) { body in
            // The caller waits: at any moment one thread has these two.
            nonisolated(unsafe) let body = body
            nonisolated(unsafe) var outcome: Result<Success, any Error>?
            let thread = try? OwnedThread(name: name) {
                // On Linux 0 is the calling thread, not its process.
                setpriority(__priority_which_t(PRIO_PROCESS.rawValue), 0, niceness)
                outcome = Result { try body() }
            }
            thread?.join()
            return try outcome?.get() ?? body()
        }
    }
}
