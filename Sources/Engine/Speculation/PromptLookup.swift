// PromptLookup.swift — drafts what followed the same few tokens the last time.
// Engine › Speculation.  Saxena 2023, "Prompt Lookup Decoding"; answers that quote their prompt are guessed well.

package import Base

/// Remembers where each pair, triple and quadruple of tokens ended last.
///
/// - Complexity: O(1) a token and a proposal; three dictionary entries a token.
package struct PromptLookup: Drafter {
    package init() {}

    /// Longest first: more context, better guesses.
    private static let lengths = [4, 3, 2]

    private struct Gram: Hashable {
        var first: TokenID
        var second: TokenID
        /// Negative where the gram is shorter.
        var third = TokenID(rawValue: -1)
        var fourth = TokenID(rawValue: -1)
    }

    /// Ends of each gram's last two occurrences: the newest is often the end of the sequence itself.
    private var ends: [Gram: (last: Int32, before: Int32)] = [:]

    package mutating func note(_ tokens: borrowing [TokenID], at index: Int) {
        for length in Self.lengths {
            guard let gram = Self.gram(length, of: tokens, endingAt: index) else { continue }
            ends[gram] = (last: Int32(index), before: ends[gram]?.last ?? -1)
        }
    }

    package func propose(after tokens: borrowing [TokenID], atMost count: Int, into draft: inout [TokenID]) {
        for length in Self.lengths {
            guard let gram = Self.gram(length, of: tokens, endingAt: tokens.count - 1), let known = ends[gram],
                known.before >= 0
            else { continue }
            copy(tokens, after: Int(known.before), atMost: count, into: &draft)
            return
        }
    }

    private static func gram(_ length: Int, of tokens: borrowing [TokenID], endingAt end: Int) -> Gram? {
        guard end >= length - 1 else { return nil }
        var gram = Gram(first: tokens[end], second: tokens[end - 1])
        if length >= 3 { gram.third = tokens[end - 2] }
        if length >= 4 { gram.fourth = tokens[end - 3] }
        return gram
    }
}
