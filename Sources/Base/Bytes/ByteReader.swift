// ByteReader.swift — little-endian numbers and byte runs from untrusted memory.
// Base › Bytes.  Drives the GGUF parser. Every read is checked against the end.

/// Reads forward through bytes that it does not own.
package struct ByteReader {
    /// The bytes ended before the value that was to be read.
    package struct EndOfBytes: Error, Equatable {
        package let offset: Int
        package let needed: Int

        package init(offset: Int, needed: Int) {
            self.offset = offset
            self.needed = needed
        }
    }

    private let bytes: UnsafeRawBufferPointer
    /// Offset of the next byte, from the start of the bytes.
    package private(set) var position = 0

    /// - Precondition: `bytes` outlives the reader.
    package init(_ bytes: UnsafeRawBufferPointer) { self.bytes = bytes }

    package var remaining: Int { bytes.count - position }

    /// A fixed-width integer, little-endian, at any alignment.
    package mutating func read<Value: FixedWidthInteger>(_: Value.Type) throws(EndOfBytes) -> Value {
        let start = position
        try skip(MemoryLayout<Value>.size)
        return Value(littleEndian: bytes.loadUnaligned(fromByteOffset: start, as: Value.self))
    }

    package mutating func readFloat() throws(EndOfBytes) -> Float { Float(bitPattern: try read(UInt32.self)) }

    package mutating func readDouble() throws(EndOfBytes) -> Double { Double(bitPattern: try read(UInt64.self)) }

    /// The next `count` bytes, in place: valid as long as the reader's own.
    package mutating func readBytes(_ count: Int) throws(EndOfBytes) -> UnsafeRawBufferPointer {
        let start = position
        try skip(count)
        return UnsafeRawBufferPointer(rebasing: bytes[start..<position])
    }

    package mutating func skip(_ count: Int) throws(EndOfBytes) {
        guard count >= 0, count <= remaining else { throw EndOfBytes(offset: position, needed: count) }
        position += count
    }
}
