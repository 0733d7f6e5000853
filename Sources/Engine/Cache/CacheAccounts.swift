// CacheAccounts.swift — how many cached blocks each tenant has, and how many of them are safe.
// Engine › Cache.

/// Whose prefix a cached block holds.
package struct CacheOwner: Hashable, Sendable {
    package let index: Int
    init(index: Int) { self.index = index }

    static let nobody = CacheOwner(index: 0)
    /// The owner of what is shared, and of everything where nobody is told apart.
    package static let everyone = CacheOwner(index: 1)
}

/// Counts by owner. A quota makes the last `quota` cached blocks of its owner, held or free, safe from everybody else's
/// requests: as long as a tenant's prefixes fit its quota, no flood of others can push one of them out.
package struct CacheAccounts: Sendable {
    private struct Account: Sendable {
        var quota = 0
        var cachedCount = 0
        var freeCount = 0

        /// Free blocks that nobody else may take.
        var protectedCount: Int { min(freeCount, max(0, quota - (cachedCount - freeCount))) }
    }

    /// Nobody's comes first, and stays empty.
    private var accounts = [Account(), Account()]
    private var protectedCount = 0
    package private(set) var freeCachedCount = 0
    private let blockCount: Int

    init(blockCount: Int) { self.blockCount = blockCount }

    var owners: some Sequence<CacheOwner> { (1..<accounts.count).lazy.map { CacheOwner(index: $0) } }

    package func cachedCount(of owner: CacheOwner) -> Int { accounts[owner.index].cachedCount }
    package func quota(of owner: CacheOwner) -> Int { accounts[owner.index].quota }
    var quotaSum: Int { accounts.reduce(0) { $0 + $1.quota } }

    /// Free blocks that are safe from `owner`.
    func protectedCount(from owner: CacheOwner) -> Int { protectedCount - accounts[owner.index].protectedCount }

    func canTake(from owner: CacheOwner) -> Bool {
        accounts[owner.index].freeCount > accounts[owner.index].protectedCount
    }

    // MARK: - Changes

    mutating func addOwner() -> CacheOwner {
        accounts.append(Account())
        return CacheOwner(index: accounts.count - 1)
    }

    mutating func setQuota(_ quota: Int, of owner: CacheOwner) {
        change(owner) { $0.quota = quota }
        precondition(quotaSum <= blockCount, "the quotas are more than there is")
    }

    mutating func didCache(_ owner: CacheOwner) { change(owner) { $0.cachedCount += 1 } }
    mutating func didForget(_ owner: CacheOwner) { change(owner) { $0.cachedCount -= 1 } }
    mutating func didFree(_ owner: CacheOwner) { change(owner) { $0.freeCount += 1 } }
    mutating func didTake(_ owner: CacheOwner) { change(owner) { $0.freeCount -= 1 } }

    private mutating func change(_ owner: CacheOwner, _ body: (inout Account) -> Void) {
        protectedCount -= accounts[owner.index].protectedCount
        freeCachedCount -= accounts[owner.index].freeCount
        body(&accounts[owner.index])
        protectedCount += accounts[owner.index].protectedCount
        freeCachedCount += accounts[owner.index].freeCount
    }

    // MARK: - Invariants

    /// The counts once more, from the blocks themselves.
    struct Recount {
        private var cached: [Int]
        private var free: [Int]

        init(_ accounts: CacheAccounts) {
            cached = [Int](repeating: 0, count: accounts.accounts.count)
            free = cached
        }

        mutating func add(_ owner: CacheOwner, isFree: Bool) {
            cached[owner.index] += 1
            if isFree { free[owner.index] += 1 }
        }

        func check(_ accounts: CacheAccounts) {
            precondition(accounts.accounts.map(\.cachedCount) == cached, "the cached counts are wrong")
            precondition(accounts.accounts.map(\.freeCount) == free, "the free cached counts are wrong")
            precondition(accounts.freeCachedCount == free.reduce(0, +))
            precondition(accounts.protectedCount == accounts.accounts.reduce(0) { $0 + $1.protectedCount })
        }
    }
}
