// BlockPool.swift — hands out fixed-size KV blocks and remembers which prefixes the free ones still hold.
// Engine › Cache.  PagedAttention: Kwon et al. 2023, arXiv:2309.06180. The free list in LRU order follows the idea of
// vLLM's block pool; here it lives in two Int32 arrays, without nodes.

/// Index of a KV block.
package struct BlockID: RawRepresentable, Hashable, Sendable, CustomStringConvertible {
    package let rawValue: Int32
    package init(rawValue: Int32) { self.rawValue = rawValue }
    package init(_ index: Int) { rawValue = Int32(index) }
    package var index: Int { Int(rawValue) }
    package var description: String { "block \(rawValue)" }
}

/// Reference counts and the list of free blocks.
///
/// Every block is either referenced (count > 0) or in the free list. A free block may still be *cached*: its contents
/// are a known prefix that the next request can take back. The list's head is reused first:
///
///     head ─► anonymous blocks ─► cached, freed long ago ─► … ─► cached, freed just now ─► tail
///
/// All operations are O(1).
package struct BlockPool {
    private var referenceCounts: [Int32]
    private var isCached: [Bool]
    private var previous: [Int32]
    private var next: [Int32]
    private var head: Int32 = none
    private var tail: Int32 = none
    package private(set) var freeCount = 0
    /// Free blocks whose contents are still known.
    package private(set) var freeCachedCount = 0

    private static let none: Int32 = -1

    package init(blockCount: Int) {
        referenceCounts = [Int32](repeating: 0, count: blockCount)
        isCached = [Bool](repeating: false, count: blockCount)
        previous = [Int32](repeating: Self.none, count: blockCount)
        next = [Int32](repeating: Self.none, count: blockCount)
        for block in 0..<blockCount { insertAtTail(Int32(block)) }
    }

    package var blockCount: Int { referenceCounts.count }
    package var usedCount: Int { blockCount - freeCount }

    package func referenceCount(of block: BlockID) -> Int { Int(referenceCounts[block.index]) }

    /// Takes the block that is least worth keeping, with one reference.
    /// - Returns: the block, and whether it held a cached prefix that the caller must now forget; nil when none is free.
    package mutating func allocate() -> (block: BlockID, wasCached: Bool)? {
        guard head != Self.none else { return nil }
        let block = head
        let wasCached = isCached[Int(block)]
        remove(block)
        isCached[Int(block)] = false
        referenceCounts[Int(block)] = 1
        return (BlockID(rawValue: block), wasCached)
    }

    /// Adds a reference; a free cached block leaves the free list.
    package mutating func retain(_ block: BlockID) {
        if referenceCounts[block.index] == 0 { remove(block.rawValue) }
        referenceCounts[block.index] += 1
    }

    /// Drops a reference. The last one frees the block: to the tail if its prefix is cached, to the head if not.
    package mutating func release(_ block: BlockID) {
        precondition(referenceCounts[block.index] > 0, "\(block) released more often than retained")
        referenceCounts[block.index] -= 1
        guard referenceCounts[block.index] == 0 else { return }
        if isCached[block.index] { insertAtTail(block.rawValue) } else { insertAtHead(block.rawValue) }
    }

    /// Notes that a referenced block's contents are now reusable.
    package mutating func markCached(_ block: BlockID) {
        precondition(referenceCounts[block.index] > 0, "only a held block can become cached")
        isCached[block.index] = true
    }

    // MARK: - Free list

    private mutating func insertAtTail(_ block: Int32) {
        previous[Int(block)] = tail
        next[Int(block)] = Self.none
        if tail == Self.none { head = block } else { next[Int(tail)] = block }
        tail = block
        didInsert(block)
    }

    private mutating func insertAtHead(_ block: Int32) {
        next[Int(block)] = head
        previous[Int(block)] = Self.none
        if head == Self.none { tail = block } else { previous[Int(head)] = block }
        head = block
        didInsert(block)
    }

    private mutating func didInsert(_ block: Int32) {
        freeCount += 1
        if isCached[Int(block)] { freeCachedCount += 1 }
    }

    private mutating func remove(_ block: Int32) {
        let (before, after) = (previous[Int(block)], next[Int(block)])
        if before == Self.none { head = after } else { next[Int(before)] = after }
        if after == Self.none { tail = before } else { previous[Int(after)] = before }
        freeCount -= 1
        if isCached[Int(block)] { freeCachedCount -= 1 }
    }

    // MARK: - Invariants

    /// Walks the free list both ways and recounts everything. - Complexity: O(blocks).
    package func checkInvariants() {
        var visited = [Bool](repeating: false, count: blockCount)
        var count = 0
        var cachedCount = 0
        var before = Self.none
        var block = head
        while block != Self.none {
            precondition(!visited[Int(block)], "the free list has a cycle at block \(block)")
            precondition(previous[Int(block)] == before, "the free list's links disagree at block \(block)")
            precondition(referenceCounts[Int(block)] == 0, "block \(block) is free and referenced")
            visited[Int(block)] = true
            count += 1
            if isCached[Int(block)] { cachedCount += 1 }
            before = block
            block = next[Int(block)]
        }
        precondition(tail == before && count == freeCount && cachedCount == freeCachedCount, "free counts are wrong")
        for index in referenceCounts.indices where referenceCounts[index] != 0 || !visited[index] {
            precondition(referenceCounts[index] > 0 && !visited[index], "block \(index) is neither free nor referenced")
        }
    }
}
