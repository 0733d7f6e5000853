// SearchPool.swift — the best ordinals seen so far, in order, and which of them have been walked from.
// Retrieval › Vectors.  One sorted array does the work of HNSW's two heaps: candidates that fall out of the best `ef`
// would never be walked from. The array is short, so an insertion is a binary search and a small move.

/// A score and an ordinal in one number that orders like "the higher score first, among equals the lower ordinal".
struct RankedOrdinal: Comparable {
    let bits: UInt64

    init(score: Float, ordinal: UInt32) {
        let raw = score.bitPattern
        // Makes the bits of floats order like the numbers: all bits flipped below zero, the sign bit above.
        let ordered = raw & 0x8000_0000 == 0 ? raw | 0x8000_0000 : ~raw
        bits = UInt64(ordered) << 32 | UInt64(~ordinal)
    }

    var ordinal: UInt32 { ~UInt32(truncatingIfNeeded: bits) }

    var score: Float {
        let ordered = UInt32(truncatingIfNeeded: bits >> 32)
        return Float(bitPattern: ordered & 0x8000_0000 == 0 ? ~ordered : ordered & 0x7FFF_FFFF)
    }

    static func < (left: RankedOrdinal, right: RankedOrdinal) -> Bool { left.bits < right.bits }
}

/// The best `capacity` of what was offered, best first.
///
/// A flag beside each entry says whether the walk has been there; `next` finds the best that it has not.
struct SearchPool {
    private let entries: UnsafeMutablePointer<RankedOrdinal>
    private let isVisited: UnsafeMutablePointer<Bool>
    private let capacity: Int
    private(set) var count = 0
    /// No entry before this one waits to be walked from.
    private var firstWaiting = 0

    /// - Parameters: memory for `capacity` entries and flags, which the pool borrows while it lives.
    init(_ entries: UnsafeMutablePointer<RankedOrdinal>, _ flags: UnsafeMutablePointer<Bool>, capacity: Int) {
        self.entries = entries
        self.isVisited = flags
        self.capacity = capacity
    }

    subscript(rank: Int) -> RankedOrdinal { entries[rank] }

    /// What an entry must exceed to be taken.
    var threshold: RankedOrdinal? { count < capacity ? nil : entries[count - 1] }

    /// Takes the entry if it is among the best. An ordinal must not be offered twice.
    @inline(__always)
    mutating func offer(_ entry: RankedOrdinal) {
        if count == capacity {
            if entry < entries[count - 1] { return }
            count -= 1
        }
        var low = 0
        var high = count
        while low < high {
            let middle = (low + high) >> 1
            if entries[middle] > entry { low = middle + 1 } else { high = middle }
        }
        (entries + low + 1).update(from: entries + low, count: count - low)
        (isVisited + low + 1).update(from: isVisited + low, count: count - low)
        entries[low] = entry
        isVisited[low] = false
        count += 1
        firstWaiting = min(firstWaiting, low)
    }

    /// The best entry not walked from yet, now marked; nil when the walk is over.
    mutating func next() -> UInt32? {
        while firstWaiting < count {
            defer { firstWaiting += 1 }
            if !isVisited[firstWaiting] {
                isVisited[firstWaiting] = true
                return entries[firstWaiting].ordinal
            }
        }
        return nil
    }
}
