// PromptLookup.swift — drafts what followed the same few tokens the last time.
// Engine › Speculation.  Saxena 2023, "Prompt Lookup Decoding"; answers that quote their prompt are guessed well.

package import Base

/// Finds the last occurrence of the last four tokens, or else of the last three, or two.
///
/// Positions whose pair of tokens has the same hash are chained, the newest first, as LZ77 coders do it; a proposal walks
/// the chain and compares. One place in a table a token: a drafter that finds nothing must cost next to nothing.
///
/// - Complexity: O(1) a token, amortised, and a proposal.
package struct PromptLookup: Drafter {
    /// By hash of a pair: where one ended last; −1 for nowhere.
    private var lastEnds: [Int32] = []
    /// By position: where a pair of the same hash ended before.
    private var endsBefore: [Int32] = []

    private static let longestMatch = 4
    private static let leastMatch = 2
    /// Occurrences that are looked at, at most.
    private static let longestWalk = 64

    package init() {}

    package mutating func note(_ tokens: borrowing [TokenID], at index: Int) {
        if lastEnds.count < 2 * (index + 1) { makeRoom(tokens) }
        endsBefore.append(-1)
        if index > 0 { chain(index, tokens) }
    }

    package func propose(after tokens: borrowing [TokenID], atMost count: Int, into draft: inout [TokenID]) {
        guard let last = endsBefore.indices.last else { return }
        var (end, matchEnd, matchLength) = (Int(endsBefore[last]), 0, Self.leastMatch - 1)
        for _ in 0..<Self.longestWalk where end >= 0 && matchLength < Self.longestMatch {
            var length = 0
            while length < Self.longestMatch, length <= end, tokens[end - length] == tokens[last - length] {
                length += 1
            }
            if length > matchLength { (matchEnd, matchLength) = (end, length) }
            end = Int(endsBefore[end])
        }
        if matchLength >= Self.leastMatch { copy(tokens, after: matchEnd, atMost: count, into: &draft) }
    }

    private mutating func chain(_ end: Int, _ tokens: borrowing [TokenID]) {
        let pair = UInt64(UInt32(bitPattern: tokens[end - 1].rawValue)) << 32 | UInt64(tokens[end].index)
        let place = Int((pair &* 0x9E37_79B9_7F4A_7C15) >> 32) & (lastEnds.count - 1)
        endsBefore[end] = lastEnds[place]
        lastEnds[place] = Int32(end)
    }

    /// Room for twice the tokens there are.
    private mutating func makeRoom(_ tokens: borrowing [TokenID]) {
        var size = 64
        while size < 4 * tokens.count { size *= 2 }
        lastEnds = [Int32](repeating: -1, count: size)
        for end in endsBefore.indices.dropFirst() { chain(end, tokens) }
    }
}
