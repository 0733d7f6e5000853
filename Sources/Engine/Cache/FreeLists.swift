// FreeLists.swift — doubly linked lists of blocks, all in the same two arrays.
// Engine › Cache.  A block is in at most one list, so one pair of links per block serves them all.

/// One list for each owner, and one for blocks that are nobody's.
struct FreeLists {
    private var previous: [Int32]
    private var next: [Int32]
    /// By `CacheOwner.index`.
    private var heads: [Int32] = [none, none]
    private var tails: [Int32] = [none, none]

    private static let none: Int32 = -1

    init(blockCount: Int) {
        previous = [Int32](repeating: Self.none, count: blockCount)
        next = [Int32](repeating: Self.none, count: blockCount)
    }

    mutating func addList() {
        heads.append(Self.none)
        tails.append(Self.none)
    }

    func head(of owner: CacheOwner) -> BlockID? {
        heads[owner.index] == Self.none ? nil : BlockID(rawValue: heads[owner.index])
    }

    mutating func insertAtTail(_ block: BlockID, of owner: CacheOwner) {
        let tail = tails[owner.index]
        previous[block.index] = tail
        next[block.index] = Self.none
        if tail == Self.none { heads[owner.index] = block.rawValue } else { next[Int(tail)] = block.rawValue }
        tails[owner.index] = block.rawValue
    }

    mutating func insertAtHead(_ block: BlockID, of owner: CacheOwner) {
        let head = heads[owner.index]
        next[block.index] = head
        previous[block.index] = Self.none
        if head == Self.none { tails[owner.index] = block.rawValue } else { previous[Int(head)] = block.rawValue }
        heads[owner.index] = block.rawValue
    }

    mutating func remove(_ block: BlockID, from owner: CacheOwner) {
        let (before, after) = (previous[block.index], next[block.index])
        if before == Self.none { heads[owner.index] = after } else { next[Int(before)] = after }
        if after == Self.none { tails[owner.index] = before } else { previous[Int(after)] = before }
    }

    /// Every block with the owner of its list. Traps where links disagree. - Complexity: O(blocks).
    func forEach(_ body: (BlockID, CacheOwner) -> Void) {
        for index in heads.indices {
            var before = Self.none
            var block = heads[index]
            while block != Self.none {
                precondition(previous[Int(block)] == before, "the free list's links disagree at block \(block)")
                body(BlockID(rawValue: block), CacheOwner(index: index))
                before = block
                block = next[Int(block)]
            }
            precondition(tails[index] == before, "the free list's tail is wrong")
        }
    }
}
