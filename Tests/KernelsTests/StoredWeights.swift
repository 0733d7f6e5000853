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
            guard let (block, numbers) = Self.block(of: type, random: &random) else {
                bytes += type.randomBlock(&random)
                continue
            }
            bytes += block
            values += numbers
        }
        let owner = try SharedBuffer<UInt8>(count: bytes.count + misalignment)
        for (index, byte) in bytes.enumerated() { owner.baseAddress[misalignment + index] = byte }
        matrix = Matrix(
            type, rows: rows, columns: columns, pointer: UnsafeRawPointer(owner.baseAddress + misalignment),
            owner: owner)
        values_NK = values.isEmpty ? matrix.expanded(.portable) : values
    }

    /// Nil for the formats of quants.h: BlockFormatTests hold those against values that others decoded.
    private static func block(of type: ElementType, random: inout SplitMix) -> (bytes: [UInt8], values: [Float])? {
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
        default:
            return nil
        }
    }

    private static func littleEndian(_ bits: some FixedWidthInteger) -> [UInt8] {
        withUnsafeBytes(of: bits.littleEndian) { Array($0) }
    }
}

extension ElementType {
    /// Where a block keeps its f16 scale and, if it has one, its f16 minimum.
    private var halfOffsets: [Int] {
        switch self {
        case .q4_1, .q5_1, .q4_k, .q5_k: [0, 2]
        case .q2_k: [80, 82]
        case .q3_k: [108]
        case .q6_k: [208]
        default: [0]
        }
    }

    /// Any bytes are a block, if only its scales are numbers.
    func randomBlock(_ random: inout SplitMix) -> [UInt8] {
        var block = (0..<bytesPerBlock).map { _ in UInt8.random(in: 0...255, using: &random) }
        for offset in halfOffsets {
            let half = Float16(Float.random(in: -0.01..<0.01, using: &random)).bitPattern
            block[offset] = UInt8(truncatingIfNeeded: half)
            block[offset + 1] = UInt8(truncatingIfNeeded: half >> 8)
        }
        return block
    }
}

extension Matrix {
    /// All numbers, as one kernel version decodes them.
    func expanded(_ kernels: KernelSet) -> [Float] {
        [Float](unsafeUninitializedCapacity: rows * columns) { buffer, count in
            expand(rows: 0..<rows, into: buffer.baseAddress!, kernels: kernels)
            count = rows * columns
        }
    }
}
