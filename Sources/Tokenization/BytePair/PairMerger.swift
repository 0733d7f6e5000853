// PairMerger.swift — applies merge rules to one word until none applies.
// Tokenization › BytePair.  Two ways, one result: a scan for short words, a heap for long ones.

/// Scratch space for merging, reused from word to word: nothing is allocated once the arrays have grown.
///
/// The rule of byte-pair encoding: of all neighbours with a rule, merge those with the lowest rank, leftmost first;
/// repeat until no rule applies.
package struct PairMerger {
    /// The word's symbols: filled by the caller, then replaced by what is left after merging.
    package var symbols: [Int32] = []
    /// For each symbol, the rule that joins it with the next one.
    private var merges: [UInt64] = []
    /// Neighbours in the list that the heap's way works on; −1 at the ends.
    private var next: [Int32] = []
    private var previous: [Int32] = []
    /// Candidates: rank in the high half, position in the low, so the least is the leftmost of the lowest rank.
    private var heap: [UInt64] = []

    /// Up to here the quadratic scan wins: its inner loop is one compare on adjacent memory.
    package static let longestScan = 32

    package init() {}

    /// Merges `symbols` in place.
    /// - Complexity: O(n²) with a tiny constant up to `longestScan` symbols, O(n log n) beyond.
    package mutating func merge(with table: borrowing MergeTable) {
        if symbols.count < 2 { return }
        if symbols.count <= PairMerger.longestScan { mergeByScan(table) } else { mergeByHeap(table) }
    }

    /// Finds the best pair by looking at all of them, and closes the gap it leaves.
    package mutating func mergeByScan(_ table: borrowing MergeTable) {
        loadMerges(table)
        let count = PairMerger.scan(&symbols, &merges, table)
        symbols.removeLast(symbols.count - count)
    }

    /// - Returns: how many symbols are left, at the front.
    private static func scan(
        _ symbolsArray: inout [Int32], _ mergesArray: inout [UInt64], _ table: borrowing MergeTable
    ) -> Int {
        var count = symbolsArray.count
        var symbols = symbolsArray.mutableSpan
        var merges = mergesArray.mutableSpan
        while count > 1 {
            var best = 0
            for position in 1..<(count - 1) where merges[position] >> 32 < merges[best] >> 32 { best = position }
            guard merges[best] != Merge.none.packed else { break }
            symbols[best] = Int32(truncatingIfNeeded: merges[best])
            count -= 1
            var position = best + 1
            while position < count {
                symbols[position] = symbols[position + 1]
                merges[position] = merges[position + 1]
                position += 1
            }
            let hasSuccessor = best + 1 < count
            merges[best] = hasSuccessor ? table.merge(symbols[best], symbols[best + 1]).packed : Merge.none.packed
            if best > 0 { merges[best - 1] = table.merge(symbols[best - 1], symbols[best]).packed }
        }
        return count
    }

    /// Keeps the candidates in a heap and the symbols in a linked list. A candidate is stale when the rule at its
    /// position has changed since; stale ones are dropped as they come up.
    package mutating func mergeByHeap(_ table: borrowing MergeTable) {
        let count = symbols.count
        loadMerges(table)
        next.removeAll(keepingCapacity: true)
        previous.removeAll(keepingCapacity: true)
        heap.removeAll(keepingCapacity: true)
        for position in 0..<count {
            next.append(position + 1 < count ? Int32(position + 1) : -1)
            previous.append(Int32(position - 1))
            push(position)
        }
        while let candidate = heap.popLeast() {
            let position = Int(candidate & 0xffff_ffff)
            guard merges[position] != Merge.none.packed, merges[position] >> 32 == candidate >> 32 else { continue }
            let absorbed = Int(next[position])
            symbols[position] = Int32(truncatingIfNeeded: merges[position])
            merges[absorbed] = Merge.none.packed
            next[position] = next[absorbed]
            if next[absorbed] >= 0 { previous[Int(next[absorbed])] = Int32(position) }
            refresh(position, table)
            if previous[position] >= 0 { refresh(Int(previous[position]), table) }
        }
        var kept = 0
        var position = 0
        while position >= 0 {
            symbols[kept] = symbols[position]
            kept += 1
            position = Int(next[position])
        }
        symbols.removeLast(count - kept)
    }

    private mutating func loadMerges(_ table: borrowing MergeTable) {
        merges.removeAll(keepingCapacity: true)
        for position in 0..<(symbols.count - 1) {
            merges.append(table.merge(symbols[position], symbols[position + 1]).packed)
        }
        merges.append(Merge.none.packed)
    }

    /// Looks up the rule that now joins `position` with its successor.
    private mutating func refresh(_ position: Int, _ table: borrowing MergeTable) {
        let successor = Int(next[position])
        merges[position] =
            successor < 0 ? Merge.none.packed : table.merge(symbols[position], symbols[successor]).packed
        push(position)
    }

    private mutating func push(_ position: Int) {
        guard merges[position] != Merge.none.packed else { return }
        heap.pushLeast((merges[position] & ~0xffff_ffff) | UInt64(position))
    }
}

extension [UInt64] {
    /// Adds to a binary min-heap.
    fileprivate mutating func pushLeast(_ value: UInt64) {
        append(value)
        var heap = mutableSpan
        var child = heap.count - 1
        while child > 0 {
            let parent = (child - 1) / 2
            if heap[parent] <= value { break }
            heap[child] = heap[parent]
            child = parent
        }
        heap[child] = value
    }

    /// Removes the least of a binary min-heap.
    fileprivate mutating func popLeast() -> UInt64? {
        guard let last = popLast() else { return nil }
        if isEmpty { return last }
        var heap = mutableSpan
        let least = heap[0]
        var parent = 0
        while true {
            var child = 2 * parent + 1
            if child >= heap.count { break }
            if child + 1 < heap.count && heap[child + 1] < heap[child] { child += 1 }
            if last <= heap[child] { break }
            heap[parent] = heap[child]
            parent = child
        }
        heap[parent] = last
        return least
    }
}
