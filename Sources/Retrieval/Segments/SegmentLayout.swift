// SegmentLayout.swift — a segment as bytes: a table of contents, then sections.
// Retrieval › Segments.  The same bytes in memory and in a file; a file is mapped and used where it lies.

internal import Base
internal import Kernels

/// The parts of a segment.
enum SectionKind: UInt32, CaseIterable {
    case summary = 1
    case keys, sequences, lengths
    case termStarts, termBytes, frequencies, blockStarts, listImpactStarts, listImpacts, blocks, impacts, postings
    case textStarts, texts, fieldStarts, fields
    case coarseVectors, fineVectors, graph
}

/// Little-endian:
///
///     0     "SWLTSEGM", UInt32 format, UInt32 section count
///     16    per section: UInt32 kind, UInt32 CRC32C, UInt64 offset, UInt64 length
///     …     UInt32 CRC32C of everything before
///     …     sections, each from a multiple of 64
enum SegmentLayout {
    static let magic = Array("SWLTSEGM".utf8)
    static let format: UInt32 = 1
    static let alignment = 64
    static let entrySize = 24

    static func aligned(_ offset: Int) -> Int { (offset + alignment - 1) / alignment * alignment }
}

/// A segment's sections on their way into memory or a file.
struct SegmentImage {
    enum Content {
        case bytes([UInt8])
        case frozen(FrozenBytes)

        func withBytes<Result>(_ body: (UnsafeRawBufferPointer) throws -> Result) rethrows -> Result {
            switch self {
            case .bytes(let bytes): try bytes.withUnsafeBytes(body)
            case .frozen(let memory): try body(memory.bytes)
            }
        }
    }

    private var sections: [(kind: SectionKind, content: Content)] = []

    mutating func append(_ kind: SectionKind, _ bytes: [UInt8]) { sections.append((kind, .bytes(bytes))) }
    mutating func append(_ kind: SectionKind, _ memory: FrozenBytes) { sections.append((kind, .frozen(memory))) }

    /// The array's elements as they lie in memory: little-endian on every machine this runs on.
    mutating func append<Element: BitwiseCopyable>(_ kind: SectionKind, elements: [Element]) {
        append(kind, elements.withUnsafeBytes { Array($0) })
    }

    /// Hands over the bytes in order.
    func write(_ body: (UnsafeRawBufferPointer) throws -> Void) rethrows {
        var header = ByteWriter()
        header.raw(SegmentLayout.magic)
        header.fixed(SegmentLayout.format)
        header.fixed(UInt32(sections.count))
        var offset = SegmentLayout.aligned(16 + sections.count * SegmentLayout.entrySize + 4)
        var offsets: [Int] = []
        for (kind, content) in sections {
            content.withBytes { bytes in
                header.fixed(kind.rawValue)
                header.fixed(CRC32C.of(bytes))
                header.fixed(UInt64(offset))
                header.fixed(UInt64(bytes.count))
                offsets.append(offset)
                offset = SegmentLayout.aligned(offset + bytes.count)
            }
        }
        header.fixed(CRC32C.of(header.bytes))
        try header.bytes.withUnsafeBytes(body)
        var written = header.bytes.count
        let zeros = [UInt8](repeating: 0, count: SegmentLayout.alignment)
        for ((_, content), start) in zip(sections, offsets) {
            try zeros.withUnsafeBytes { try body(UnsafeRawBufferPointer(rebasing: $0[..<(start - written)])) }
            try content.withBytes { bytes in
                try body(bytes)
                written = start + bytes.count
            }
        }
    }

    /// The whole segment in memory.
    func frozen() throws(SegmentError) -> FrozenBytes {
        var count = 0
        write { count += $0.count }
        let buffer: SharedBuffer<UInt8>
        do { buffer = try SharedBuffer(count: count) } catch { throw .outOfMemory(error.description) }
        var next = UnsafeMutableRawPointer(buffer.baseAddress)
        write { bytes in
            guard let start = bytes.baseAddress else { return }
            next.copyMemory(from: start, byteCount: bytes.count)
            next += bytes.count
        }
        return FrozenBytes(UnsafeRawBufferPointer(start: buffer.baseAddress, count: count), owner: buffer)
    }
}

/// The table of contents of bytes that claim to be a segment.
struct SectionTable {
    let memory: FrozenBytes
    private var ranges: [UInt32: Range<Int>] = [:]

    /// - Parameter checked: compares every section's checksum: O(bytes). The table's own is always compared.
    init(_ memory: FrozenBytes, checked: Bool) throws(SegmentError) {
        self.memory = memory
        var reader = ByteReader(memory.bytes)
        do {
            guard try reader.readBytes(8).elementsEqual(SegmentLayout.magic) else { throw SegmentError.notASegment }
            let format = try reader.read(UInt32.self)
            guard format == SegmentLayout.format else { throw SegmentError.format(format) }
            let count = Int(try reader.read(UInt32.self))
            let tableStart = reader.position
            try reader.skip(checkedProduct([count, SegmentLayout.entrySize]) ?? .max)
            let covered = UnsafeRawBufferPointer(rebasing: memory.bytes[..<reader.position])
            guard try reader.read(UInt32.self) == CRC32C.of(covered) else {
                throw SegmentError.damaged(section: "contents")
            }
            var entries = ByteReader(UnsafeRawBufferPointer(rebasing: memory.bytes[tableStart...]))
            for _ in 0..<count {
                let kind = try entries.read(UInt32.self)
                let crc = try entries.read(UInt32.self)
                let offset = Int(exactly: try entries.read(UInt64.self)) ?? -1
                let length = Int(exactly: try entries.read(UInt64.self)) ?? -1
                let name = SectionKind(rawValue: kind).map { "\($0)" } ?? "\(kind)"
                guard
                    let range = checkedRange(offset: offset, count: length, limit: memory.bytes.count),
                    offset % SegmentLayout.alignment == 0
                else { throw SegmentError.damaged(section: name) }
                if checked, CRC32C.of(UnsafeRawBufferPointer(rebasing: memory.bytes[range])) != crc {
                    throw SegmentError.damaged(section: name)
                }
                ranges[kind] = range
            }
        } catch let error as SegmentError {
            throw error
        } catch {
            throw .damaged(section: "contents")
        }
    }

    /// A section's bytes; nil when there is none.
    func bytes(_ kind: SectionKind) -> UnsafeRawBufferPointer? {
        ranges[kind.rawValue].map { UnsafeRawBufferPointer(rebasing: memory.bytes[$0]) }
    }

    /// A section as memory that keeps the segment alive.
    func frozen(_ kind: SectionKind) -> FrozenBytes? { bytes(kind).map { FrozenBytes($0, owner: memory) } }

    /// A section as an array of exactly `count` elements.
    func array<Element: BitwiseCopyable>(
        _ kind: SectionKind, of _: Element.Type, count: Int
    ) throws(SegmentError) -> UnsafePointer<Element> {
        guard let bytes = bytes(kind), let start = bytes.baseAddress else { throw .missing(section: "\(kind)") }
        guard checkedProduct([count, MemoryLayout<Element>.stride]) == bytes.count else {
            throw .inconsistent("\(bytes.count) bytes of \(kind) for \(count) elements")
        }
        return start.assumingMemoryBound(to: Element.self)
    }
}
