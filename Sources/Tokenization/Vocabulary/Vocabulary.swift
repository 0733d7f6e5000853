// Vocabulary.swift — the model's pieces: id → bytes and bytes → id.
// Tokenization › Vocabulary.  Keys are bytes: as `String` keys, canonically equal pieces would fall together
// (six of Llama 2's 32,000 pieces vanish that way).

/// An immutable table of pieces. Ids may have gaps: an empty piece is one that no text can produce.
struct Vocabulary: Sendable {
    private let pieces: ByteTable
    /// Open-addressing hash table; its size is a power of two, at least twice the pieces.
    private let slots: [Slot]

    /// Whether no two ids have the same bytes.
    private let hasUniquePieces: Bool

    /// Largest number of ids that is accepted: far above any real vocabulary, far below what would exhaust memory.
    static let maximumCount = 1 << 22

    /// - Parameter pieces: the bytes of each id; empty for a gap. Of two ids with the same bytes the later is found.
    /// - Precondition: at most `maximumCount` pieces; loaders check.
    init(pieces strings: [[UInt8]]) {
        precondition(strings.count <= Vocabulary.maximumCount, "the loader bounds the vocabulary")
        pieces = ByteTable(strings)
        var capacity = 16
        while capacity < strings.count * 2 { capacity *= 2 }
        var slots = [Slot](repeating: Slot(tag: 0, id: -1), count: capacity)
        var hasUniquePieces = true
        for (id, piece) in strings.enumerated() where !piece.isEmpty {
            let hash = Vocabulary.hash(piece.span)
            let tag = UInt32(truncatingIfNeeded: hash >> 32)
            var slot = Int(truncatingIfNeeded: hash) & (capacity - 1)
            while slots[slot].id >= 0 && !(slots[slot].tag == tag && pieces.equals(Int(slots[slot].id), piece.span)) {
                slot = (slot + 1) & (capacity - 1)
            }
            if slots[slot].id >= 0 { hasUniquePieces = false }
            slots[slot] = Slot(tag: tag, id: Int32(id))
        }
        self.slots = slots
        self.hasUniquePieces = hasUniquePieces
    }

    /// One past the highest id.
    var count: Int { pieces.count }

    /// The bytes of `id`.
    /// - Precondition: `id` is in `0 ..< count`.
    func bytes(of id: Int32) -> ArraySlice<UInt8> { pieces[Int(id)] }

    /// The id of exactly these bytes.
    /// - Complexity: O(length), one probe on average.
    func id(of bytes: Span<UInt8>) -> Int32? {
        let slots = slots.span
        let hash = Vocabulary.hash(bytes)
        let tag = UInt32(truncatingIfNeeded: hash >> 32)
        var slot = Int(truncatingIfNeeded: hash) & (slots.count - 1)
        while true {
            let found = slots[slot]
            if found.id < 0 { return nil }
            if found.tag == tag && pieces.equals(Int(found.id), bytes) { return found.id }
            slot = (slot + 1) & (slots.count - 1)
        }
    }

    /// Whether `id` is the one id of exactly these bytes: a guess checked without a search.
    func isUnique(_ id: Int32, _ bytes: [UInt8]) -> Bool {
        hasUniquePieces && id >= 0 && id < count && !bytes.isEmpty && pieces.equals(Int(id), bytes.span)
    }

    func id(of bytes: [UInt8]) -> Int32? { id(of: bytes.span) }

    /// Eight bytes at a time, each word folded in by a full product whose halves are joined: the low bits, which choose
    /// the slot, and the high ones, which are its tag, depend on every byte.
    private static func hash(_ bytes: Span<UInt8>) -> UInt64 {
        let raw = bytes.bytes
        let count = raw.byteCount
        var hash = UInt64(truncatingIfNeeded: count)
        var position = 0
        while count - position >= 8 {
            hash = fold(hash, raw.unsafeLoadUnaligned(fromByteOffset: position, as: UInt64.self))
            position += 8
        }
        let rest = count - position
        if rest >= 4 {
            // The two words overlap, which does no harm: the length is part of the hash.
            let first = raw.unsafeLoadUnaligned(fromByteOffset: position, as: UInt32.self)
            let last = raw.unsafeLoadUnaligned(fromByteOffset: count - 4, as: UInt32.self)
            hash = fold(hash, UInt64(first) << 32 | UInt64(last))
        } else if rest > 0 {
            let ends = UInt64(bytes[position]) << 16 | UInt64(bytes[count - 1])
            hash = fold(hash, ends | UInt64(bytes[position + rest / 2]) << 8)
        }
        return hash ^ hash >> 29
    }

    private static func fold(_ hash: UInt64, _ word: UInt64) -> UInt64 {
        let product = (hash ^ word ^ 0xa076_1d64_78bd_642f).multipliedFullWidth(by: 0xe703_7ed1_a0b4_28db)
        return product.high ^ product.low
    }
}

/// A place in the vocabulary's hash table.
private struct Slot: Sendable {
    /// The hash's upper half: pieces are compared only where it agrees.
    let tag: UInt32
    /// −1 where the slot is empty.
    let id: Int32
}
