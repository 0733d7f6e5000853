// ProgressLine.swift — how far long work is: one line that changes on a terminal, plain lines in a pipe.
// swiftlet › Commands.

import Base
import Console
import Glibc

final class ProgressLine {
    private let what: String
    private let isTerminal = isatty(STDERR_FILENO) == 1
    private let time = MonotonicTime()
    private var shownAt: UInt64?
    private var isOpen = false

    init(_ what: String) { self.what = what }

    /// Shows the state, at most ten times a second on a terminal and once in five seconds elsewhere.
    func show(_ state: String) {
        let now = time.nanoseconds()
        guard let last = shownAt else {
            // What is done at once needs no line.
            shownAt = now
            return
        }
        guard now - last >= (isTerminal ? 100_000_000 : 5_000_000_000) else { return }
        shownAt = now
        if isTerminal {
            Output.write("\r\(what) \(state)\u{1B}[K".utf8, to: STDERR_FILENO)
            isOpen = true
        } else {
            Output.note("\(what) \(state)")
        }
    }

    /// Leaves the line.
    func end() {
        if isOpen { Output.write("\r\u{1B}[K".utf8, to: STDERR_FILENO) }
        isOpen = false
    }

    deinit { end() }
}
