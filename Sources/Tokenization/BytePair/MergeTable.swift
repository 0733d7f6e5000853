// MergeTable.swift — which two neighbours may become one symbol, and in what order of preference.
// Tokenization › BytePair.  Design: Sennrich et al. 2016, arXiv:1508.07909; keyed by ids, never by text.

/// A merge rule's rank (lower merges first) and the symbol it makes, packed so that comparing two compares their ranks.
package struct Merge: Sendable {
    let packed: UInt64
    init(rank: UInt32, result: Int32) { packed = UInt64(rank) << 32 | UInt64(UInt32(bitPattern: result)) }
    private init(packed: UInt64) { self.packed = packed }

    /// No such rule. Its rank is above every real one.
    static let none = Merge(packed: .max)

    package var rank: UInt32 { UInt32(truncatingIfNeeded: packed >> 32) }
    package var result: Int32 { Int32(truncatingIfNeeded: packed) }
    package var exists: Bool { packed != .max }
}

/// Merge rules by the pair of symbols they join: open addressing, sixteen bytes a slot, so a look-up touches one
/// cache line on average.
package struct MergeTable: Sendable {
    private struct Slot: Sendable {
        var pair: UInt64
        var merge: Merge
    }

    /// No pair has this key: symbols are not negative.
    private static let emptyPair = UInt64.max

    private var slots: [Slot]
    private var shift: UInt64
    package private(set) var count = 0

    /// - Parameter capacity: how many rules will be inserted.
    package init(capacity: Int) {
        var bits: UInt64 = 4
        while (1 << bits) < capacity * 2 { bits += 1 }
        shift = 64 - bits
        slots = [Slot](repeating: Slot(pair: MergeTable.emptyPair, merge: .none), count: 1 << Int(bits))
    }

    /// Adds a rule; of two for the same pair the later one stays, as in the reference's loader.
    /// - Precondition: fewer rules than the capacity given.
    package mutating func insert(left: Int32, right: Int32, rank: UInt32, result: Int32) {
        precondition(count * 2 <= slots.count, "the table was made for fewer rules")
        let pair = MergeTable.key(left, right)
        var slot = start(pair)
        while slots[slot].pair != MergeTable.emptyPair && slots[slot].pair != pair {
            slot = (slot + 1) & (slots.count - 1)
        }
        if slots[slot].pair != pair { count += 1 }
        slots[slot] = Slot(pair: pair, merge: Merge(rank: rank, result: result))
    }

    /// The rule for these neighbours, or `.none`.
    package func merge(_ left: Int32, _ right: Int32) -> Merge {
        let pair = MergeTable.key(left, right)
        var slot = start(pair)
        let slots = slots.span
        while true {
            let found = slots[slot]
            if found.pair == pair { return found.merge }
            if found.pair == MergeTable.emptyPair { return .none }
            slot = (slot + 1) & (slots.count - 1)
        }
    }

    /// Whether `predicate` holds for the left and right symbol of every rule.
    /// - Complexity: O(capacity).
    func allPairsSatisfy(_ predicate: (_ left: Int32, _ right: Int32) -> Bool) -> Bool {
        slots.allSatisfy { slot in
            slot.pair == MergeTable.emptyPair
                || predicate(Int32(truncatingIfNeeded: slot.pair >> 32), Int32(truncatingIfNeeded: slot.pair))
        }
    }

    private static func key(_ left: Int32, _ right: Int32) -> UInt64 {
        UInt64(UInt32(bitPattern: left)) << 32 | UInt64(UInt32(bitPattern: right))
    }

    /// Fibonacci hashing: the product's high bits depend on all of the pair.
    private func start(_ pair: UInt64) -> Int {
        Int(truncatingIfNeeded: ((pair ^ (pair >> 29)) &* 0x9e37_79b9_7f4a_7c15) >> shift)
    }
}
