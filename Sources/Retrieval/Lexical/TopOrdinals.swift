// TopOrdinals.swift — the best k of a stream of scored ordinals that ascend.
// Retrieval › Lexical.  A heap with the worst at its root; among equal scores the lower ordinal is better.

/// A chunk of one segment and its score.
package struct ScoredOrdinal: Equatable, Sendable {
    package let ordinal: UInt32
    /// An exact sum of Floats.
    package let score: Double

    static func isWorse(_ left: ScoredOrdinal, _ right: ScoredOrdinal) -> Bool {
        left.score != right.score ? left.score < right.score : left.ordinal > right.ordinal
    }
}

struct TopOrdinals {
    private var heap: [ScoredOrdinal] = []
    private let capacity: Int
    /// A score must be above this to have a chance: the ordinals ascend, so that a later equal is worse.
    private(set) var threshold: Double

    /// - Parameter floor: only scores from this on are wanted.
    init(capacity: Int, floor: Double) {
        self.capacity = capacity
        threshold = floor.nextDown
        heap.reserveCapacity(min(capacity, 1024))
    }

    /// Best first.
    var sorted: [ScoredOrdinal] { heap.sorted { ScoredOrdinal.isWorse($1, $0) } }

    mutating func offer(_ entry: ScoredOrdinal) {
        guard entry.score > threshold else { return }
        if heap.count < capacity {
            heap.append(entry)
            var child = heap.count - 1
            while child > 0, ScoredOrdinal.isWorse(heap[child], heap[(child - 1) / 2]) {
                heap.swapAt(child, (child - 1) / 2)
                child = (child - 1) / 2
            }
        } else {
            heap[0] = entry
            sinkRoot()
        }
        if heap.count == capacity { threshold = max(threshold, heap[0].score) }
    }

    private mutating func sinkRoot() {
        let moved = heap[0]
        var parent = 0
        while true {
            var child = 2 * parent + 1
            guard child < heap.count else { break }
            if child + 1 < heap.count, ScoredOrdinal.isWorse(heap[child + 1], heap[child]) { child += 1 }
            guard ScoredOrdinal.isWorse(heap[child], moved) else { break }
            heap[parent] = heap[child]
            parent = child
        }
        heap[parent] = moved
    }
}

/// A bit per ordinal.
package struct Bitmap: Sendable, Equatable {
    package private(set) var words: [UInt64]
    package let count: Int

    package init(count: Int, repeating bit: Bool = false) {
        self.count = count
        words = [UInt64](repeating: bit ? .max : 0, count: (count + 63) / 64)
        if bit, count % 64 != 0 { words[words.count - 1] = 1 << UInt64(count % 64) - 1 }
    }

    /// Words as they were stored; nil if they do not fit the count.
    package init?(words: [UInt64], count: Int) {
        guard words.count == (count + 63) / 64 else { return nil }
        guard count % 64 == 0 || words[words.count - 1] >> UInt64(count % 64) == 0 else { return nil }
        self.words = words
        self.count = count
    }

    package subscript(ordinal: Int) -> Bool {
        get { words[ordinal >> 6] >> UInt64(ordinal & 63) & 1 == 1 }
        set {
            precondition(ordinal < count, "bit \(ordinal) of \(count)")
            let bit: UInt64 = 1 << UInt64(ordinal & 63)
            if newValue { words[ordinal >> 6] |= bit } else { words[ordinal >> 6] &= ~bit }
        }
    }

    package var setCount: Int { words.reduce(0) { $0 + $1.nonzeroBitCount } }

    package mutating func formIntersection(_ other: Bitmap) {
        for index in words.indices { words[index] &= other.words[index] }
    }

    package mutating func formUnion(_ other: Bitmap) {
        for index in words.indices { words[index] |= other.words[index] }
    }

    package mutating func invert() {
        for index in words.indices { words[index] = ~words[index] }
        if count % 64 != 0 { words[words.count - 1] &= 1 << UInt64(count % 64) - 1 }
    }
}
