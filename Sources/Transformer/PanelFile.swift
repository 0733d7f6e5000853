// PanelFile.swift — the file format of PanelCache.
// Transformer.  Numbers are little-endian; everything is checked before any of it is believed.
//
//     "SWIPANEL", u32 version, u32 files, u32 matrices, u32 0
//     files:      u64 bytes, u64 inode, i64 time of change          those the weights came from
//     matrices:   u32 type, u32 0, u64 rows, u64 columns, u64 offset, u64 bytes, u64 checksum
//     u64 checksum of all the above
//     panels, each at a multiple of 64 bytes

import Base
import Kernels

enum PanelFile {
    /// Raised whenever the layout of panels changes.
    private static let version: UInt32 = 1
    private static let magic = Array("SWIPANEL".utf8)
    private static let alignment = 64

    /// Why a file is not used.
    struct Refusal: Error {}

    static func write(_ matrices: [PackedMatrix], of sources: [FileIdentity], to path: String) throws {
        var header = magic
        for number in [version, UInt32(sources.count), UInt32(matrices.count), 0] { header.append(number) }
        for source in sources {
            header.append(UInt64(source.byteCount))
            header.append(source.inode)
            header.append(UInt64(bitPattern: source.modified))
        }
        var offset = headerByteCount(sources: sources.count, matrices: matrices.count)
        for matrix in matrices {
            offset = aligned(offset)
            header.append(UInt32(bitPattern: matrix.elementType.rawValue))
            header.append(UInt32(0))
            for number in [matrix.rows, matrix.columns, offset, matrix.byteCount] { header.append(UInt64(number)) }
            header.append(checksum64(matrix.bytes))
            offset += matrix.byteCount
        }
        header.append(header.withUnsafeBytes { checksum64($0) })

        try AtomicFile.write(to: path) { file in
            try file.write(header)
            for matrix in matrices {
                try file.write([UInt8](repeating: 0, count: aligned(file.offset) - file.offset))
                try file.write(matrix.bytes)
            }
        }
    }

    /// - Throws: `FileError`, `Refusal`, `ByteReader.EndOfBytes`: there is no usable file of these sources.
    /// - Complexity: reads every byte once, for the checksums; the pages stay those of the file.
    static func read(_ path: String, of sources: [FileIdentity], pool: ThreadPool) throws -> [PackedMatrix] {
        let file = try MappedFile(path)
        var reader = ByteReader(file.bytes)
        guard try reader.readBytes(magic.count).elementsEqual(magic), try reader.read(UInt32.self) == version else {
            throw Refusal()
        }
        let sourceCount = Int(try reader.read(UInt32.self))
        let matrixCount = Int(try reader.read(UInt32.self))
        try reader.skip(4)
        let headerByteCount = headerByteCount(sources: sourceCount, matrices: matrixCount)
        guard sourceCount == sources.count, headerByteCount <= file.bytes.count else { throw Refusal() }
        let summed = UnsafeRawBufferPointer(rebasing: file.bytes[..<(headerByteCount - 8)])
        let sum = file.bytes.loadUnaligned(fromByteOffset: headerByteCount - 8, as: UInt64.self)
        guard checksum64(summed) == UInt64(littleEndian: sum) else { throw Refusal() }
        for source in sources {
            guard try reader.read(UInt64.self) == UInt64(source.byteCount),
                try reader.read(UInt64.self) == source.inode, try reader.read(Int64.self) == source.modified
            else { throw Refusal() }
        }
        let entries = try (0..<matrixCount).map { _ in try PanelEntry(&reader, file) }
        try check(entries, file, pool)
        return entries.map {
            PackedMatrix($0.elementType, rows: $0.rows, columns: $0.columns, bytes: $0.bytes, owner: file)
        }
    }

    /// All checksums, the threads together.
    private static func check(_ entries: [PanelEntry], _ file: MappedFile, _ pool: ThreadPool) throws(Refusal) {
        let isGood = UnsafeMutablePointer<Bool>.allocate(capacity: max(entries.count, 1))
        defer { isGood.deallocate() }
        pool.run(sliceCount: entries.count) { index in
            isGood[index] = checksum64(entries[index].bytes) == entries[index].checksum
        }
        guard (0..<entries.count).allSatisfy({ isGood[$0] }) else { throw Refusal() }
        withExtendedLifetime(file) {}
    }

    private static func headerByteCount(sources: Int, matrices: Int) -> Int { 24 + 24 * sources + 48 * matrices + 8 }

    private static func aligned(_ offset: Int) -> Int { (offset + alignment - 1) / alignment * alignment }
}

/// One matrix, as far as the header tells.
private struct PanelEntry {
    let elementType: ElementType
    let rows: Int
    let columns: Int
    let bytes: UnsafeRawBufferPointer
    let checksum: UInt64

    init(_ reader: inout ByteReader, _ file: MappedFile) throws {
        let type = ElementType(rawValue: Int32(bitPattern: try reader.read(UInt32.self)))
        try reader.skip(4)
        let numbers = try (0..<4).map { _ in try reader.read(UInt64.self) }
        checksum = try reader.read(UInt64.self)
        // A checksum over the header stood before this: what follows is a guard against our own mistakes.
        guard let type, PackedMatrix.packs(type), numbers[0] < 1 << 28, numbers[1] < 1 << 28,
            numbers[2] < 1 << 60, numbers[3] < 1 << 60
        else { throw PanelFile.Refusal() }
        let (offset, byteCount) = (Int(numbers[2]), Int(numbers[3]))
        (elementType, rows, columns) = (type, Int(numbers[0]), Int(numbers[1]))
        guard offset % 64 == 0, offset <= file.bytes.count, byteCount <= file.bytes.count - offset,
            PackedMatrix.byteCount(type, rows: rows, columns: columns) == byteCount
        else { throw PanelFile.Refusal() }
        bytes = UnsafeRawBufferPointer(rebasing: file.bytes[offset..<offset + byteCount])
    }
}

extension [UInt8] {
    fileprivate mutating func append(_ number: some FixedWidthInteger) {
        Swift.withUnsafeBytes(of: number.littleEndian) { append(contentsOf: $0) }
    }
}
