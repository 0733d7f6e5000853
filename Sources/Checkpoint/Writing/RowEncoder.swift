// RowEncoder.swift — f32 rows into the formats that this program writes.
// Checkpoint › Writing.  Q8_0 and Q4_0: the arithmetic of ggml's reference (ggml-quants.c), so that blocks are equal
// to the byte.

package import Kernels

extension ElementType {
    /// The types that weights can be written in.
    package static let writable: [ElementType] = [.q8_0, .q4_0, .f16, .bf16, .f32]
}

/// A number that the wanted type cannot hold.
struct UnwritableNumber: Error {
    let value: Float
}

enum RowEncoder {
    /// Writes one row as `type` to `output`, which has room for it.
    ///
    /// - Precondition: `type` is writable and the row is whole blocks of it.
    /// - Throws: for infinities and NaNs, and for what is too large for f16 (f16 itself and the blocks' scales).
    static func encode(
        _ row: UnsafeBufferPointer<Float>, as type: ElementType, to output: UnsafeMutableRawPointer
    ) throws(UnwritableNumber) {
        precondition(row.count % type.blockSize == 0, "\(row.count) numbers are not whole blocks")
        if let value = row.first(where: { !$0.isFinite }) { throw UnwritableNumber(value: value) }
        switch type {
        case .f32:
            for (index, value) in row.enumerated() { store(value.bitPattern, output + 4 * index) }
        case .bf16:
            for (index, value) in row.enumerated() {
                let bits = bf16(value)
                // The largest f32 round to infinity.
                guard bits & 0x7f80 != 0x7f80 else { throw UnwritableNumber(value: value) }
                store(bits, output + 2 * index)
            }
        case .f16:
            for (index, value) in row.enumerated() { try store(f16: value, output + 2 * index) }
        case .q8_0:
            try forEachBlock(row, type, output) { block, output throws(UnwritableNumber) in try q8_0(block, output) }
        case .q4_0:
            try forEachBlock(row, type, output) { block, output throws(UnwritableNumber) in try q4_0(block, output) }
        default:
            preconditionFailure("\(type) is only read")
        }
    }

    /// 32 numbers: an f16 scale, then 32 signed bytes. The largest magnitude becomes ±127.
    private static func q8_0(
        _ block: UnsafeBufferPointer<Float>, _ output: UnsafeMutableRawPointer
    ) throws(UnwritableNumber) {
        var largest: Float = 0
        for value in block { largest = max(largest, abs(value)) }
        let scale = largest / 127
        let inverse = inverse(scale)
        try store(f16: scale, output)
        for (index, value) in block.enumerated() {
            output.storeBytes(
                of: Int8(truncatingIfNeeded: roundedAwayFromZero(value * inverse)), toByteOffset: 2 + index,
                as: Int8.self)
        }
    }

    /// 32 numbers: an f16 scale, then 16 bytes with number j in the low half and number j + 16 in the high one.
    ///
    /// The first number of the largest magnitude becomes −8, whatever its sign; its opposite is cut off at 7.
    private static func q4_0(
        _ block: UnsafeBufferPointer<Float>, _ output: UnsafeMutableRawPointer
    ) throws(UnwritableNumber) {
        var extreme: Float = 0
        for value in block where abs(value) > abs(extreme) { extreme = value }
        let scale = extreme / -8
        let inverse = inverse(scale)
        try store(f16: scale, output)
        for index in 0..<16 {
            let low = min(15, Int32(block[index] * inverse + 8.5))
            let high = min(15, Int32(block[index + 16] * inverse + 8.5))
            output.storeBytes(of: UInt8(truncatingIfNeeded: low | high << 4), toByteOffset: 2 + index, as: UInt8.self)
        }
    }

    // MARK: - Numbers

    private static func forEachBlock(
        _ row: UnsafeBufferPointer<Float>, _ type: ElementType, _ output: UnsafeMutableRawPointer,
        _ body: (UnsafeBufferPointer<Float>, UnsafeMutableRawPointer) throws(UnwritableNumber) -> Void
    ) throws(UnwritableNumber) {
        for index in 0..<row.count / type.blockSize {
            let block = row[index * type.blockSize..<(index + 1) * type.blockSize]
            try body(UnsafeBufferPointer(rebasing: block), output + index * type.bytesPerBlock)
        }
    }

    /// 1 / scale; 0 where that is infinite. Such a scale is 0 as f16, and so are all numbers of the block.
    private static func inverse(_ scale: Float) -> Float {
        let inverse = 1 / scale
        return inverse.isFinite ? inverse : 0
    }

    /// The nearest integer, halves away from zero. `rounded()` would be a library call for each number.
    private static func roundedAwayFromZero(_ value: Float) -> Int32 {
        let whole = Int32(value)
        let rest = value - Float(whole)
        return whole + (rest >= 0.5 ? 1 : rest <= -0.5 ? -1 : 0)
    }

    /// To nearest, ties to even.
    private static func bf16(_ value: Float) -> UInt16 {
        let bits = value.bitPattern
        return UInt16(truncatingIfNeeded: (bits &+ 0x7fff &+ (bits >> 16 & 1)) >> 16)
    }

    private static func store(f16 value: Float, _ output: UnsafeMutableRawPointer) throws(UnwritableNumber) {
        let half = Float16(value)
        guard half.isFinite else { throw UnwritableNumber(value: value) }
        store(half.bitPattern, output)
    }

    private static func store(_ bits: some FixedWidthInteger & BitwiseCopyable, _ output: UnsafeMutableRawPointer) {
        output.storeBytes(of: bits.littleEndian, as: type(of: bits).self)
    }
}
