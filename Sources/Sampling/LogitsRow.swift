// LogitsRow.swift — one row of logits, or the few of them that a constraint allows.
// Sampling.

import Base
import Kernels

/// What the pipeline chooses from.
struct LogitsRow {
    let logits: UnsafeMutableBufferPointer<Float>
    /// Ascending; nil for all, with −∞ where a constraint forbids. What is not in the list is never read.
    var allowed: [TokenID]?

    /// Calls `body` for every token that is not masked for sure, in ascending order.
    @inline(__always)
    func forEach(_ body: (TokenID, Float) -> Void) {
        if let allowed {
            for token in allowed { unsafe body(token, logits[token.index]) }
        } else {
            for index in unsafe 0..<logits.count { unsafe body(TokenID(index), logits[index]) }
        }
    }

    /// The token of the largest logit, the lowest among equals; NaN never wins.
    func largest() -> TokenID? {
        guard allowed != nil else {
            guard let start = unsafe logits.baseAddress, logits.count > 0 else { return nil }
            let index = unsafe argmax(start, count: logits.count)
            return unsafe logits[index] > -.infinity ? TokenID(index) : nil
        }
        var best = -Float.infinity
        var bestToken: TokenID?
        forEach { token, logit in
            if logit > best {
                best = logit
                bestToken = token
            }
        }
        return bestToken
    }
}
