// VectorTable.swift — the vectors of an index: int8 rows to find candidates, f16 rows to put them in order.
// Retrieval › Vectors.  384 numbers take 388 bytes where the search walks and 768 where it only looks at the end.
// The int8 row is computed from the f16 one, so a table copied out of its f16 rows is the same table, bit for bit.

package import Base
internal import Kernels

/// Memory that outlives every reader and that nobody writes any more: a finished buffer or a mapped file.
///
/// `@unchecked Sendable`: whoever makes one has finished writing; all holders only read.
package final class FrozenBytes: @unchecked Sendable {
    package let bytes: UnsafeRawBufferPointer
    private let owner: AnyObject

    /// - Parameter owner: what keeps `bytes` alive.
    package init(_ bytes: UnsafeRawBufferPointer, owner: AnyObject) {
        self.bytes = bytes
        self.owner = owner
    }

    package convenience init(_ file: MappedFile) { self.init(file.bytes, owner: file) }
}

/// Immutable rows of unit vectors.
///
///     bytes   [N, W]   round(x / scale) as int8, stored `x ^ 0x80`
///     scales  [N]      the row's largest magnitude / 127
///     halves  [N, W]   f16
///
/// W is the dimension rounded up to 64; the rest of a row is zeros.
package final class VectorTable: Sendable {
    package let count: Int
    package let dimension: Int
    /// W.
    let width: Int
    /// `bytes`, then `scales`.
    package let coarse: FrozenBytes
    /// `halves`.
    package let fine: FrozenBytes

    var bytes_NW: UnsafePointer<UInt8> { coarse.bytes.baseAddress!.assumingMemoryBound(to: UInt8.self) }
    var scales_N: UnsafePointer<Float> {
        (coarse.bytes.baseAddress! + count * width).assumingMemoryBound(to: Float.self)
    }
    var halves_NW: UnsafePointer<UInt16> { fine.bytes.baseAddress!.assumingMemoryBound(to: UInt16.self) }

    /// A table over memory that has the layout above, such as two sections of a mapped file.
    ///
    /// - Throws: `VectorIndexError.wrongSize` when the sizes do not fit the counts, `.misaligned` when the memory does
    ///   not start at a multiple of 4.
    package init(count: Int, dimension: Int, coarse: FrozenBytes, fine: FrozenBytes) throws(VectorIndexError) {
        let sizes = try VectorTable.byteCounts(count: count, dimension: dimension)
        guard coarse.bytes.count == sizes.coarse else {
            throw .wrongSize(part: "int8 vectors", expected: sizes.coarse, found: coarse.bytes.count)
        }
        guard fine.bytes.count == sizes.fine else {
            throw .wrongSize(part: "f16 vectors", expected: sizes.fine, found: fine.bytes.count)
        }
        for (part, memory) in [("int8 vectors", coarse), ("f16 vectors", fine)] {
            guard UInt(bitPattern: memory.bytes.baseAddress) % 4 == 0, memory.bytes.baseAddress != nil else {
                throw .misaligned(part: part)
            }
        }
        self.count = count
        self.dimension = dimension
        self.width = VectorWidth.holding(dimension)!
        self.coarse = coarse
        self.fine = fine
    }

    /// Bytes of the two parts. An empty table still has one row's room, so that there is memory to point at.
    static func byteCounts(count: Int, dimension: Int) throws(VectorIndexError) -> (coarse: Int, fine: Int) {
        guard let width = VectorWidth.holding(dimension) else { throw .dimension(dimension) }
        guard count >= 0, count < Int(Int32.max) else { throw .tooMany(count) }
        // Below 2³¹ rows of 4,096 numbers no product leaves 64 bits.
        return (max(count, 1) * (width + 4), max(count, 1) * width * 2)
    }

    /// `query · row` from the f16 rows: what hits are ranked by.
    func score(_ query_W: [Float], _ ordinals: [UInt32], kernels: KernelSet) -> [Float] {
        precondition(query_W.count == width, "a query of \(query_W.count) numbers, rows of \(width)")
        return [Float](unsafeUninitializedCapacity: ordinals.count) { scores, initialized in
            if !ordinals.isEmpty {
                dotProducts(
                    of: query_W, withHalves: halves_NW, at: ordinals, count: ordinals.count, width: width,
                    into: scores.baseAddress!, kernels: kernels)
            }
            initialized = ordinals.count
        }
    }

    /// A row's f16 numbers, for copying it into another table.
    package func halves(of ordinal: Int) -> UnsafeBufferPointer<UInt16> {
        precondition(ordinal >= 0 && ordinal < count, "row \(ordinal) of \(count)")
        return UnsafeBufferPointer(start: halves_NW + ordinal * width, count: dimension)
    }
}
