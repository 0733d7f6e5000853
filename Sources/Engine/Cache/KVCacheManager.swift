// KVCacheManager.swift — which blocks each request holds, and which of them others may share.
// Engine › Cache.  Bookkeeping only: the keys and values themselves are in Transformer/KVStorage.

import Base

/// One block's contents are to be copied before the step is computed.
struct BlockCopy: Equatable {
    let source: BlockID
    let destination: BlockID
}

/// A request's longest cached prefix.
struct PrefixMatch: Equatable {
    /// Blocks to share as they are.
    var sharedBlocks: [BlockID] = []
    /// A last block that the request must write into: it gets a copy of this one.
    var copiedBlock: BlockID?
    /// Tokens that need no computing. Less than the sequence where its last token's logits are still wanted.
    var tokenCount = 0
    /// The prompt was asked before: where the model keeps what its first token is chosen from.
    var endState: Int?
}

/// Block tables, prefix sharing and eviction.
struct KVCacheManager {
    private(set) var pool: BlockPool
    private(set) var prefixes: PrefixCache
    private var promptEnds: PromptEnds
    private let hasher: BlockHasher
    let tokensPerBlock: Int
    private let sharesPrefixes: Bool
    /// What all quotas together may protect: one request of full length always finds room beside them.
    private let quotaLimit: Int

    /// - Parameter stateSlotCount: ends of prompts that the model can remember.
    init(_ configuration: EngineConfiguration, hasher: BlockHasher, stateSlotCount: Int = 0) {
        pool = BlockPool(blockCount: configuration.blockCount)
        prefixes = PrefixCache(blockCount: configuration.blockCount, tokensPerBlock: configuration.tokensPerBlock)
        promptEnds = PromptEnds(slotCount: configuration.sharesPrefixes ? stateSlotCount : 0)
        self.hasher = hasher
        tokensPerBlock = configuration.tokensPerBlock
        sharesPrefixes = configuration.sharesPrefixes
        quotaLimit =
            configuration.blockCount
            - (configuration.maxModelLength + configuration.tokensPerBlock - 1) / configuration.tokensPerBlock
    }

    private func blocksNeeded(for tokenCount: Int) -> Int { (tokenCount + tokensPerBlock - 1) / tokensPerBlock }

    // MARK: - Tenants

    /// Whom a tenant's cached blocks will belong to.
    mutating func makeOwner(_ tenant: EngineTenant) -> CacheOwner { tenant.id == 0 ? .everyone : pool.addOwner() }

    /// Grants the quota, or what is left of the room for quotas.
    mutating func setQuota(_ quota: Int, of owner: CacheOwner) {
        let room = quotaLimit - pool.accounts.quotaSum + pool.accounts.quota(of: owner)
        pool.setQuota(min(quota, max(0, room)), of: owner)
    }

    // MARK: - Admission

    /// Finds the longest run of leading blocks whose keys and values are known.
    ///
    ///     |<- shared blocks ->|<- to compute ->|            the usual case
    ///     |<- shared blocks ->|<- copied, 15 ->|<- 1 ->|    everything is known: the last token is computed again, for
    ///                                                       its logits, in a copy, since shared blocks are read-only
    ///     |<- shared blocks ->|<- later ->|                 the same prompt again: its first token is chosen before what
    ///                                                       is left of it is computed, from the remembered state
    ///
    /// Changes nothing but the request's cached block names.
    func longestCachedPrefix(of request: Request) -> PrefixMatch {
        var match = PrefixMatch()
        // The logits of a prompt's rows are only known by computing them.
        guard sharesPrefixes, !request.isScoringPrompt else { return match }
        extendNames(of: request, toCover: request.tokens.count)
        for index in 0..<request.tokens.count / tokensPerBlock {
            guard let block = cachedBlock(index, of: request) else { break }
            match.sharedBlocks.append(block)
        }
        match.tokenCount = match.sharedBlocks.count * tokensPerBlock
        if match.sharedBlocks.count == request.tokens.count / tokensPerBlock, let slot = knownEnd(of: request) {
            match.endState = slot
            return match
        }
        if match.tokenCount == request.tokens.count {
            match.copiedBlock = match.sharedBlocks.removeLast()
            match.tokenCount -= 1
        }
        return match
    }

