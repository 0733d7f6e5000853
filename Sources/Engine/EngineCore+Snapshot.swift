// EngineCore+Snapshot.swift — what an onlooker is shown.
// Engine.

import Base

extension EngineCore {
    /// The engine as it is now, for one tenant's eyes. - Complexity: O(blocks + requests · their blocks).
    package func snapshot(_ query: EngineQuery) -> EngineSnapshot {
        let pool = scheduler.cache.pool
        var snapshot = EngineSnapshot(nanoseconds: time.nanoseconds(), statistics: statistics)
        snapshot.blocks.reserveCapacity(min(pool.blockCount, EngineSnapshot.maximumBlockCount))
        for index in 0..<pool.blockCount {
            let state = pool.state(of: BlockID(index))
            if state == .shared { snapshot.sharedBlockCount += 1 }
            if index < EngineSnapshot.maximumBlockCount { snapshot.blocks.append(state) }
        }
        snapshot.steps = stepLog.records
        let own = (scheduler.running + scheduler.waiting).filter { $0.tenant.id == query.tenant }
        snapshot.requests = own.prefix(EngineSnapshot.maximumRequestCount).map {
            view(of: $0, at: snapshot.nanoseconds)
        }
        let owner = scheduler.counters.records.first { $0.id == query.tenant }?.cacheOwner
        snapshot.block = query.block.flatMap { scheduler.cache.view(of: $0, owner: owner, own: own) }
        return snapshot
    }

    private func view(of request: Request, at now: UInt64) -> EngineSnapshot.RequestView {
        EngineSnapshot.RequestView(
            id: request.id,
            state: request.isPaused ? .paused : request.status == .running ? .running : .waiting,
            ageNanoseconds: now &- request.timings.arrivalNanoseconds, promptCount: request.promptCount,
            outputCount: request.outputCount, computedCount: request.computedCount,
            cachedTokenCount: request.cachedTokenCount ?? 0, draftedTokenCount: request.draftedTokenCount,
            acceptedTokenCount: request.acceptedTokenCount, blocks: request.blockTable)
    }
}

extension BlockPool {
    package func state(of block: BlockID) -> BlockState {
        switch referenceCount(of: block) {
        case 0: owner(of: block) == .nobody ? .free : .cached
        case 1: .used
        default: .shared
        }
    }
}

extension KVCacheManager {
    /// - Parameters:
    ///   - owner: whose eyes these are; nil for a tenant that never asked for anything.
    ///   - own: that tenant's requests.
    func view(of index: Int, owner: CacheOwner?, own: [Request]) -> EngineSnapshot.BlockView? {
        guard (0..<pool.blockCount).contains(index) else { return nil }
        let block = BlockID(index)
        var view = EngineSnapshot.BlockView(
            block: block, state: pool.state(of: block), referenceCount: pool.referenceCount(of: block))
        for request in own {
            guard let place = request.blockTable.firstIndex(of: block) else { continue }
            view.requests.append(request.id)
            // Guesses that were not verified are not the request's words.
            let end = min(request.computedCount, (place + 1) * tokensPerBlock)
            view.tokens = Array(request.tokens[min(place * tokensPerBlock, end)..<end])
        }
        // A prefix that nobody holds now is told to the tenant whose it is, and to nobody else.
        if view.tokens == nil, let owner, pool.owner(of: block) == owner {
            view.tokens = prefixes.tokens(of: block)
        }
        return view
    }
}
