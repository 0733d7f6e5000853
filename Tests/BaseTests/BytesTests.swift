// BytesTests.swift — checked arithmetic, bounded reading, small counters.

import Base
import Testing

@Suite struct `Checked arithmetic` {
    @Test func `multiplies, and says nil instead of wrapping`() {
        #expect(checkedProduct([]) == 1)
        #expect(checkedProduct([2, 3, 4]) == 24)
        #expect(checkedProduct([Int.max]) == .max)
        #expect(checkedProduct([Int.max, 2]) == nil)
        #expect(checkedProduct([1 << 32, 1 << 31]) == nil)
        #expect(checkedProduct([-1, 2]) == nil)
        #expect(checkedProduct([0, 5]) == 0)
    }

    @Test func `a zero does not hide an overflow, wherever it stands`() {
        #expect(checkedProduct([0, Int.max, 2]) == nil)
        #expect(checkedProduct([Int.max, 0, 2]) == nil)
        #expect(checkedProduct([Int.max, 2, 0]) == nil)
    }

    @Test func `ranges stay inside their limit`() {
        #expect(checkedRange(offset: 2, count: 3, limit: 5) == 2..<5)
        #expect(checkedRange(offset: 5, count: 0, limit: 5) == 5..<5)
        #expect(checkedRange(offset: 6, count: 0, limit: 5) == nil)
        #expect(checkedRange(offset: 3, count: 3, limit: 5) == nil)
        #expect(checkedRange(offset: -1, count: 1, limit: 5) == nil)
        #expect(checkedRange(offset: 1, count: -1, limit: 5) == nil)
        #expect(checkedRange(offset: .max, count: .max, limit: .max) == nil)
    }
}

@Suite struct `Byte reader` {
    private func read(_ bytes: [UInt8], _ body: (inout ByteReader) throws -> Void) throws {
        try bytes.withUnsafeBytes { raw in
            var reader = ByteReader(raw)
            try body(&reader)
        }
    }

    @Test func `reads little-endian values at any alignment`() throws {
        let bytes: [UInt8] = [9, 1, 2, 0, 0, 0xFF, 0xFF, 0, 0, 0x80, 0x3F, 0, 0, 0, 0, 0, 0, 0xF0, 0x3F, 7, 8]
        try read(bytes) { (reader: inout ByteReader) throws in
            #expect(try reader.read(UInt8.self) == 9)
            #expect(try reader.read(UInt32.self) == 0x0201)
            #expect(try reader.read(Int16.self) == -1)
            #expect(try reader.readFloat() == 1)
            #expect(try reader.readDouble() == 1)
            #expect(reader.position == 19)
            #expect(try Array(reader.readBytes(2)) == [7, 8])
            #expect(reader.remaining == 0)
            #expect(throws: ByteReader.EndOfBytes(offset: 21, needed: 1)) { try reader.read(UInt8.self) }
            #expect(try reader.readBytes(0).isEmpty)
        }
    }

    @Test(arguments: [-1, 4, Int.max, Int.min]) func `refuses counts beyond the end and stays where it was`(count: Int)
        throws
    {
        try read([1, 2, 3]) { (reader: inout ByteReader) throws in
            #expect(throws: ByteReader.EndOfBytes(offset: 0, needed: count)) { try reader.readBytes(count) }
            #expect(reader.position == 0)
            try reader.skip(3)
        }
    }
}

@Suite struct `Histogram counts` {
    @Test func `a value on a bound belongs to that bound's bucket`() {
        var histogram = Histogram(upperBounds: [1, 2, 5])
        for value in [0.5, 1, 1.5, 5, 6] { histogram.observe(value) }
        #expect(histogram.counts == [2, 1, 1, 1])
        #expect(histogram.count == 5)
        #expect(histogram.sum == 14)
    }
}
