// ChildProcess.swift — another program, started, listened to and ended.
// Bench › Suite.  posix_spawn(3).

import Glibc

/// A running program whose standard output can be read; what it says on standard error goes where ours goes.
final class ChildProcess {
    private let identifier: pid_t
    private let output: Int32
    private var pending: [UInt8] = []
    private var hasEnded = false

    struct Failure: Error, CustomStringConvertible { let description: String }

    /// - Parameter silent: its standard error is dropped.
    /// - Throws: `Failure` when the program cannot be started.
    init(_ path: String, _ arguments: [String], silent: Bool = false) throws {
        var ends: [Int32] = [0, 0]
        guard unsafe pipe(&ends) == 0 else { throw Failure(description: "no pipe: errno \(errno)") }
        // Neither end is for the child: what it writes to is a copy.
        for end in ends { _ = fcntl(end, F_SETFD, FD_CLOEXEC) }
        var actions = unsafe posix_spawn_file_actions_t()
        unsafe posix_spawn_file_actions_init(&actions)
        defer { unsafe posix_spawn_file_actions_destroy(&actions) }
        unsafe posix_spawn_file_actions_adddup2(&actions, ends[1], STDOUT_FILENO)
        if silent { unsafe posix_spawn_file_actions_addopen(&actions, STDERR_FILENO, "/dev/null", O_WRONLY, 0) }
        var words = unsafe ([path] + arguments).map { unsafe strdup($0) } + [nil]
        defer { unsafe words.forEach { unsafe free($0) } }
        var child = pid_t()
        let code = unsafe posix_spawn(&child, path, &actions, nil, &words, environ)
        close(ends[1])
        guard code == 0 else {
            close(ends[0])
            throw Failure(description: "\(path) does not start: errno \(code)")
        }
        identifier = child
        output = ends[0]
    }

    deinit {
        end()
        close(output)
    }

    /// The next line of its output; nil when there is no more.
    func line() -> String? {
        while true {
            if let end = pending.firstIndex(of: UInt8(ascii: "\n")) {
                defer { pending.removeFirst(end + 1) }
                return String(decoding: pending[..<end], as: UTF8.self)
            }
            guard readMore() else { return nil }
        }
    }

    /// All its output, once it has ended.
    /// - Throws: `Failure` when it did not end well.
    func finish() throws -> [UInt8] {
        while readMore() {}
        var status: Int32 = 0
        while unsafe waitpid(identifier, &status, 0) < 0, errno == EINTR {}
        hasEnded = true
        guard status == 0 else { throw Failure(description: "it ended with status \(status >> 8 & 0xff)") }
        return pending
    }

    /// Asks it to stop, and waits.
    func end() {
        guard !hasEnded else { return }
        hasEnded = true
        kill(identifier, SIGTERM)
        while waitpid(identifier, nil, 0) < 0, errno == EINTR {}
    }

    private func readMore() -> Bool {
        var buffer = [UInt8](repeating: 0, count: 64 << 10)
        let count = unsafe read(output, &buffer, buffer.count)
        if count > 0 { pending += buffer[..<count] }
        return count > 0 || (count < 0 && errno == EINTR)
    }
}
