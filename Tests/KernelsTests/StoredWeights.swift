// StoredWeights.swift — a random weight matrix in any stored type, at any alignment, with its exact f32 values.

import Kernels

struct StoredWeights {
    let matrix: Matrix
    /// The numbers that the stored bytes mean.
    let values_NK: [Float]

    /// `misalignment` bytes after a 64-byte boundary.
    init(_ type: ElementType, rows: Int, columns: Int, misalignment: Int = 0, random: inout SplitMix) throws {
        var bytes: [UInt8] = []
        var values: [Float] = []
        for _ in 0..<rows * columns / type.blockSize {
            let (block, numbers) = Self.block(of: type, random: &random)
            bytes += block
            values += numbers
        }
        let owner = try SharedBuffer<UInt8>(count: bytes.count + misalignment)
        for (index, byte) in bytes.enumerated() { owner.baseAddress[misalignment + index] = byte }
        matrix = Matrix(
            type, rows: rows, columns: columns, pointer: UnsafeRawPointer(owner.baseAddress + misalignment),
            owner: owner)
        values_NK = values
    }

    private static func block(of type: ElementType, random: inout SplitMix) -> (bytes: [UInt8], values: [Float]) {
        let number = Float.random(in: -1..<1, using: &random)
        switch type {
        case .f32:
            return (littleEndian(number.bitPattern), [number])
        case .f16:
            let half = Float16(number)
            return (littleEndian(half.bitPattern), [Float(half)])
        case .bf16:
            let bits = UInt16(truncatingIfNeeded: number.bitPattern >> 16)
            return (littleEndian(bits), [Float(bitPattern: UInt32(bits) << 16)])
        case .q8_0:
            let scale = Float16(number / 64)
            let integers = (0..<32).map { _ in Int8.random(in: -128...127, using: &random) }
            return (
                littleEndian(scale.bitPattern) + integers.map { UInt8(bitPattern: $0) },
                integers.map { Float($0) * Float(scale) }
            )
        }
    }

    private static func littleEndian(_ bits: some FixedWidthInteger) -> [UInt8] {
        withUnsafeBytes(of: bits.littleEndian) { Array($0) }
    }
}
