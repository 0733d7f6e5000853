// BlockPool.swift — hands out fixed-size KV blocks and remembers which prefixes the free ones still hold.
// Engine › Cache.  PagedAttention: Kwon et al. 2023, arXiv:2309.06180. The free list in LRU order follows the idea of
// vLLM's block pool; here it lives in two Int32 arrays, without nodes, and every owner has one of his own.

/// Index of a KV block.
package struct BlockID: RawRepresentable, Hashable, Sendable, CustomStringConvertible {
    package let rawValue: Int32
    package init(rawValue: Int32) { self.rawValue = rawValue }
    package init(_ index: Int) { rawValue = Int32(index) }
    package var index: Int { Int(rawValue) }
    package var description: String { "block \(rawValue)" }
}

/// Reference counts and the lists of free blocks.
///
/// Every block is either referenced (count > 0) or in one free list. A free block may still be *cached*: its contents
/// are a known prefix that the next request can take back. It is then in its owner's list; all others are in one:
///
///     nobody's    head ─► freed just now ─► … ─► freed long ago      taken first
///     owner A     head ─► freed long ago ─► … ─► freed just now      then the oldest head of all owners,
///     owner B     head ─► freed long ago ─► … ─► freed just now      except of those who are down to their quota
///
/// All operations are O(1) but `allocate`, which is O(owners) when no block is nobody's.
package struct BlockPool {
    private var referenceCounts: [Int32]
    /// Whose prefix a block holds; nobody: its contents mean nothing.
    private var owners: [CacheOwner]
    /// When a free block was freed.
    private var freedAt: [UInt64]
    private var lists: FreeLists
    private var clock: UInt64 = 0
    package private(set) var accounts: CacheAccounts
    package private(set) var freeCount = 0

    package init(blockCount: Int) {
        referenceCounts = [Int32](repeating: 0, count: blockCount)
        owners = [CacheOwner](repeating: .nobody, count: blockCount)
        freedAt = [UInt64](repeating: 0, count: blockCount)
        lists = FreeLists(blockCount: blockCount)
        accounts = CacheAccounts(blockCount: blockCount)
        for block in (0..<blockCount).reversed() { insert(BlockID(block)) }
    }

    package var blockCount: Int { referenceCounts.count }
    package var usedCount: Int { blockCount - freeCount }
    /// Free blocks whose contents are still known.
    package var freeCachedCount: Int { accounts.freeCachedCount }

    package func referenceCount(of block: BlockID) -> Int { Int(referenceCounts[block.index]) }

    /// Whose prefix the block holds, be it free or not.
    func owner(of block: BlockID) -> CacheOwner { owners[block.index] }

    /// Free blocks that `owner` may take: all but those that others' quotas protect.
    package func availableCount(for owner: CacheOwner = .everyone) -> Int {
        freeCount - accounts.protectedCount(from: owner)
    }

    /// A further owner, with no quota yet.
    package mutating func addOwner() -> CacheOwner {
        lists.addList()
        return accounts.addOwner()
    }

    /// So many of the owner's cached blocks are safe from others. - Precondition: all quotas together fit the pool.
    package mutating func setQuota(_ quota: Int, of owner: CacheOwner) { accounts.setQuota(quota, of: owner) }

    /// Takes the block that is least worth keeping, with one reference.
    /// - Returns: the block, and whether it held a cached prefix that the caller must now forget; nil when none is
    ///   available to `owner`.
    package mutating func allocate(for owner: CacheOwner = .everyone) -> (block: BlockID, wasCached: Bool)? {
        guard let block = lists.head(of: .nobody) ?? oldestCached(availableTo: owner) else { return nil }
        let held = owners[block.index]
        remove(block)
        if held != .nobody { accounts.didForget(held) }
        owners[block.index] = .nobody
        referenceCounts[block.index] = 1
        return (block, held != .nobody)
    }

    private func oldestCached(availableTo owner: CacheOwner) -> BlockID? {
        var oldest: BlockID?
        for other in accounts.owners where other == owner || accounts.canTake(from: other) {
            guard let head = lists.head(of: other) else { continue }
            guard let best = oldest, freedAt[best.index] <= freedAt[head.index] else {
                oldest = head
                continue
            }
        }
        return oldest
    }

    /// Adds a reference; a free cached block leaves the free list.
    package mutating func retain(_ block: BlockID) {
        if referenceCounts[block.index] == 0 { remove(block) }
        referenceCounts[block.index] += 1
    }

    /// Drops a reference. The last one frees the block: last to be reused if its prefix is cached, first if not.
    package mutating func release(_ block: BlockID) {
        precondition(referenceCounts[block.index] > 0, "\(block) released more often than retained")
        referenceCounts[block.index] -= 1
        if referenceCounts[block.index] == 0 { insert(block) }
    }

    /// Notes that a referenced block's contents are now reusable. Its first owner stays its owner.
    package mutating func markCached(_ block: BlockID, owner: CacheOwner = .everyone) {
        precondition(referenceCounts[block.index] > 0 && owner != .nobody, "only a held block can become cached")
        guard owners[block.index] == .nobody else { return }
        owners[block.index] = owner
        accounts.didCache(owner)
    }

    // MARK: - Free lists

    private mutating func insert(_ block: BlockID) {
        let owner = owners[block.index]
        clock += 1
        freedAt[block.index] = clock
        if owner == .nobody {
            lists.insertAtHead(block, of: owner)
        } else {
            lists.insertAtTail(block, of: owner)
            accounts.didFree(owner)
        }
        freeCount += 1
    }

    private mutating func remove(_ block: BlockID) {
        let owner = owners[block.index]
        lists.remove(block, from: owner)
        if owner != .nobody { accounts.didTake(owner) }
        freeCount -= 1
    }

    // MARK: - Invariants

    /// Walks the free lists both ways and recounts everything. - Complexity: O(blocks).
    package func checkInvariants() {
        var isFree = [Bool](repeating: false, count: blockCount)
        var counted = CacheAccounts.Recount(accounts)
        lists.forEach { block, owner in
            precondition(!isFree[block.index], "\(block) is in two lists, or the list has a cycle")
            precondition(referenceCounts[block.index] == 0, "\(block) is free and referenced")
            precondition(owners[block.index] == owner, "\(block) is in somebody else's list")
            isFree[block.index] = true
        }
        for index in 0..<blockCount {
            precondition(
                isFree[index] == (referenceCounts[index] == 0), "block \(index) is neither free nor referenced")
            if owners[index] != .nobody { counted.add(owners[index], isFree: isFree[index]) }
        }
        precondition(isFree.count { $0 } == freeCount, "the free count is wrong")
        counted.check(accounts)
    }
}
