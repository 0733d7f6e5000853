// KnownVectors.swift — vectors that were computed before: a file beside the texts, so that only changed ones cost time.
// Retrieval › Ingest.  Texts are known by their hash: a changed text is unknown, a moved one is not.

internal import Base

/// The vectors of some texts, by one encoder. As bytes:
///
///     "SWIVECTS", u32 version, text fingerprint, varint dimension D, varint texts N
///     N × { 16 bytes hash of the text, f32 scale, D × i8 }        ascending by hash; number = scale · i8
///     u32 CRC-32C of all the above
///
/// Eight bits turn a vector by less than a hundredth of a radian: the angle's cosine stays above .9999.
package struct KnownVectors: Sendable {
    private static let magic = Array("SWIVECTS".utf8)
    private static let version: UInt32 = 1
    private static let largestNumber: Float = 127

    private struct Row: Sendable {
        let scale: Float
        let numbers: [Int8]
    }

    /// The encoder's: `Embedder.fingerprint`.
    package let fingerprint: String
    package let dimension: Int
    private var rows: [Hash128: Row] = [:]

    package var count: Int { rows.count }

    package init(fingerprint: String, dimension: Int) {
        self.fingerprint = fingerprint
        self.dimension = dimension
    }

    /// The text's vector, of length 1; nil if it is not known.
    package subscript(text: String) -> [Float]? {
        guard let row = rows[Self.hash(text)] else { return nil }
        return row.numbers.map { Float($0) * row.scale }
    }

    /// Takes a text's vector over from others of the same encoder.
    /// - Returns: whether it is there now.
    package mutating func take(_ text: String, from others: KnownVectors?) -> Bool {
        let hash = Self.hash(text)
        if let others, others.fingerprint == fingerprint, others.dimension == dimension, let row = others.rows[hash] {
            rows[hash] = row
        }
        return rows[hash] != nil
    }

    /// Keeps a vector in 8 bits. One of zeros, or with a number that is none, is not kept.
    package mutating func insert(_ vector: [Float], of text: String) {
        precondition(vector.count == dimension, "a vector of \(vector.count) numbers among those of \(dimension)")
        let largest = vector.reduce(0) { max($0, abs($1)) }
        guard largest > 0, vector.allSatisfy(\.isFinite) else { return }
        let numbers = vector.map { Int8(($0 / largest * Self.largestNumber).rounded()) }
        // The scale that gives the rounded numbers length 1.
        let square = numbers.reduce(0) { $0 + Int($1) * Int($1) }
        rows[Self.hash(text)] = Row(scale: 1 / Float(square).squareRoot(), numbers: numbers)
    }

    // MARK: - The file

    /// nil if there is no file.
    /// - Throws: `FileError`; `KnownVectorsFault` for a file that is damaged or of another version.
    package init?(ifThereAt path: String) throws {
        let file: MappedFile
        do { file = try MappedFile(path) } catch {
            guard error.isMissing else { throw error }
            return nil
        }
        do {
            try self.init(file.bytes)
        } catch {
            throw KnownVectorsFault(description: "\(path): \(error)")
        }
        withExtendedLifetime(file) {}
    }

    private init(_ bytes: UnsafeRawBufferPointer) throws {
        guard bytes.count > 4 else { throw KnownVectorsFault(description: "it is cut off") }
        let summed = UnsafeRawBufferPointer(rebasing: bytes.dropLast(4))
        var reader = ByteReader(summed)
        guard try reader.readBytes(min(Self.magic.count, reader.remaining)).elementsEqual(Self.magic) else {
            throw KnownVectorsFault(description: "it is no file of vectors")
        }
        let sum = UInt32(littleEndian: bytes.loadUnaligned(fromByteOffset: summed.count, as: UInt32.self))
        guard CRC32C.of(summed) == sum else { throw KnownVectorsFault(description: "its checksum differs") }
        let version = try reader.read(UInt32.self)
        guard version == Self.version else {
            throw KnownVectorsFault(description: "its version is \(version), this program reads \(Self.version)")
        }
        // The checksum stood before this: what follows is a guard against our own mistakes.
        fingerprint = try reader.readText()
        dimension = try reader.readCount()
        let count = try reader.readCount()
        rows.reserveCapacity(count)
        for _ in 0..<count {
            let hash = Hash128(low: try reader.read(UInt64.self), high: try reader.read(UInt64.self))
            rows[hash] = Row(
                scale: try reader.readFloat(), numbers: try reader.readBytes(dimension).map { Int8(bitPattern: $0) })
        }
    }

    /// Replaces the file, or leaves it as it is.
    /// - Throws: `FileError`.
    package func write(to path: String) throws {
        var writer = ByteWriter()
        writer.raw(Self.magic)
        writer.fixed(Self.version)
        writer.text(fingerprint)
        writer.varint(dimension)
        writer.varint(count)
        for (hash, row) in rows.sorted(by: { ($0.key.high, $0.key.low) < ($1.key.high, $1.key.low) }) {
            writer.fixed(hash.low)
            writer.fixed(hash.high)
            writer.fixed(row.scale.bitPattern)
            writer.raw(row.numbers.map { UInt8(bitPattern: $0) })
        }
        writer.fixed(CRC32C.of(writer.bytes))
        let bytes = writer.bytes
        try AtomicFile.write(to: path) { file in try file.write(bytes) }
    }

    private static func hash(_ text: String) -> Hash128 {
        var hash = SipHash128(key: SipHashKey(0x6b6e_6f77_6e00, 0x7665_6374_6f72))
        hash.append(Array(text.utf8))
        return hash.finish()
    }
}

/// A file of vectors cannot be used.
package struct KnownVectorsFault: Error, Equatable, CustomStringConvertible {
    package let description: String
}
