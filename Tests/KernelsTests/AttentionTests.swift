// AttentionTests.swift — paged attention against a plain f64 softmax, and its promise of bits.

import Kernels
import Testing

@Suite struct `Paged attention` {
    static let contexts = [1, 15, 16, 17, 255, 256, 257, 700]

    @Test(arguments: KernelSet.available, CacheType.allCases)
    func `agrees with a plain softmax`(kernels: KernelSet, type: CacheType) throws {
        var random = SplitMix(11)
        let pool = ThreadPool(threadCount: 2, kernels: kernels)
        for (index, width) in [8, 16, 48, 64, 80, 128].enumerated() {
            let (heads, kvHeads) = [(1, 1), (4, 4), (6, 2), (9, 3), (8, 1), (40, 2)][index]
            for context in Self.contexts {
                let cache = try PagedCache(
                    type, headCount: kvHeads, headWidth: width, context: context, pool: pool, random: &random)
                // The last rows of the sequence, as a chunk of a prompt.
                let rows = min(3, context)
                let query = random.floats(rows * heads * width)
                let found = try cache.attend(query, first: context - rows, headCount: heads, pool: pool)
                let expected = cache.reference(query, first: context - rows, headCount: heads)
                let worst = zip(found, expected).map { abs(Double($0) - $1) }.max() ?? 0
                #expect(worst < 2e-5, "width \(width), context \(context)")
            }
        }
    }

    @Test(arguments: KernelSet.available, CacheType.allCases)
    func `gives a row the same bits however the prompt is chunked`(kernels: KernelSet, type: CacheType) throws {
        var random = SplitMix(12)
        let (heads, width, context) = (6, 48, 530)
        let cache = try PagedCache(
            type, headCount: 2, headWidth: width, context: context,
            pool: ThreadPool(threadCount: 1, kernels: kernels), random: &random)
        let query = random.floats(context * heads * width)
        let whole = try cache.attend(
            query, first: 0, headCount: heads, pool: ThreadPool(threadCount: 1, kernels: kernels))
        for chunk in [1, 2, 7, 16, 100, 529] {
            for threadCount in [1, 2, 3] {
                // Few rows, many threads: the segments are spread and merged afterwards.
                let pool = ThreadPool(threadCount: threadCount, kernels: kernels)
                for first in stride(from: 0, to: context, by: chunk) where chunk > 1 || first % 37 == 0 {
                    let end = min(first + chunk, context)
                    let columns = heads * width
                    let part = try cache.attend(
                        Array(query[first * columns..<end * columns]), first: first, headCount: heads, pool: pool)
                    #expect(part == Array(whole[first * columns..<end * columns]))
                }
            }
        }
    }

    @Test(arguments: KernelSet.available, [Float(0.3), 2, 50])
    func `bends scores to a soft cap`(kernels: KernelSet, cap: Float) throws {
        var random = SplitMix(19)
        for threadCount in [1, 3] {
            let pool = ThreadPool(threadCount: threadCount, kernels: kernels)
            var cache = try PagedCache(.f32, headCount: 2, headWidth: 48, context: 530, pool: pool, random: &random)
            let query = random.floats(3 * 6 * 48)
            let plain = try cache.attend(query, first: 527, headCount: 6, pool: pool)
            cache.softCap = cap
            let found = try cache.attend(query, first: 527, headCount: 6, pool: pool)
            let expected = cache.reference(query, first: 527, headCount: 6)
            let worst = zip(found, expected).map { abs(Double($0) - $1) }.max() ?? 0
            #expect(worst < 2e-5)
            #expect(found != plain)
        }
    }

    @Test(arguments: KernelSet.available, [1, 2, 15, 16, 17, 100, 255, 256, 257, 400, 1000])
    func `sees no further back than its window`(kernels: KernelSet, window: Int) throws {
        var random = SplitMix(16)
        let (heads, width, context) = (6, 48, 700)
        for threadCount in [1, 3] {
            let pool = ThreadPool(threadCount: threadCount, kernels: kernels)
            let cache = try PagedCache(
                .f16, headCount: 2, headWidth: width, context: context, pool: pool, random: &random)
            for first in [0, 250, 511, 690] {
                let query = random.floats(9 * heads * width)
                let found = try cache.attend(query, first: first, headCount: heads, window: window, pool: pool)
                let expected = cache.reference(query, first: first, headCount: heads, window: window)
                let worst = zip(found, expected).map { abs(Double($0) - $1) }.max() ?? 0
                #expect(worst < 2e-5, "position \(first)")
            }
            // What lies before the window is never added, whatever it is.
            let query = random.floats(heads * width)
            let before = try cache.attend(query, first: 699, headCount: heads, window: window, pool: pool)
            cache.poison(0..<max(0, context - window))
            #expect(try cache.attend(query, first: 699, headCount: heads, window: window, pool: pool) == before)
        }
    }

