// EdgeTable.swift — from a state and a token to the state behind the edge.
// Engine › Speculation.  A dictionary with a hash of one multiplication: a drafter that finds nothing must cost next to
// nothing. Nobody can choose tokens that all meet in one place, since the factor is another in every process.

import Base

/// Open addressing, at most half full; a key and its target lie side by side.
struct EdgeTable {
    private struct Slot {
        var state: Int32 = -1
        var token = TokenID(rawValue: -1)
        var target: Int32 = -1
    }

    private static let processFactor = UInt64.random(in: 0...UInt64.max) | 1
    private let factor = Self.processFactor
    private var slots = [Slot](repeating: Slot(), count: 64)
    private var count = 0

    /// The state behind the edge; nil where there is none. An edge is never taken away.
    subscript(state: Int32, token: TokenID) -> Int32? {
        get {
            let slot = slots[place(state, token)]
            return slot.state < 0 ? nil : slot.target
        }
        set {
            guard let newValue else { return }
            var place = place(state, token)
            if slots[place].state < 0 {
                count += 1
                if 2 * count > slots.count {
                    grow()
                    place = self.place(state, token)
                }
            }
            slots[place] = Slot(state: state, token: token, target: newValue)
        }
    }

    /// Where the edge stands, or would.
    private func place(_ state: Int32, _ token: TokenID) -> Int {
        let key = UInt64(UInt32(bitPattern: state)) << 32 | UInt64(UInt32(bitPattern: token.rawValue))
        var place = Int((key &* factor) >> 32) & (slots.count - 1)
        while slots[place].state >= 0, slots[place].state != state || slots[place].token != token {
            place = (place + 1) & (slots.count - 1)
        }
        return place
    }

    private mutating func grow() {
        let old = slots
        slots = [Slot](repeating: Slot(), count: 2 * old.count)
        for slot in old where slot.state >= 0 { slots[place(slot.state, slot.token)] = slot }
    }
}
