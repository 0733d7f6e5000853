// TokenConstraint.swift — a rule about which tokens may come next.
// Sampling.  Step 1 of the pipeline; grammars plug in here.

package import Base

/// Which tokens of the vocabulary may come next, one bit a token.
///
/// A mask of a few tokens costs what those few cost and a glance at the words: the rest of the row is never looked at. One
/// of many costs a write for every token it forbids.
package struct TokenMask: Sendable {
    package let vocabularySize: Int
    private var words: [UInt64]
    /// Kept between choices so that it is allocated once.
    private var list: [TokenID] = []
    /// Where a pass over the whole row begins to be cheaper than picking tokens out of it.
    private let listLimit: Int

    /// Nothing allowed.
    package init(vocabularySize: Int) {
        self.vocabularySize = vocabularySize
        listLimit = max(64, vocabularySize / 16)
        words = [UInt64](repeating: 0, count: (vocabularySize + 63) / 64)
    }

    /// Whether `token` may come next. A token outside the vocabulary never may; allowing it does nothing.
    package subscript(token: TokenID) -> Bool {
        get {
            let index = token.index
            return index >= 0 && index < vocabularySize && words[index >> 6] >> UInt64(index & 63) & 1 == 1
        }
        set {
            let index = token.index
            guard index >= 0, index < vocabularySize else { return }
            let bit = UInt64(1) << UInt64(index & 63)
            if newValue { words[index >> 6] |= bit } else { words[index >> 6] &= ~bit }
        }
    }

    /// - Complexity: O(vocabulary / 64).
    package mutating func removeAll() {
        for index in words.indices { words[index] = 0 }
    }

    /// Allows every token.
    /// - Complexity: O(vocabulary / 64).
    package mutating func insertAll() {
        for index in words.indices { words[index] = .max }
        let rest = vocabularySize & 63
        if rest > 0 { words[words.count - 1] = (1 << UInt64(rest)) - 1 }
    }

    /// The allowed tokens if they are few, ascending; then nothing else of a row needs to be read.
    /// - Complexity: O(allowed + vocabulary / 64).
    mutating func listedTokens() -> [TokenID]? {
        let count = words.reduce(0) { $0 + $1.nonzeroBitCount }
        guard count <= listLimit else { return nil }
        list.removeAll(keepingCapacity: true)
        for index in words.indices where words[index] != 0 {
            var word = words[index]
            while word != 0 {
                list.append(TokenID(index << 6 | word.trailingZeroBitCount))
                word &= word &- 1
            }
        }
        return list
    }

    /// Sets the logit of every token that is not allowed to −∞: word by word, only the forbidden ones are visited.
    /// - Precondition: the row is as wide as the vocabulary.
    func apply(to logits: UnsafeMutableBufferPointer<Float>) {
        precondition(logits.count == vocabularySize, "a mask of another vocabulary")
        for index in words.indices {
            var forbidden = ~words[index]
            // The last word may be longer than the row.
            let width = vocabularySize - index * 64
            if width < 64 { forbidden &= (1 << UInt64(width)) - 1 }
            while forbidden != 0 {
                unsafe logits[index << 6 | forbidden.trailingZeroBitCount] = -.infinity
                forbidden &= forbidden &- 1
            }
        }
    }
}

/// Decides, token by token, what may be generated.
///
/// A value: the engine keeps one per request and copies it when it needs to look ahead.
package protocol TokenConstraint: Sendable {
    /// Marks the tokens allowed next in `mask`, which arrives empty.
    mutating func fillMask(_ mask: inout TokenMask)
    /// Moves on by one token that was emitted, or that a draft model guesses.
    mutating func accept(_ token: TokenID)
    /// Undoes the last `count` accepted tokens: guesses, once a draft is complete.
    mutating func rollback(_ count: Int)
    /// The token that comes next where the mask would allow only one: it needs no logits. Nil promises nothing.
    var onlyToken: TokenID? { get }
}

extension TokenConstraint {
    package var onlyToken: TokenID? { nil }
}
