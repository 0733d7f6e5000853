// MergeQueue.swift — which pair to merge next.
// Tokenization › Training.

/// A pair that may be merged, as it stood when it was put into the queue.
struct MergeCandidate {
    /// May be out of date: whoever takes the candidate compares it with the present count.
    var count: Int
    let pair: UInt64
    /// The pair's index in `PairCounts`.
    let index: Int32
    /// The words to merge it in.
    let chain: Int32

    /// The tie-break: the higher count first; of equal counts the pair whose left symbol has the smaller id, then
    /// the one whose right symbol has. Hugging Face's trainer orders its queue in the same way.
    func precedes(_ other: MergeCandidate) -> Bool {
        count != other.count ? count > other.count : pair < other.pair
    }
}

/// A binary heap of candidates.
struct MergeQueue {
    private var heap: [MergeCandidate] = []

    mutating func push(_ candidate: MergeCandidate) {
        heap.append(candidate)
        var child = heap.count - 1
        while child > 0 {
            let parent = (child - 1) / 2
            guard candidate.precedes(heap[parent]) else { break }
            heap[child] = heap[parent]
            child = parent
        }
        heap[child] = candidate
    }

    mutating func pop() -> MergeCandidate? {
        guard let last = heap.popLast() else { return nil }
        guard let first = heap.first else { return last }
        var parent = 0
        while true {
            var child = 2 * parent + 1
            if child >= heap.count { break }
            if child + 1 < heap.count && heap[child + 1].precedes(heap[child]) { child += 1 }
            guard heap[child].precedes(last) else { break }
            heap[parent] = heap[child]
            parent = child
        }
        heap[parent] = last
        return first
    }
}
