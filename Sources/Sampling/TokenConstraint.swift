// TokenConstraint.swift — a rule about which tokens may come next.
// Sampling.  Step 1 of the pipeline; grammars and quotation constraints plug in here.

package import Base

/// One bit per token of the vocabulary: may it come next?
package struct TokenMask: Sendable, Equatable {
    package let vocabularySize: Int
    private var words: [UInt64]

    /// Nothing allowed.
    package init(vocabularySize: Int) {
        self.vocabularySize = vocabularySize
        words = [UInt64](repeating: 0, count: (vocabularySize + 63) / 64)
    }

    package subscript(token: TokenID) -> Bool {
        get { words[token.index >> 6] >> UInt64(token.index & 63) & 1 == 1 }
        set {
            let bit = UInt64(1) << UInt64(token.index & 63)
            if newValue { words[token.index >> 6] |= bit } else { words[token.index >> 6] &= ~bit }
        }
    }

    package mutating func removeAll() {
        for index in words.indices { words[index] = 0 }
    }

    /// Sets the logit of every token that is not allowed to −∞.
    func apply(to logits: UnsafeMutableBufferPointer<Float>) {
        for word in words.indices where words[word] != .max {
            let start = word * 64
            for token in start..<min(start + 64, vocabularySize) where words[word] >> UInt64(token - start) & 1 == 0 {
                unsafe logits[token] = -.infinity
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
    /// Moves on by one token that was emitted.
    mutating func accept(_ token: TokenID)
    /// Undoes the last `count` accepted tokens (drafts that were rejected).
    mutating func rollback(_ count: Int)
}
