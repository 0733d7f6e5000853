// Condition.swift — a mutex and a condition variable at a fixed address, as pthreads need them.
// Kernels.  Swift's `Mutex` has no way to wait.

internal import Glibc

/// Lock, wait, wake. `@unchecked Sendable`: that is what it is for.
final class Condition: @unchecked Sendable {
    private let mutex = UnsafeMutablePointer<pthread_mutex_t>.allocate(capacity: 1)
    private let condition = UnsafeMutablePointer<pthread_cond_t>.allocate(capacity: 1)

    init() {
        pthread_mutex_init(mutex, nil)
        pthread_cond_init(condition, nil)
    }

    deinit {
        pthread_cond_destroy(condition)
        pthread_mutex_destroy(mutex)
        condition.deallocate()
        mutex.deallocate()
    }

    func lock() { pthread_mutex_lock(mutex) }
    func unlock() { pthread_mutex_unlock(mutex) }

    /// Lets the lock go until somebody wakes us; may also return for no reason.
    func wait() { pthread_cond_wait(condition, mutex) }

    /// Wakes `count` waiters, or all of them if there are fewer. The caller does not hold the lock.
    ///
    /// Taking the lock once makes sure that a thread which has checked its condition and found it false is already
    /// waiting; signalling after letting go spares the woken thread from running into the lock.
    func wake(_ count: Int) {
        lock()
        unlock()
        if count > 8 {
            pthread_cond_broadcast(condition)
        } else {
            for _ in 0..<count { pthread_cond_signal(condition) }
        }
    }
}
