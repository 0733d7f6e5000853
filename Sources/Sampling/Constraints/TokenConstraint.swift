// TokenConstraint.swift — a rule about which tokens may come next.
// Sampling.  Step 1 of the pipeline; grammars plug in here.

package import Base

/// Which tokens of the vocabulary may come next: a list of them as long as they are few, and always one bit a token.
///
/// A mask of a few tokens costs what those few cost, whatever the size of the vocabulary: the rest of the row is never
/// looked at.
package struct TokenMask: Sendable {
    package let vocabularySize: Int
    private var words: [UInt64]
    /// The allowed tokens, each once, in the order they came; stops growing beyond `listLimit`.
    private var list: [TokenID] = []
    private var isListed = true
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
            token.index >= 0 && token.index < vocabularySize
                && words[token.index >> 6] >> UInt64(token.index & 63) & 1 == 1
        }
        set {
            guard self[token] != newValue, token.index >= 0, token.index < vocabularySize else { return }
            words[token.index >> 6] ^= UInt64(1) << UInt64(token.index & 63)
            guard isListed else { return }
            if newValue {
                list.append(token)
                isListed = list.count <= listLimit
            } else {
                list.removeAll { $0 == token }
            }
        }
    }

    /// - Complexity: O(allowed) while they are listed, else O(vocabulary / 64).
    package mutating func removeAll() {
        if isListed {
            for token in list { words[token.index >> 6] = 0 }
        } else {
            for index in words.indices { words[index] = 0 }
        }
        list.removeAll(keepingCapacity: true)
        isListed = true
    }

    /// Allows every token.
    package mutating func insertAll() {
        list.removeAll(keepingCapacity: true)
        isListed = false
        for index in words.indices { words[index] = .max }
        let rest = vocabularySize & 63
        if rest > 0 { words[words.count - 1] = (1 << UInt64(rest)) - 1 }
    }

    /// The allowed tokens if they are few, ascending; then nothing else of a row needs to be read.
    mutating func listedTokens() -> [TokenID]? {
        guard isListed else { return nil }
        list.sort()
        return list
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
