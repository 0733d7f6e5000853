import Engine
import TestSupport
import Testing

@Suite struct `Block pool` {
    @Test func `hands out every block once and then none`() {
        var pool = BlockPool(blockCount: 3)
        let blocks = (0..<3).map { _ in pool.allocate()!.block }
        #expect(Set(blocks).count == 3)
        #expect(pool.allocate() == nil)
        #expect(pool.usedCount == 3)
        pool.checkInvariants()
    }

    @Test func `keeps a block until its last reference is gone`() {
        var pool = BlockPool(blockCount: 1)
        let block = pool.allocate()!.block
        pool.retain(block)
        pool.release(block)
        #expect(pool.freeCount == 0)
        pool.release(block)
        #expect(pool.freeCount == 1)
        pool.checkInvariants()
    }

    @Test func `reuses anonymous blocks first, then the cached block freed longest ago`() {
        var pool = BlockPool(blockCount: 4)
        let blocks = (0..<4).map { _ in pool.allocate()!.block }
        pool.markCached(blocks[0])
        pool.markCached(blocks[2])
        for block in [blocks[2], blocks[1], blocks[0], blocks[3]] { pool.release(block) }
        #expect(pool.freeCachedCount == 2)
        let order = (0..<4).map { _ in pool.allocate()! }
        #expect(order.map(\.block) == [blocks[3], blocks[1], blocks[2], blocks[0]])
        #expect(order.map(\.wasCached) == [false, false, true, true])
        pool.checkInvariants()
    }

    @Test func `gives a cached block back when its prefix is wanted again`() {
        var pool = BlockPool(blockCount: 3)
        let blocks = (0..<3).map { _ in pool.allocate()!.block }
        for block in blocks { pool.markCached(block) }
        for block in blocks { pool.release(block) }
        pool.retain(blocks[1])
        #expect(pool.freeCount == 2)
        #expect(pool.freeCachedCount == 2)
        #expect(pool.allocate()!.block == blocks[0])
        #expect(pool.allocate()!.block == blocks[2])
        pool.checkInvariants()
    }

    @Test func `stays consistent through 100,000 random operations`() {
        var generator = SeededGenerator(seed: 3)
        var pool = BlockPool(blockCount: 13)
        var held: [BlockID] = []
        for step in 0..<100_000 {
            switch Int.random(in: 0..<4, using: &generator) {
            case 0: if let block = pool.allocate()?.block { held.append(block) }
            case 1: if let block = held.randomElement(using: &generator) { pool.retain(block); held.append(block) }
            case 2: if let block = held.randomElement(using: &generator) { pool.markCached(block) }
            default:
                guard !held.isEmpty else { continue }
                pool.release(held.remove(at: Int.random(in: held.indices, using: &generator)))
            }
            #expect(pool.usedCount == Set(held).count)
            if step % 16 == 0 { pool.checkInvariants() }
        }
    }
}
