// VectorTableBuilder.swift — takes vectors one by one and makes a VectorTable of them.
// Retrieval › Vectors.

internal import Kernels

/// Collects rows of f16; `finish` computes the int8 rows from them.
package struct VectorTableBuilder {
    package let dimension: Int
    private let width: Int
    private var halves_NW: [UInt16] = []

    /// - Throws: `VectorIndexError.dimension`.
    package init(dimension: Int, expecting count: Int = 0) throws(VectorIndexError) {
        guard let width = VectorWidth.holding(dimension) else { throw .dimension(dimension) }
        self.dimension = dimension
        self.width = width
        halves_NW.reserveCapacity(count * width)
    }

    package var count: Int { halves_NW.count / width }

    /// Adds a vector; it is stored at unit length, so that an inner product is a cosine.
    package mutating func append(_ vector: [Float]) throws(VectorIndexError) {
        let row = count
        guard vector.count == dimension else {
            throw .wrongLength(row: row, expected: dimension, found: vector.count)
        }
        guard let unit = unitVector(vector) else { throw .notFinite(row: row) }
        for number in unit { halves_NW.append(Float16(number).bitPattern) }
        pad()
    }

    /// Adds a row as `halves(of:in:)` gave it: no rounding happens twice.
    package mutating func append(halves: UnsafeBufferPointer<UInt16>) throws(VectorIndexError) {
        let row = count
        guard halves.count == dimension else {
            throw .wrongLength(row: row, expected: dimension, found: halves.count)
        }
        // A half with all exponent bits set is infinite or no number.
        guard halves.allSatisfy({ $0 & 0x7C00 != 0x7C00 }), halves.contains(where: { $0 & 0x7FFF != 0 }) else {
            throw .notFinite(row: row)
        }
        halves_NW.append(contentsOf: halves)
        pad()
    }

    private mutating func pad() {
        for _ in dimension..<width { halves_NW.append(0) }
    }

    /// - Throws: `VectorIndexError.tooMany`, `.outOfMemory`.
    package consuming func finish() throws(VectorIndexError) -> VectorTable {
        let count = count
        let sizes = try VectorTable.byteCounts(count: count, dimension: dimension)
        let coarse: SharedBuffer<UInt8>
        let fine: SharedBuffer<UInt16>
        do {
            coarse = try SharedBuffer(count: sizes.coarse)
            fine = try SharedBuffer(count: sizes.fine / 2)
        } catch {
            throw .outOfMemory(error.description)
        }
        let scales_N = UnsafeMutableRawPointer(coarse.baseAddress + count * width)
            .bindMemory(to: Float.self, capacity: max(count, 1))
        halves_NW.withUnsafeBufferPointer { halves in
            guard let start = halves.baseAddress, count > 0 else { return }
            fine.baseAddress.update(from: start, count: halves.count)
            for row in 0..<count {
                scales_N[row] = ByteRow.quantise(
                    halves: start + row * width, width: width, into: coarse.baseAddress + row * width)
            }
        }
        return try VectorTable(
            count: count, dimension: dimension,
            coarse: FrozenBytes(UnsafeRawBufferPointer(coarse.buffer.elements), owner: coarse),
            fine: FrozenBytes(UnsafeRawBufferPointer(fine.buffer.elements), owner: fine))
    }
}

/// The vector at length 1; nil if its length is zero or not finite.
func unitVector(_ vector: [Float]) -> [Float]? {
    var squares = 0.0
    for number in vector { squares += Double(number) * Double(number) }
    guard squares.isFinite, squares > 0 else { return nil }
    let inverse = 1 / squares.squareRoot()
    return vector.map { Float(Double($0) * inverse) }
}

/// One row as bytes.
enum ByteRow {
    /// Writes `round(x / scale) ^ 0x80` for every number and returns the scale, the largest magnitude / 127.
    static func quantise(_ numbers: UnsafePointer<Float>, width: Int, into row: UnsafeMutablePointer<UInt8>) -> Float {
        var largest: Float = 0
        for index in 0..<width { largest = max(largest, numbers[index].magnitude) }
        guard largest > 0 else {
            row.update(repeating: 0x80, count: width)
            return 0
        }
        let inverse = 127 / largest
        for index in 0..<width {
            let rounded = (numbers[index] * inverse).rounded(.toNearestOrEven)
            row[index] = UInt8(bitPattern: Int8(max(-127, min(127, rounded)))) ^ 0x80
        }
        return largest / 127
    }

    static func quantise(halves: UnsafePointer<UInt16>, width: Int, into row: UnsafeMutablePointer<UInt8>) -> Float {
        withUnsafeTemporaryAllocation(of: Float.self, capacity: width) { numbers in
            for index in 0..<width { numbers[index] = Float(Float16(bitPattern: halves[index])) }
            return quantise(numbers.baseAddress!, width: width, into: row)
        }
    }
}
