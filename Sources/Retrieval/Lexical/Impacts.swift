// Impacts.swift — which pairs of tf and length can be a block's best, whatever the average length becomes.
// Retrieval › Lexical.  Stored as pairs and not as scores: a score is wrong as soon as the average moves.

/// A pair in 32 bits: tf above, length below, both saturating at 65,535.
struct Impact: Equatable {
    let bits: UInt32

    init(bits: UInt32) { self.bits = bits }
    init(tf: Int, length: Int) { bits = UInt32(min(tf, 65_535)) << 16 | UInt32(min(length, 65_535)) }

    var tf: Int { Int(bits >> 16) }
    var length: Int { Int(bits & 0xFFFF) }
}

enum Impacts {
    /// A block keeps at most this many pairs; more are merged into wider ones, which still bound it.
    static let limit = 4

    /// The pairs that no other beats in both: ascending tf, ascending length.
    static func frontier(_ pairs: [Impact]) -> [Impact] {
        var kept: [Impact] = []
        // From the largest tf down, a pair must be shorter than all before it.
        for pair in pairs.sorted(by: { ($0.tf, $1.length) > ($1.tf, $0.length) })
        where kept.last.map({ pair.length < $0.length }) ?? true {
            kept.append(pair)
        }
        while kept.count > limit {
            // The two with the nearest tf become one with the larger tf and the shorter length.
            let place = (1..<kept.count).min { kept[$0 - 1].tf - kept[$0].tf < kept[$1 - 1].tf - kept[$1].tf }!
            kept[place - 1] = Impact(tf: kept[place - 1].tf, length: kept[place].length)
            kept.remove(at: place)
        }
        return kept.reversed()
    }
}