    @Test(arguments: KernelSet.available, [1, 20, 100, 256, 300])
    func `gives a windowed row the same bits however the prompt is chunked`(kernels: KernelSet, window: Int) throws {
        var random = SplitMix(17)
        let (heads, width, context) = (6, 16, 530)
        let columns = heads * width
        let single = ThreadPool(threadCount: 1, kernels: kernels)
        let cache = try PagedCache(
            .f16, headCount: 2, headWidth: width, context: context, pool: single, random: &random)
        let query = random.floats(context * columns)
        let whole = try cache.attend(query, first: 0, headCount: heads, window: window, pool: single)
        for (chunk, threadCount) in [(1, 1), (1, 3), (7, 2), (16, 1), (100, 2)] {
            let pool = ThreadPool(threadCount: threadCount, kernels: kernels)
            for first in stride(from: 0, to: context, by: chunk) where chunk > 1 || first % 7 == 0 {
                let range = first * columns..<min(first + chunk, context) * columns
                let part = try cache.attend(
                    Array(query[range]), first: first, headCount: heads, window: window, pool: pool)
                #expect(part == Array(whole[range]), "chunk \(chunk), position \(first)")
            }
        }
    }

    @Test(arguments: KernelSet.available)
    func `does not depend on where the blocks lie or on the block size`(kernels: KernelSet) throws {
        let (heads, width, context) = (4, 64, 300)
        let pool = ThreadPool(threadCount: 1, kernels: kernels)
        var results: [[Float]] = []
        for (placement, tokensPerBlock) in [(1, 16), (2, 16), (3, 32), (4, 64), (5, 256)] {
            // The same numbers each time; only the order of the blocks differs.
            var random = SplitMix(13)
            let cache = try PagedCache(
                .f16, headCount: 2, headWidth: width, context: context, tokensPerBlock: tokensPerBlock,
                placement: UInt64(placement), pool: pool, random: &random)
            results.append(
                try cache.attend(random.floats(5 * heads * width), first: 295, headCount: heads, pool: pool))
        }
        for result in results { #expect(result == results[0]) }
    }

    @Test(arguments: KernelSet.available)
    func `gives a row the same bits in a batch of several requests`(kernels: KernelSet) throws {
        var random = SplitMix(14)
        let (heads, width) = (4, 32)
        let columns = heads * width
        let pool = ThreadPool(threadCount: 2, kernels: kernels)
        let lengths = [5, 270, 16, 33, 600]
        let cache = try PagedCache(
            .f16, headCount: 2, headWidth: width, contexts: lengths, pool: pool, random: &random)
        // The last two rows of each request, together and then alone.
        let rows = lengths.indices.flatMap { request in
            [2, 1].map { (request: request, position: lengths[request] - $0) }
        }
        let query = random.floats(rows.count * columns)
        let together = try cache.attend(query, rows: rows, headCount: heads, pool: pool)
        for index in rows.indices {
            let slice = index * columns..<(index + 1) * columns
            let alone = try cache.attend(Array(query[slice]), rows: [rows[index]], headCount: heads, pool: pool)
            #expect(alone == Array(together[slice]), "row \(index)")
        }
    }

    @Test(arguments: KernelSet.available, CacheType.allCases)
    func `stores keys feature by feature and values token by token`(kernels: KernelSet, type: CacheType) throws {
        var random = SplitMix(15)
        let pool = ThreadPool(threadCount: 1, kernels: kernels)
        let (heads, width, tokens) = (3, 20, 16)
        let cache = try PagedCache(
            type, headCount: heads, headWidth: width, context: 21, pool: pool, random: &random)
        let (keys, values) = (cache.rounded(cache.key[0]), cache.rounded(cache.value[0]))
        for position in 0..<21 {
            let block = Int(cache.tables[0][position / tokens])
            let offset = position % tokens
            for head in 0..<heads {
                let scale = cache.scaleBytes(block, head, offset)
                for feature in 0..<width {
                    let source = (position * heads + head) * width + feature
                    #expect(
                        cache.stored(cache.keys, cache.keyBytes(block, head, offset, feature), scale: scale)
                            == keys[source])
                    #expect(
                        cache.stored(cache.values, cache.valueBytes(block, head, offset, feature), scale: scale)
                            == values[source])
                }
            }
        }
    }
}
