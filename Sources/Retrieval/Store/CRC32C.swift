// CRC32C.swift — the checksum of every block on disk (Castagnoli's polynomial, RFC 3720).
// Retrieval › Store.  By the CPU's own instruction; without one, eight bytes a step by tables, a gigabyte a second.

internal import Kernels

package struct CRC32C {
    private var state: UInt32

    /// - Parameter seed: what other bytes gave, or a number that ties a checksum to its file.
    package init(seed: UInt32 = 0) { state = ~seed }

    package var value: UInt32 { ~state }

    package static func of(_ bytes: UnsafeRawBufferPointer, seed: UInt32 = 0) -> UInt32 {
        var crc = CRC32C(seed: seed)
        crc.append(bytes)
        return crc.value
    }

    package static func of(_ bytes: [UInt8], seed: UInt32 = 0) -> UInt32 {
        bytes.withUnsafeBytes { of($0, seed: seed) }
    }

    package mutating func append(_ bytes: UnsafeRawBufferPointer) {
        if let advanced = advancedCRC32C(state, over: bytes) {
            state = advanced
        } else {
            appendByTables(bytes)
        }
    }

    /// What every CPU can do.
    package mutating func appendByTables(_ bytes: UnsafeRawBufferPointer) {
        guard var next = bytes.baseAddress else { return }
        var left = bytes.count
        var crc = state
        Self.tables.withUnsafeBufferPointer { tables in
            let table = tables.baseAddress!
            while left >= 8 {
                let low = next.loadUnaligned(as: UInt32.self).littleEndian ^ crc
                let high = (next + 4).loadUnaligned(as: UInt32.self).littleEndian
                crc = table[1792 + Int(low & 0xFF)] ^ table[1536 + Int(low >> 8 & 0xFF)]
                crc ^= table[1280 + Int(low >> 16 & 0xFF)] ^ table[1024 + Int(low >> 24)]
                crc ^= table[768 + Int(high & 0xFF)] ^ table[512 + Int(high >> 8 & 0xFF)]
                crc ^= table[256 + Int(high >> 16 & 0xFF)] ^ table[Int(high >> 24)]
                next += 8
                left -= 8
            }
            while left > 0 {
                crc = crc >> 8 ^ table[Int((crc ^ UInt32(next.load(as: UInt8.self))) & 0xFF)]
                next += 1
                left -= 1
            }
        }
        state = crc
    }

    /// Table k advances a byte that lies k bytes before the end of a step.
    private static let tables: [UInt32] = {
        var tables = [UInt32](repeating: 0, count: 8 * 256)
        for byte in 0..<256 {
            var crc = UInt32(byte)
            for _ in 0..<8 { crc = crc & 1 == 1 ? crc >> 1 ^ 0x82F6_3B78 : crc >> 1 }
            tables[byte] = crc
        }
        for table in 1..<8 {
            for byte in 0..<256 {
                let before = tables[(table - 1) * 256 + byte]
                tables[table * 256 + byte] = before >> 8 ^ tables[Int(before & 0xFF)]
            }
        }
        return tables
    }()
}