    /// Gives a request its cached prefix and the blocks for its tokens up to `tokenCount`, provided that there is room
    /// for all its tokens: a prompt that is begun and cannot be finished would be preempted and begun again and again.
    /// - Parameter watermark: free blocks that must remain when all its tokens have theirs.
    /// - Returns: the copy to make before computing, if any, or nil for "does not fit", with nothing changed.
    mutating func admit(
        _ request: Request, match: PrefixMatch, upTo tokenCount: Int, watermark: Int
    ) -> (admitted: Bool, copy: BlockCopy?) {
        precondition(request.blockTable.isEmpty && tokenCount >= match.tokenCount)
        guard hasRoom(for: request, match: match, watermark: watermark) else { return (false, nil) }
        let newBlockCount = blocksNeeded(for: tokenCount) - match.sharedBlocks.count

        // Room for the whole sequence now, so that decoding never grows the arrays.
        request.blockTable.reserveCapacity(blocksNeeded(for: request.maxTokenCount))
        request.blockNames.reserveCapacity(request.maxTokenCount / tokensPerBlock)
        for block in match.sharedBlocks { pool.retain(block) }
        request.blockTable.append(contentsOf: match.sharedBlocks)
        for _ in 0..<newBlockCount { request.blockTable.append(allocate(for: request)) }
        request.registeredBlockCount = match.sharedBlocks.count
        request.computedCount = match.tokenCount
        guard let source = match.copiedBlock else { return (true, nil) }
        // The pool may have handed out the source itself, when it was free and the oldest: then it is already in place.
        let destination = request.blockTable[match.sharedBlocks.count]
        return (true, source == destination ? nil : BlockCopy(source: source, destination: destination))
    }

    /// Whether a request would be admitted.
    /// - Parameter victim: whose blocks would be free then, as far as nobody shares them.
    func hasRoom(for request: Request, match: PrefixMatch, watermark: Int, without victim: Request? = nil) -> Bool {
        let missingCount = blocksNeeded(for: request.tokens.count) - match.sharedBlocks.count
        // Shared blocks that nobody holds now leave the free list too.
        let revivedCount = match.sharedBlocks.count { pool.referenceCount(of: $0) == 0 }
        let freedCount = (victim?.blockTable ?? []).count {
            pool.referenceCount(of: $0) == 1 && !match.sharedBlocks.contains($0)
        }
        return pool.availableCount(for: request.tenant.cacheOwner) + freedCount >= missingCount + revivedCount
            + watermark
    }

    // MARK: - Ends of prompts

    /// Nil also for those who want to know how likely their prompt was: that takes its rows.
    private func knownEnd(of request: Request) -> Int? {
        guard !promptEnds.isOff, request.outputCount == 0, request.promptLogprobs == nil else { return nil }
        let (parent, tail) = end(of: request)
        return promptEnds.slot(hasher.child(of: parent, tokens: tail), parent: parent, tail: tail)
    }

    /// The last row of the request's prompt is computed.
    /// - Returns: the slot to keep its state in, unless it is kept already.
    mutating func rememberEnd(of request: Request) -> Int? {
        guard !promptEnds.isOff else { return nil }
        extendNames(of: request, toCover: request.promptCount)
        let (parent, tail) = end(of: request)
        return promptEnds.insert(hasher.child(of: parent, tokens: tail), parent: parent, tail: tail)
    }

    private func end(of request: Request) -> (parent: BlockHash, tail: ArraySlice<TokenID>) {
        let fullBlockCount = request.promptCount / tokensPerBlock
        return (
            parentName(fullBlockCount, of: request),
            request.tokens[fullBlockCount * tokensPerBlock..<request.promptCount]
        )
    }

    // MARK: - Growth and release

