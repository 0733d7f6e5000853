// VectorFilter.swift — which ordinals a search may return, and the best of a stream.
// Retrieval › Vectors.

/// An exact bitmap over the ordinals of a table.
struct VectorFilter {
    private let words: [UInt64]
    let allowedCount: Int

    /// Bits past `count` are cleared, missing words are empty.
    init(_ bits: [UInt64], count: Int) {
        let wordCount = (count + 63) / 64
        var words = Array(bits.prefix(wordCount))
        words.append(contentsOf: repeatElement(0, count: wordCount - words.count))
        if count % 64 != 0 { words[wordCount - 1] &= 1 << UInt64(count % 64) - 1 }
        self.words = words
        allowedCount = words.reduce(0) { $0 + $1.nonzeroBitCount }
    }

    func allows(_ ordinal: UInt32) -> Bool { words[Int(ordinal >> 6)] >> UInt64(ordinal & 63) & 1 == 1 }

    /// Writes up to `limit` allowed ordinals from `position` on, and moves it past them.
    func next(_ position: inout Int, into list: UnsafeMutablePointer<UInt32>, limit: Int) -> Int {
        var count = 0
        var wordIndex = position >> 6
        guard wordIndex < words.count else { return 0 }
        var word = words[wordIndex] & (~0 << UInt64(position & 63))
        while true {
            while word != 0 {
                let bit = word.trailingZeroBitCount
                if count == limit {
                    position = wordIndex << 6 + bit
                    return count
                }
                list[count] = UInt32(wordIndex << 6 + bit)
                count += 1
                word &= word - 1
            }
            wordIndex += 1
            guard wordIndex < words.count else {
                position = words.count << 6
                return count
            }
            word = words[wordIndex]
        }
    }
}

/// The best `capacity` of a stream of entries, each ordinal offered once: a heap with the least at its root.
struct BestOrdinals {
    private var heap: [RankedOrdinal] = []
    private let capacity: Int
    /// What an entry must reach to have a chance: −∞ until the heap is full.
    private(set) var leastScore = -Float.infinity

    init(capacity: Int) {
        self.capacity = capacity
        heap.reserveCapacity(capacity)
    }

    /// Best first.
    var ordinals: [UInt32] { heap.sorted(by: >).map(\.ordinal) }

    mutating func offer(_ entry: RankedOrdinal) {
        if heap.count < capacity {
            heap.append(entry)
            var child = heap.count - 1
            while child > 0, heap[child] < heap[(child - 1) / 2] {
                heap.swapAt(child, (child - 1) / 2)
                child = (child - 1) / 2
            }
        } else {
            guard entry > heap[0] else { return }
            heap[0] = entry
            sinkRoot()
        }
        if heap.count == capacity { leastScore = heap[0].score }
    }

    private mutating func sinkRoot() {
        var parent = 0
        while true {
            var least = parent
            for child in [2 * parent + 1, 2 * parent + 2] where child < heap.count && heap[child] < heap[least] {
                least = child
            }
            if least == parent { return }
            heap.swapAt(parent, least)
            parent = least
        }
    }
}
