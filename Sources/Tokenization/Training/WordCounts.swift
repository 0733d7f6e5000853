// WordCounts.swift — the distinct words of a text and how often each occurs.
// Tokenization › Training.

/// A bag of byte strings. Words are stored end to end, in the order in which they first came.
struct WordCounts {
    /// Most bytes that the distinct words may fill: everything the trainer numbers then fits 32 bits.
    static let byteLimit = 1 << 29

    private struct Slot {
        var hash: UInt64
        /// The word's number; −1 where the slot is empty.
        var word: Int32
    }

    private(set) var bytes: [UInt8] = []
    /// Word `i` is `bytes[starts[i] ..< starts[i + 1]]`.
    private(set) var starts: [Int32] = [0]
    private(set) var counts: [Int] = []
    private var slots = [Slot](repeating: Slot(hash: 0, word: -1), count: 1 << 12)

    var count: Int { counts.count }

    /// Counts one occurrence of `word`.
    /// - Complexity: O(length), one probe on average; nothing is allocated for a word seen before.
    mutating func add(_ word: Span<UInt8>) throws(TrainingError) {
        var hash: UInt64 = 0xcbf2_9ce4_8422_2325
        for index in word.indices { hash = (hash ^ UInt64(word[index])) &* 0x0000_0100_0000_01b3 }
        hash ^= hash >> 32
        var slot = Int(truncatingIfNeeded: hash) & (slots.count - 1)
        while slots[slot].word >= 0 {
            if slots[slot].hash == hash && isWord(Int(slots[slot].word), word) {
                counts[Int(slots[slot].word)] += 1
                return
            }
            slot = (slot + 1) & (slots.count - 1)
        }
        guard bytes.count + word.count <= WordCounts.byteLimit else {
            throw .tooManyWords(bytes: bytes.count + word.count, limit: WordCounts.byteLimit)
        }
        slots[slot] = Slot(hash: hash, word: Int32(counts.count))
        for index in word.indices { bytes.append(word[index]) }
        starts.append(Int32(bytes.count))
        counts.append(1)
        if counts.count * 2 > slots.count { grow() }
    }

    private func isWord(_ index: Int, _ word: Span<UInt8>) -> Bool {
        let start = Int(starts[index])
        guard Int(starts[index + 1]) - start == word.count else { return false }
        let stored = bytes.span
        for offset in word.indices where stored[start + offset] != word[offset] { return false }
        return true
    }

    private mutating func grow() {
        var larger = [Slot](repeating: Slot(hash: 0, word: -1), count: slots.count * 2)
        for old in slots where old.word >= 0 {
            var slot = Int(truncatingIfNeeded: old.hash) & (larger.count - 1)
            while larger[slot].word >= 0 { slot = (slot + 1) & (larger.count - 1) }
            larger[slot] = old
        }
        slots = larger
    }
}
