// OpenBLASTests.swift — the other library as a second opinion, and as the fast path.

import Kernels
import Testing

private let isInstalled = (try? OpenBLAS.load()) != nil

@Suite(.enabled(if: isInstalled, "libopenblas.so.0 is not installed"))
struct `Fast numerics` {
    @Test(arguments: [1, 15, 16, 64])
    func `agree with the reproducible ones to rounding`(rows: Int) throws {
        var random = SplitMix(41)
        let product = try Product(.f32, rows: rows, inputs: 300, outputs: 70, random: &random)
        let pool = ThreadPool(threadCount: 3)
        let bias = random.floats(70)
        let old = random.floats(rows * 70)
        let exact = product.run(pool, bias: bias, old: old)
        let fast = product.run(pool, bias: bias, old: old, numerics: .fast)
        for (found, expected) in zip(fast, exact) { #expect(abs(found - expected) < 1e-4) }
        // Few rows take our own kernels.
        if rows < 16 { #expect(fast == exact) }
    }

    @Test func `leave other weights reproducible`() throws {
        var random = SplitMix(42)
        let product = try Product(.f16, rows: 40, inputs: 64, outputs: 20, random: &random)
        let pool = ThreadPool(threadCount: 1)
        #expect(product.run(pool, numerics: .fast) == product.run(pool))
    }
}
