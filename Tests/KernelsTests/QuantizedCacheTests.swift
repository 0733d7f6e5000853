// QuantizedCacheTests.swift — what an int8 cache may change, and what it must not hide.

import Kernels
import Testing

@Suite struct `An int8 cache` {
    /// A key's score is off by at most δ = scale · Σ|q| · max|k| / 254; so softmax weights are off by a factor of at
    /// most e^2δ, and the values by max|v| / 254. Both together: max|v| · (1/254 + e^2δ − 1).
    @Test(arguments: KernelSet.available, [1, 17, 256, 700])
    func `stays within its error bound`(kernels: KernelSet, context: Int) throws {
        var random = SplitMix(21)
        let pool = ThreadPool(threadCount: 2, kernels: kernels)
        let (heads, kvHeads, width) = (6, 2, 48)
        let cache = try PagedCache(
            .int8, headCount: kvHeads, headWidth: width, context: context, pool: pool, random: &random)
        let query = random.floats(heads * width)
        let found = try cache.attend(query, first: context - 1, headCount: heads, pool: pool)
        let exact = cache.reference(query, first: context - 1, headCount: heads, exact: true)
        for head in 0..<heads {
            let columns = head * width..<(head + 1) * width
            let largestKey = Double(cache.key[0].map(abs).max()!)
            let largestValue = Double(cache.value[0].map(abs).max()!)
            let querySum = query[columns].reduce(0) { $0 + Double(abs($1)) }
            let scoreError = Double(cache.scale) * querySum * largestKey / 254
            let bound = largestValue * (1.0 / 254 + exponential(2 * scoreError) - 1)
            let worst = columns.map { abs(Double(found[$0]) - exact[$0]) }.max()!
            #expect(worst <= bound, "head \(head)")
            // The bound is not so loose that anything would pass.
            #expect(worst > 1e-5 && bound < 0.3, "head \(head): \(worst), \(bound)")
        }
    }

    @Test func `holds the same bytes in every instruction set`() throws {
        let images = try KernelSet.available.map { kernels in
            var random = SplitMix(22)
            let cache = try PagedCache(
                .int8, headCount: 3, headWidth: 20, context: 40,
                pool: ThreadPool(threadCount: 1, kernels: kernels), random: &random)
            return (0..<cache.keys.count).map { [cache.keys.baseAddress[$0], cache.values.baseAddress[$0]] }
        }
        for image in images { #expect(image == images[0]) }
    }

    @Test(arguments: KernelSet.available, [Float.nan, .infinity, -.infinity])
    func `keeps a number that is not finite visible`(kernels: KernelSet, number: Float) throws {
        try withStored([0.5, number, -0.25, 1], kernels) { _, scale in #expect(scale.isNaN) }
    }

    @Test(arguments: KernelSet.available)
    func `keeps zeros, tiny and huge numbers`(kernels: KernelSet) throws {
        try withStored([0, -0, 0, 0], kernels) { integers, scale in
            #expect(integers == [0, 0, 0, 0] && scale == 0)
        }
        // The reciprocal of such a scale would overflow.
        try withStored([0x1p-133, -0x1p-149, 0, 0], kernels) { integers, scale in
            #expect(integers == [0, 0, 0, 0] && scale == 0)
        }
        try withStored([.greatestFiniteMagnitude, -.greatestFiniteMagnitude, 1, 1e38], kernels) { integers, scale in
            #expect(integers == [127, -127, 0, 37] && scale == .greatestFiniteMagnitude / 127)
        }
        // Ties go to the even integer: 0.5, 1.5, 2.5 of a scale of 1.
        try withStored([127, 0.5, 1.5, -2.5], kernels) { integers, scale in
            #expect(integers == [127, 0, 2, -2] && scale == 1)
        }
    }

    /// Stores one token's key and value, both `numbers`, and shows what became of either.
    private func withStored(
        _ numbers: [Float], _ kernels: KernelSet, _ check: (_ integers: [Int8], _ scale: Float) -> Void
    ) throws {
        let byteCount = 16 * CacheType.int8.byteCount(headWidth: numbers.count)
        let (keys, values) = (try SharedBuffer<UInt8>(count: byteCount), try SharedBuffer<UInt8>(count: byteCount))
        let layer = KVLayer(
            keys: keys.baseAddress, values: values.baseAddress, elementType: .int8, blockCount: 1,
            tokensPerBlock: 16, headCount: 1, headWidth: numbers.count)
        numbers.withUnsafeBufferPointer { numbers in
            let row = MatrixView(numbers.baseAddress!, rows: 1, columns: numbers.count)
            storeKeysValues(
                keys: row, values: row, slotMapping: [3], into: layer,
                pool: ThreadPool(threadCount: 1, kernels: kernels))
        }
        for (buffer, step, first) in [(keys, 16, 3), (values, 1, 3 * numbers.count)] {
            let bytes = UnsafeRawPointer(buffer.baseAddress)
            let integers = numbers.indices.map { bytes.load(fromByteOffset: first + $0 * step, as: Int8.self) }
            check(integers, bytes.load(fromByteOffset: 16 * numbers.count + 4 * 3, as: Float.self))
        }
    }
}
