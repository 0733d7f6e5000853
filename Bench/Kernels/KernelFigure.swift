// KernelFigure.swift — how a kernel is timed, and what comes out.
// Bench › Kernels.

import Base

/// Operands are taken from a set this large, one after another, so that a product finds its weights and an attention
/// its keys where a decoding step finds them: in memory.
enum WorkingSet {
    static let byteCount = 192 << 20

    /// How many operands of this size make up the set.
    static func count(of bytes: Int) -> Int { max(1, min(512, byteCount / max(bytes, 1))) }
}

enum Stopwatch {
    /// Median seconds of one call of `body`, which is told how often it was called. At least five calls after the
    /// first, and as many as fit 40 ms.
    static func median(time: any TimeSource = MonotonicTime(), _ body: (_ turn: Int) -> Void) -> Double {
        var seconds: [Double] = []
        var total = 0.0
        var turn = 0
        while turn <= 5 || (total < 0.04 && turn < 2000) {
            let start = time.nanoseconds()
            body(turn)
            let elapsed = Double(time.nanoseconds() - start) / 1e9
            if turn > 0 { seconds.append(elapsed) }
            total += elapsed
            turn += 1
        }
        return quantile(seconds, 0.5)
    }
}

/// What was done in how long.
struct KernelFigure {
    let operations: Double
    let bytes: Double
    let seconds: Double

    var gigaopsPerSecond: Double { operations / seconds / 1e9 }
    var gigabytesPerSecond: Double { bytes / seconds / 1e9 }

    /// The time that the machine needs at best, for its arithmetic or for its memory, whichever is longer, as a share
    /// of the time that it took.
    func share(peakGigaops: Double, gigabytesPerSecond: Double) -> Double {
        max(operations / (peakGigaops * 1e9), bytes / (gigabytesPerSecond * 1e9)) / seconds
    }
}
