// Vocabulary.swift — the model's pieces: id → bytes and bytes → id.
// Tokenization › Vocabulary.  Keys are bytes: as `String` keys, canonically equal pieces would fall together
// (six of Llama 2's 32,000 pieces vanish that way).

/// An immutable table of pieces. Ids may have gaps: an empty piece is one that no text can produce.
struct Vocabulary: Sendable {
    private let pieces: ByteTable
    /// Open-addressing hash table of ids, −1 where empty; its size is a power of two, at least twice the pieces.
    private let slots: [Int32]

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
        var slots = [Int32](repeating: -1, count: capacity)
        var hasUniquePieces = true
        for (id, piece) in strings.enumerated() where !piece.isEmpty {
            var slot = Vocabulary.firstSlot(of: piece.span, capacity)
            while slots[slot] >= 0 && !pieces.equals(Int(slots[slot]), piece.span) {
                slot = (slot + 1) & (capacity - 1)
            }
            if slots[slot] >= 0 { hasUniquePieces = false }
            slots[slot] = Int32(id)
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
        var slot = Vocabulary.firstSlot(of: bytes, slots.count)
        while slots[slot] >= 0 {
            if pieces.equals(Int(slots[slot]), bytes) { return slots[slot] }
            slot = (slot + 1) & (slots.count - 1)
        }
        return nil
    }

    /// Whether `id` is the one id of exactly these bytes: a guess checked without a search.
    func isUnique(_ id: Int32, _ bytes: [UInt8]) -> Bool {
        hasUniquePieces && id >= 0 && id < count && !bytes.isEmpty && pieces.equals(Int(id), bytes.span)
    }

    func id(of bytes: [UInt8]) -> Int32? { id(of: bytes.span) }

    /// FNV-1a with a final mix, so that the low bits depend on every byte.
    private static func firstSlot(of bytes: Span<UInt8>, _ capacity: Int) -> Int {
        var hash: UInt64 = 0xcbf2_9ce4_8422_2325
        for index in bytes.indices { hash = (hash ^ UInt64(bytes[index])) &* 0x0000_0100_0000_01b3 }
        return Int(truncatingIfNeeded: hash ^ (hash >> 32)) & (capacity - 1)
    }
}
