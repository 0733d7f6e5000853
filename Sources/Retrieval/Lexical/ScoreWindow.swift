// ScoreWindow.swift — the sums of some neighbouring chunks, and which of them are still wanted.
// Retrieval › Lexical.  Room that one search uses again for every window.

internal import Glibc

struct ScoreWindow {
    /// Chunks of a window: their sums stay in the nearest cache.
    static let width = 2048

    /// What a window writes to.
    struct Memory {
        fileprivate var sums: InlineArray<2048, Double>
        fileprivate var marks: InlineArray<2048, UInt8>
        fileprivate var wanted: InlineArray<2049, UInt16>
    }

    /// One for each chunk, from the first on. Of chunks that are not wanted they hold what happened to be added.
    let sums: UnsafeMutablePointer<Double>
    /// 1 for a chunk to which something was added.
    let marks: UnsafeMutablePointer<UInt8>
    private let places: UnsafeMutablePointer<UInt16>
    private(set) var wantedCount = 0

    /// - Parameter memory: as it comes; it must outlive this value.
    init(_ memory: UnsafeMutablePointer<Memory>) {
        let start = UnsafeMutableRawPointer(memory)
        sums = (start + MemoryLayout<Memory>.offset(of: \.sums)!).assumingMemoryBound(to: Double.self)
        marks = (start + MemoryLayout<Memory>.offset(of: \.marks)!).assumingMemoryBound(to: UInt8.self)
        places = (start + MemoryLayout<Memory>.offset(of: \.wanted)!).assumingMemoryBound(to: UInt16.self)
        memset(memory, 0, MemoryLayout<Memory>.size)
    }

    /// The chunks that are wanted, ascending, counted from the window's first.
    var wanted: UnsafeBufferPointer<UInt16> { UnsafeBufferPointer(start: places, count: wantedCount) }

    /// Wants every marked chunk whose sum is above a bound, if it is allowed.
    ///
    /// - Parameter start: the window's first chunk.
    mutating func want(above bound: Double, start: UInt32, allowed: Bitmap?) {
        var count = 0
        let words = UnsafeRawPointer(marks).assumingMemoryBound(to: UInt64.self)
        for word in 0..<Self.width / 8 where words[word] != 0 {
            var bits = words[word]
            while bits != 0 {
                let slot = word &* 8 &+ bits.trailingZeroBitCount &>> 3
                bits &= bits &- 1
                places[count] = UInt16(truncatingIfNeeded: slot)
                count &+= isAbove(bound, slot)
            }
        }
        wantedCount = count
        if let allowed { wantedCount = filtered { allowed[Int(start) + $0] ? 1 : 0 } }
    }

    /// Of the wanted chunks only those whose sum is above a bound stay so.
    mutating func keep(above bound: Double) { wantedCount = filtered { isAbove(bound, $0) } }

    /// 1 if a sum is above a bound: the sign of their difference. Which it will be cannot be foretold, and a branch that
    /// goes the other way costs more than all else here; so every chunk is written down and counted only if wanted.
    @inline(__always)
    private func isAbove(_ bound: Double, _ slot: Int) -> Int {
        Int(truncatingIfNeeded: (bound - sums[slot]).bitPattern &>> 63)
    }

    /// Moves those of the wanted that pass, for which 1 is returned, to the front. Returns how many they are.
    @inline(__always)
    private func filtered(_ passes: (Int) -> Int) -> Int {
        var count = 0
        for place in 0..<wantedCount {
            let slot = places[place]
            places[count] = slot
            count &+= passes(Int(slot))
        }
        return count
    }

    /// Ready for the next window.
    mutating func clear() {
        memset(sums, 0, Self.width * MemoryLayout<Double>.stride)
        memset(marks, 0, Self.width)
        wantedCount = 0
    }
}
