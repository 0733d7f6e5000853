// TerminalView.swift — progress and a live histogram while the load runs.
// Bench › Serve.  On stderr, and only on a terminal: a log gets nothing but the result.

import Base
import Console
import Glibc
import LoadGeneration
import Network

@EventLoop final class TerminalView {
    private let title: String
    private let isTerminal: Bool
    private var shownLines = 0
    private let start = MonotonicTime().nanoseconds()

    nonisolated init(title: String) {
        self.title = title
        isTerminal = isatty(STDERR_FILENO) == 1
    }

    func show(_ progress: LoadDriver.Progress, of total: Int) {
        guard isTerminal else { return }
        let seconds = Double(MonotonicTime().nanoseconds() - start) / 1e9
        let ended = progress.completed + progress.failed + progress.cancelled
        var lines = [title, bar(ended, of: total)]
        lines.append(
            "running \(progress.running), waiting \(progress.waiting), failed \(progress.failed),"
                + " cancelled \(progress.cancelled), late \(progress.late)")
        lines.append(
            "\(NumberText.short(Double(ended) / max(seconds, 0.001))) requests/s,"
                + " \(NumberText.short(Double(progress.chunks) / max(seconds, 0.001))) chunks/s, \(NumberText.short(seconds)) s"
        )
        lines += histogram(progress.timeToFirstToken)
        draw(lines)
    }

    /// Takes the view away, so that the result stands alone.
    func clear() {
        guard isTerminal, shownLines > 0 else { return }
        draw([])
    }

    private func bar(_ done: Int, of total: Int) -> String {
        let width = 40
        let filled = total == 0 ? width : min(width, done * width / total)
        return String(repeating: "█", count: filled) + String(repeating: "·", count: width - filled)
            + " \(done) of \(total)"
    }

    /// Time to first token, a bucket per line where there is anything, at most twelve lines.
    private func histogram(_ histogram: Histogram) -> [String] {
        let counts = histogram.counts
        guard let first = counts.firstIndex(where: { $0 > 0 }), let last = counts.lastIndex(where: { $0 > 0 }) else {
            return []
        }
        let span = (last - first) / 12 + 1
        let groups = stride(from: first, through: last, by: span).map { start in
            (start: start, count: counts[start...min(start + span - 1, last)].reduce(0, +))
        }
        let most = max(1, groups.map(\.count).max() ?? 1)
        return ["time to first token, ms"]
            + groups.map { group in
                let end = min(group.start + span - 1, histogram.upperBounds.count - 1)
                let label = "≤ " + NumberText.short(histogram.upperBounds[end])
                let padding = String(repeating: " ", count: max(0, 10 - label.count))
                return padding + label + " " + String(repeating: "█", count: Int(group.count * 40 / most))
                    + " \(group.count)"
            }
    }

    /// Over what was drawn before: cursor up, each line erased, the rest of the screen too.
    private func draw(_ lines: [String]) {
        var text = shownLines > 0 ? "\u{1B}[\(shownLines)A" : ""
        for line in lines { text += "\u{1B}[2K" + line + "\n" }
        Output.write((text + "\u{1B}[J").utf8, to: STDERR_FILENO)
        shownLines = lines.count
    }
}
