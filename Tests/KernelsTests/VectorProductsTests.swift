// VectorProductsTests.swift — inner products with many rows, on every instruction set.

import Kernels
import TestSupport
import Testing

@Suite struct `Vector products` {
    @Test(arguments: KernelSet.available, [64, 128, 384, 4096])
    func `of bytes are exact, also at the ends of the range`(kernels: KernelSet, width: Int) {
        var random = SeededGenerator(seed: UInt64(width))
        let rowCount = 37
        var numbers = (0..<(rowCount + 1) * width).map { _ in Int8.random(in: -128...127, using: &random) }
        for column in 0..<width { (numbers[column], numbers[width + column]) = (-128, -128) }
        let stored = numbers.map { UInt8(bitPattern: $0) ^ 0x80 }
        let index = (0..<rowCount).map { _ in UInt32.random(in: 0...UInt32(rowCount), using: &random) }
        for query in [0, 1, rowCount] {
            func expected(_ row: Int) -> Int32 {
                (0..<width).reduce(0) { $0 + Int32(numbers[query * width + $1]) * Int32(numbers[row * width + $1]) }
            }
            var products = [Int32](repeating: 0, count: rowCount)
            stored.withUnsafeBufferPointer { table in
                let query_K = table.baseAddress! + query * width
                dotProducts(
                    ofBytes: query_K, with: table.baseAddress!, at: index, count: rowCount, width: width,
                    into: &products, kernels: kernels)
                #expect(products == index.map { expected(Int($0)) })
                dotProducts(
                    ofBytes: query_K, with: table.baseAddress!, at: nil, count: rowCount, width: width,
                    into: &products, kernels: kernels)
                #expect(products == (0..<rowCount).map(expected))
            }
        }
    }

    @Test(arguments: KernelSet.available)
    func `of halves agree with f64`(kernels: KernelSet) {
        var random = SeededGenerator(seed: 5)
        let width = 384
        let query = (0..<width).map { _ in Float.random(in: -1...1, using: &random) }
        let rows = (0..<5 * width).map { _ in Float16.random(in: -1...1, using: &random) }
        let index: [UInt32] = [4, 0, 2]
        var products = [Float](repeating: 0, count: 3)
        dotProducts(
            of: query, withHalves: rows.map(\.bitPattern), at: index, count: 3, width: width, into: &products,
            kernels: kernels)
        for (place, row) in index.enumerated() {
            let exact = (0..<width).reduce(0.0) { $0 + Double(query[$1]) * Double(rows[Int(row) * width + $1]) }
            #expect(abs(Double(products[place]) - exact) < 1e-4)
        }
    }
}
