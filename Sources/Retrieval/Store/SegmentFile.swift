// SegmentFile.swift — segments and their live bitmaps as files.
// Retrieval › Store.

internal import Base
internal import Kernels

/// A segment with its file's number, and the file that says which of its chunks live.
struct StoredSegment: Sendable {
    let number: Int
    var live: LiveSegment
    /// The generation of the bitmap on disk; nil when that says that all live.
    var liveGeneration: Int?
    /// Whether chunks died since that was written.
    var hasNewDead = false

    var entry: Manifest.SegmentEntry { Manifest.SegmentEntry(number: number, liveGeneration: liveGeneration) }
}

enum SegmentFile {
    static func write(_ image: SegmentImage, number: Int, in folder: String) throws {
        try AtomicFile.write(to: folder + "/" + IndexFiles.segment(number)) { file in
            try image.write { bytes in try file.write(bytes) }
        }
    }

    /// - Throws: `IndexError.damagedSegment`, `FileError`.
    static func open(_ number: Int, in folder: String, dimension: Int?, checked: Bool = true) throws -> Segment {
        let path = folder + "/" + IndexFiles.segment(number)
        let file = try MappedFile(path)
        do throws(SegmentError) {
            return try Segment(FrozenBytes(file), checked: checked, dimension: dimension)
        } catch {
            throw IndexError.damagedSegment(path, error)
        }
    }

    /// "SWLTLIVE", UInt32 CRC32C of the rest, UInt32 0, UInt64 chunk count, words.
    private static let magic = Array("SWLTLIVE".utf8)

    static func writeLive(_ live: Bitmap, segment: Int, generation: Int, in folder: String) throws {
        var content = ByteWriter()
        content.fixed(UInt32(0))
        content.fixed(UInt64(live.count))
        for word in live.words { content.fixed(word) }
        var file = ByteWriter()
        file.raw(magic)
        file.fixed(CRC32C.of(content.bytes))
        file.raw(content.bytes)
        try AtomicFile.write(to: folder + "/" + IndexFiles.live(segment, generation)) { writer in
            try writer.write(file.bytes)
        }
    }

    /// - Throws: `IndexError.damagedBitmap`, `FileError`.
    static func readLive(segment: Int, generation: Int, count: Int, in folder: String) throws -> Bitmap {
        let path = folder + "/" + IndexFiles.live(segment, generation)
        let bytes = try ReadFile.bytes(path, limit: 1 << 30)
        guard bytes.count >= 24, bytes.starts(with: magic), (bytes.count - 24) % 8 == 0 else {
            throw IndexError.damagedBitmap(path)
        }
        return try bytes.withUnsafeBytes { bytes in
            let crc = UInt32(littleEndian: bytes.loadUnaligned(fromByteOffset: 8, as: UInt32.self))
            let stored = UInt64(littleEndian: bytes.loadUnaligned(fromByteOffset: 16, as: UInt64.self))
            let words = stride(from: 24, to: bytes.count, by: 8).map {
                UInt64(littleEndian: bytes.loadUnaligned(fromByteOffset: $0, as: UInt64.self))
            }
            guard
                CRC32C.of(UnsafeRawBufferPointer(rebasing: bytes[12...])) == crc, stored == UInt64(count),
                let live = Bitmap(words: words, count: count)
            else { throw IndexError.damagedBitmap(path) }
            return live
        }
    }
}
