// LogReader.swift — reads a write-ahead log up to where it was cut off.
// Retrieval › Store.  A torn tail is normal: the process died while writing what it had not acknowledged. Damage
// before records that were acknowledged is not, and is never passed over.

internal import Base

/// Little-endian:
///
///     0     "SWLTLOG1", UInt32 seed, UInt32 CRC32C of those 12 bytes
///     16    records: UInt32 CRC32C (seeded), UInt32 length, UInt64 number, UInt64 durable, payload
///
/// The seed is random for each file, so that a record of another file that the disk brings back cannot pass for one
/// of this. `number` counts by one. `durable` is the last record known to be on the disk when this one was written:
/// a bad record that a later one calls durable is damage; otherwise it is a tail that never got there.
enum LogLayout {
    static let magic = Array("SWLTLOG1".utf8)
    static let headerSize = 16
    static let recordHeaderSize = 24
    static let largestPayload = 1 << 30

    static func header(seed: UInt32) -> [UInt8] {
        var writer = ByteWriter()
        writer.raw(magic)
        writer.fixed(seed)
        writer.fixed(CRC32C.of(writer.bytes))
        return writer.bytes
    }

    static func record(_ payload: [UInt8], number: Int, durable: Int, seed: UInt32) -> [UInt8] {
        var writer = ByteWriter()
        writer.fixed(UInt32(payload.count))
        writer.fixed(UInt64(number))
        writer.fixed(UInt64(durable))
        writer.raw(payload)
        var record = ByteWriter()
        record.fixed(CRC32C.of(writer.bytes, seed: seed))
        return record.bytes + writer.bytes
    }
}

/// A record whose checksum holds.
private struct LogRecordHeader {
    let number: Int
    let durable: Int
    let payload: Range<Int>

    /// nil: no whole record begins here.
    init?(_ bytes: UnsafeRawBufferPointer, at offset: Int, seed: UInt32) {
        guard offset + LogLayout.recordHeaderSize <= bytes.count else { return nil }
        func word<Value: FixedWidthInteger>(_ place: Int, _: Value.Type) -> Value {
            Value(littleEndian: bytes.loadUnaligned(fromByteOffset: offset + place, as: Value.self))
        }
        let length = Int(word(4, UInt32.self))
        guard
            length <= LogLayout.largestPayload,
            let number = Int(exactly: word(8, UInt64.self)), let durable = Int(exactly: word(16, UInt64.self)),
            let payload = checkedRange(
                offset: offset + LogLayout.recordHeaderSize, count: length, limit: bytes.count)
        else { return nil }
        let covered = UnsafeRawBufferPointer(rebasing: bytes[(offset + 4)..<payload.upperBound])
        guard CRC32C.of(covered, seed: seed) == word(0, UInt32.self) else { return nil }
        self.number = number
        self.durable = durable
        self.payload = payload
    }
}

enum LogReader {
    struct Result {
        var seed: UInt32 = 0
        /// The last whole record; what came before the log if there is none.
        var lastNumber: Int
        /// Where the whole records end.
        var end = LogLayout.headerSize
        /// Bytes of a record that was being written when the process died.
        var tornByteCount = 0
    }

    /// Hands over the payloads of the records in order.
    ///
    /// - Parameter first: the number that the first record must have.
    /// - Throws: `FileError`, `IndexError.damagedLog`, and what `body` throws.
    static func read(
        _ path: String, first: Int, _ body: (UnsafeRawBufferPointer, Int) throws -> Void
    ) throws -> Result {
        let file = try MappedFile(path)
        return try withExtendedLifetime(file) {
            let bytes = file.bytes
            var result = Result(lastNumber: first - 1)
            // The header is durable before a manifest names the log.
            guard
                bytes.count >= LogLayout.headerSize,
                bytes[..<8].elementsEqual(LogLayout.magic),
                CRC32C.of(UnsafeRawBufferPointer(rebasing: bytes[..<12]))
                    == UInt32(littleEndian: bytes.loadUnaligned(fromByteOffset: 12, as: UInt32.self))
            else { throw IndexError.damagedLog(path, offset: 0) }
            result.seed = UInt32(littleEndian: bytes.loadUnaligned(fromByteOffset: 8, as: UInt32.self))
            while let record = LogRecordHeader(bytes, at: result.end, seed: result.seed),
                record.number == result.lastNumber + 1
            {
                try body(UnsafeRawBufferPointer(rebasing: bytes[record.payload]), record.number)
                result.lastNumber = record.number
                result.end = record.payload.upperBound
            }
            if knowsDurable(bytes, after: result) { throw IndexError.damagedLog(path, offset: result.end) }
            result.tornByteCount = bytes.count - result.end
            return result
        }
    }

    /// Whether a whole record further on says that the one missing at `result.end` had reached the disk.
    private static func knowsDurable(_ bytes: UnsafeRawBufferPointer, after result: Result) -> Bool {
        var offset = result.end + 1
        while offset + LogLayout.recordHeaderSize <= bytes.count {
            // The number is looked at first: few places hold a plausible one, and only those are summed up.
            let number = UInt64(littleEndian: bytes.loadUnaligned(fromByteOffset: offset + 8, as: UInt64.self))
            if number > UInt64(result.lastNumber), number < UInt64(result.lastNumber) + 1 << 32,
                let record = LogRecordHeader(bytes, at: offset, seed: result.seed)
            {
                if record.durable > result.lastNumber { return true }
                offset = record.payload.upperBound
            } else {
                offset += 1
            }
        }
        return false
    }
}