    /// Makes the request's table cover `tokenCount` tokens.
    /// - Returns: false when the pool is dry; the table is then unchanged.
    /// - Complexity: O(new blocks).
    mutating func reserve(_ request: Request, upTo tokenCount: Int) -> Bool {
        let missing = blocksNeeded(for: tokenCount) - request.blockTable.count
        guard missing > 0 else { return true }
        guard pool.availableCount(for: request.tenant.cacheOwner) >= missing else { return false }
        for _ in 0..<missing { request.blockTable.append(allocate(for: request)) }
        return true
    }

    /// Offers the blocks that are now full, computed and verified to the prefix cache.
    ///
    /// Only tokens that were really emitted (or came with the prompt) are ever named: `computedCount` must not count
    /// drafts that could still be rejected.
    mutating func commit(_ request: Request) {
        guard sharesPrefixes else { return }
        let fullBlockCount = request.computedCount / tokensPerBlock
        guard request.registeredBlockCount < fullBlockCount else { return }
        extendNames(of: request, toCover: request.computedCount)
        for index in request.registeredBlockCount..<fullBlockCount {
            let block = request.blockTable[index]
            let isNew = prefixes.insert(
                block, name: request.blockNames[index], parent: parentName(index, of: request),
                tokens: tokens(index, of: request))
            let owner = index < sharedBlockCount(of: request) ? .everyone : request.tenant.cacheOwner
            if isNew { pool.markCached(block, owner: owner) }
        }
        request.registeredBlockCount = fullBlockCount
    }

    /// Returns all blocks, last first: when space is needed, the tail of a sequence goes before its prefix.
    mutating func release(_ request: Request) {
        for block in request.blockTable.reversed() { pool.release(block) }
        request.blockTable.removeAll(keepingCapacity: true)
        request.registeredBlockCount = 0
        request.computedCount = 0
    }

    private mutating func allocate(for request: Request) -> BlockID {
        guard let (block, wasCached) = pool.allocate(for: request.tenant.cacheOwner) else {
            preconditionFailure("free blocks were counted before")
        }
        if wasCached { prefixes.remove(block) }
        return block
    }

    // MARK: - Names

    private func extendNames(of request: Request, toCover tokenCount: Int) {
        for index in request.blockNames.count..<max(request.blockNames.count, tokenCount / tokensPerBlock) {
            request.blockNames.append(
                hasher.child(of: parentName(index, of: request), tokens: tokens(index, of: request)))
        }
    }

    private func cachedBlock(_ index: Int, of request: Request) -> BlockID? {
        prefixes.block(
            request.blockNames[index], parent: parentName(index, of: request), tokens: tokens(index, of: request))
    }

    private func parentName(_ index: Int, of request: Request) -> BlockHash {
        let sharedCount = sharedBlockCount(of: request)
        if index == 0 { return hasher.root(sharedCount > 0 ? .shared : request.namespace) }
        let parent = request.blockNames[index - 1]
        return index == sharedCount ? hasher.branch(request.namespace, behind: parent) : parent
    }

    /// Blocks that hold nothing but the server's own words.
    private func sharedBlockCount(of request: Request) -> Int { request.sharedPrefixCount / tokensPerBlock }

    private func tokens(_ index: Int, of request: Request) -> ArraySlice<TokenID> {
        request.tokens[index * tokensPerBlock..<(index + 1) * tokensPerBlock]
    }

    // MARK: - Invariants

    /// Checks the pool, the prefix cache, and that the requests' tables account for every reference.
    func checkInvariants(_ requests: some Sequence<Request>) {
        pool.checkInvariants()
        prefixes.checkInvariants()
        promptEnds.checkInvariants()
        var references = [Int](repeating: 0, count: pool.blockCount)
        var lastHolder = [Int](repeating: -1, count: pool.blockCount)
        for (holder, request) in requests.enumerated() {
            precondition(request.blockTable.count >= blocksNeeded(for: request.computedCount))
            for block in request.blockTable {
                precondition(lastHolder[block.index] != holder, "\(request.id) holds \(block) twice")
                lastHolder[block.index] = holder
                references[block.index] += 1
            }
        }
        for index in references.indices {
            let block = BlockID(index)
            precondition(pool.referenceCount(of: block) == references[index], "\(block) has lost or leaked a reference")
        }
    }
}
