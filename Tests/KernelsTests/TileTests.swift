// TileTests.swift — integer products of many rows by AMX against the same products without it.

import Kernels
import Testing

/// Nothing to compare on a CPU without AMX, or under a system that does not save its registers.
@Suite(.enabled(if: KernelSet.available.contains(.amx))) struct `Tiles of AMX` {
    /// Whole tiles, a last one that overlaps, rows left for the small tile, more rows than are taken at a time.
    static let rowCounts = [15, 16, 17, 19, 20, 31, 32, 35, 36, 64, 257, 275, 300]
    /// One block and more, odd and even; the last is more than a tile's weights have room for.
    static let widths = [32, 64, 96, 160, 576, 2080]

    @Test(arguments: `Panel product`.types, widths)
    func `give the bits of the product without them`(type: ElementType, inputs: Int) throws {
        var random = SplitMix(11)
        for rows in Self.rowCounts {
            for outputs in [1, 16, 33, 50] {
                let product = try PanelProduct(type, rows: rows, inputs: inputs, outputs: outputs, random: &random)
                let tiled = try product.run(.amx)
                #expect(try product.run(.avx512) == tiled, "\(rows) × \(outputs)")
            }
        }
    }

    @Test(arguments: `Panel product`.types)
    func `give the sum that the definition says`(type: ElementType) throws {
        var random = SplitMix(12)
        let product = try PanelProduct(type, rows: 41, inputs: 96, outputs: 20, random: &random)
        #expect(try product.run(.amx) == product.defined(fused: true))
    }
}
