// ByteWriter.swift — little-endian numbers, short integers and texts into bytes, and back out of them.
// Retrieval › Store.  The way back is an extension of Base's ByteReader: every read is checked against the end.

internal import Base

struct ByteWriter {
    private(set) var bytes: [UInt8] = []

    mutating func fixed<Value: FixedWidthInteger>(_ value: Value) {
        withUnsafeBytes(of: value.littleEndian) { bytes.append(contentsOf: $0) }
    }

    /// Seven bits a byte, the lowest first; the top bit says that more follow.
    mutating func varint(_ value: Int) {
        var rest = UInt64(value)
        while rest >= 0x80 {
            bytes.append(UInt8(truncatingIfNeeded: rest) | 0x80)
            rest >>= 7
        }
        bytes.append(UInt8(rest))
    }

    mutating func run(_ run: some Collection<UInt8>) {
        varint(run.count)
        bytes.append(contentsOf: run)
    }

    mutating func text(_ text: String) { run(Array(text.utf8)) }

    mutating func raw(_ run: some Collection<UInt8>) { bytes.append(contentsOf: run) }
}

extension ByteReader {
    /// - Throws: `EndOfBytes`, also for a number that does not fit 62 bits.
    mutating func readVarint() throws(EndOfBytes) -> Int {
        var value: UInt64 = 0
        for shift in stride(from: UInt64(0), to: 63, by: 7) {
            let byte = try read(UInt8.self)
            value |= UInt64(byte & 0x7F) << shift
            if byte < 0x80 {
                guard value < 1 << 62 else { break }
                return Int(value)
            }
        }
        throw EndOfBytes(offset: position, needed: 1)
    }

    mutating func readRun() throws(EndOfBytes) -> UnsafeRawBufferPointer { try readBytes(try readVarint()) }

    mutating func readText() throws(EndOfBytes) -> String { String(decoding: try readRun(), as: UTF8.self) }

    /// A count of things that each take at least one more byte, so that a damaged count cannot ask for gigabytes.
    mutating func readCount() throws(EndOfBytes) -> Int {
        let count = try readVarint()
        guard count <= remaining else { throw EndOfBytes(offset: position, needed: count) }
        return count
    }
}
