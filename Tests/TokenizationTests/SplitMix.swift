// SplitMix.swift — random numbers that are the same in every run.

/// Steele, Lea and Flood 2014, "Fast splittable pseudorandom number generators", doi:10.1145/2660193.2660195.
struct SplitMix: RandomNumberGenerator {
    private var state: UInt64

    init(seed: UInt64) { state = seed }

    mutating func next() -> UInt64 {
        state &+= 0x9e37_79b9_7f4a_7c15
        var mixed = state
        mixed = (mixed ^ (mixed >> 30)) &* 0xbf58_476d_1ce4_e5b9
        mixed = (mixed ^ (mixed >> 27)) &* 0x94d0_49bb_1331_11eb
        return mixed ^ (mixed >> 31)
    }

    mutating func next(below bound: Int) -> Int { Int.random(in: 0..<bound, using: &self) }

    private static let pieces = [
        "a", "the", " ", "  ", "\n", "\t", "'s", "'LL", "1", "2026", "!", "...", "é", "e\u{301}", "日本", "👍🏽", "ſ",
        "\u{2581}",
        "<|im_end|>", "word", "\u{a0}",
    ]

    /// Pieces of text, and now and then bytes that are no UTF-8.
    mutating func text(maximumLength: Int) -> [UInt8] {
        var bytes: [UInt8] = []
        for _ in 0..<next(below: maximumLength) {
            if next(below: 8) == 0 {
                bytes.append(UInt8(next(below: 256)))
            } else {
                bytes += Array(SplitMix.pieces[next(below: SplitMix.pieces.count)].utf8)
            }
        }
        return bytes
    }

    mutating func validText(maximumLength: Int) -> String {
        (0..<next(below: maximumLength)).map { _ in SplitMix.pieces[next(below: SplitMix.pieces.count)] }.joined()
    }
}
