// PromptEnds.swift — the last prompts, and where the model keeps the hidden state behind each one's last token.
// Engine › Cache.  A prompt that is asked again has its first token after one product with the head: the state that the
// head reads is remembered, so no row has to be computed for it. Keys and values say nothing of it; blocks hold those.

import Base

/// Maps whole prompts to the model's slots for states. The oldest is forgotten first.
struct PromptEnds {
    /// A prompt, as its blocks are named: by the name of all its full blocks, and the tokens behind them.
    private struct End {
        let name: BlockHash
        let parent: BlockHash
        let tail: [TokenID]
    }

    private var slots: [BlockHash: Int] = [:]
    private var ends: [End?]
    private var oldest = 0

    init(slotCount: Int) {
        ends = [End?](repeating: nil, count: slotCount)
        slots.reserveCapacity(slotCount)
    }

    var isOff: Bool { ends.isEmpty }

    /// - Parameters:
    ///   - name: the hash of `parent` and `tail`.
    ///   - parent: of a block that would follow the prompt's full blocks.
    ///   - tail: fewer tokens than a block holds. They are compared, as those of blocks are.
    func slot(_ name: BlockHash, parent: BlockHash, tail: ArraySlice<TokenID>) -> Int? {
        guard let slot = slots[name], let end = ends[slot], end.parent == parent, end.tail.elementsEqual(tail) else {
            return nil
        }
        return slot
    }

    /// Takes the prompt in. - Returns: the slot that its state is to be put into; nil when it has one.
    mutating func insert(_ name: BlockHash, parent: BlockHash, tail: ArraySlice<TokenID>) -> Int? {
        guard !isOff, slots[name] == nil else { return nil }
        let slot = oldest
        oldest = (oldest + 1) % ends.count
        if let forgotten = ends[slot] { slots[forgotten.name] = nil }
        ends[slot] = End(name: name, parent: parent, tail: Array(tail))
        slots[name] = slot
        return slot
    }

    func checkInvariants() {
        for (name, slot) in slots { precondition(ends[slot]?.name == name, "slot \(slot) is of another prompt") }
        precondition(ends.count { $0 != nil } == slots.count, "a prompt's end has two slots")
    }
}
