// MachineLimits.swift — how fast this machine can read and compute at best, measured just now.
// Bench.

import Base
import CLimits
import Kernels

/// The best of several short runs on all threads of the pool together.
struct MachineLimits {
    /// From memory: a working set far larger than any cache would be better still; see `workingSetBytes`.
    let readGigabytesPerSecond: Double
    /// The same over as many bytes as the model's weights, which may fit a cache.
    let modelReadGigabytesPerSecond: Double
    let f32GigaflopsPerSecond: Double
    /// As f32 where the CPU has no instruction for it.
    let bf16GigaflopsPerSecond: Double
    /// By AMX where the CPU has it, whatever the kernels use; else by vectors.
    let int8GigaopsPerSecond: Double

    static let workingSetBytes = 768 << 20

    init(pool: ThreadPool, modelBytes: Int) throws {
        let buffer = try AlignedBuffer<Float>(count: Self.workingSetBytes / 4)
        // Untouched pages are all the same page; write each once.
        for index in stride(from: 0, to: buffer.count, by: 1024) { buffer.baseAddress[index] = 1 }
        readGigabytesPerSecond = Self.bandwidth(buffer, bytes: Self.workingSetBytes, pool)
        modelReadGigabytesPerSecond = Self.bandwidth(buffer, bytes: min(modelBytes, Self.workingSetBytes), pool)
        f32GigaflopsPerSecond = Self.rate(pool) { climits_f32_operations(400_000) }
        bf16GigaflopsPerSecond = Self.rate(pool) { climits_bf16_operations(400_000) }
        let tiles: Int32 = KernelSet.available.contains(.amx) ? 1 : 0
        int8GigaopsPerSecond = Self.rate(pool) { climits_int8_operations(400_000, tiles) }
    }

    /// Billions of operations per second at best, for weights of this type.
    func peak(for type: ElementType) -> Double {
        switch type {
        case .f32, .f16: f32GigaflopsPerSecond
        case .bf16: bf16GigaflopsPerSecond
        default: int8GigaopsPerSecond
        }
    }

    private static func bandwidth(_ buffer: borrowing AlignedBuffer<Float>, bytes: Int, _ pool: ThreadPool) -> Double {
        let count = bytes / 4
        let sliceCount = max(1, min(256, count / 16_384))
        let slice = count / sliceCount
        let base = buffer.baseAddress
        // Small sets are read several times per measurement, so that starting the threads does not weigh.
        let repeats = max(1, (64 << 20) / bytes)
        return best(8) {
            for _ in 0..<repeats {
                pool.run(sliceCount: sliceCount) { index in _ = climits_read(base + index * slice, slice) }
            }
            return Double(repeats * sliceCount * slice * 4)
        }
    }

    /// Every thread takes one slice at a time of several, so that a thread that wakes late does not halve the figure.
    private static func rate(_ pool: ThreadPool, _ operations: () -> Double) -> Double {
        let sliceCount = 8 * pool.threadCount
        let perSlice = operations()
        return best(5) {
            pool.run(sliceCount: sliceCount) { _ in _ = operations() }
            return perSlice * Double(sliceCount)
        }
    }

    /// Billions per second in the fastest of `count` runs of a body that returns how much it did.
    private static func best(_ count: Int, _ body: () -> Double) -> Double {
        var best = 0.0
        for _ in 0..<count {
            let start = MonotonicTime().nanoseconds()
            let done = body()
            best = max(best, done / Double(MonotonicTime().nanoseconds() - start))
        }
        return best
    }
}
