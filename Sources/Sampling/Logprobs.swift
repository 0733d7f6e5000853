// Logprobs.swift — how likely the model itself thought a token, before anything was asked of the sampler.
// Sampling.  The logarithm of the softmax over the whole vocabulary: no bias, penalty, temperature or truncation.

package import Base
import Kernels

/// A token and the natural logarithm of its probability.
package struct TokenLogprob: Sendable, Equatable {
    package let token: TokenID
    package let logprob: Float

    package init(token: TokenID, logprob: Float) {
        self.token = token
        self.logprob = logprob
    }
}

/// One place of a sequence: the token that stands there, and the likeliest ones, which may hold it too.
package struct TokenLogprobs: Sendable, Equatable {
    package let chosen: TokenLogprob
    /// The likeliest first, the lowest id among equals.
    package let top: [TokenLogprob]

    package init(chosen: TokenLogprob, top: [TokenLogprob]) {
        self.chosen = chosen
        self.top = top
    }
}

/// Keeps a copy of one row of logits, because choosing a token overwrites the row.
///
/// A row's result depends on nothing but the row, so it is the same in every batch.
package struct LogprobReader: Sendable {
    private var row: [Float] = []
    /// ln Σ exp(logit).
    private var logOfSum = 0.0

    package init() {}

    /// Reads a row as the model left it. - Complexity: O(vocabulary).
    package mutating func read(_ logits: UnsafeMutableBufferPointer<Float>) {
        row.removeAll(keepingCapacity: true)
        unsafe row.append(contentsOf: logits)
        guard let start = logits.baseAddress else { return }
        let pointer = UnsafePointer(start)
        let largest = unsafe maximum(pointer, count: logits.count)
        let sum = unsafe sumOfExponentials(pointer, count: logits.count, subtracting: largest)
        logOfSum = Double(largest) + naturalLogarithm(sum)
    }

    /// What the row says about `token`, and its `count` likeliest tokens.
    /// - Complexity: O(vocabulary) where `count` is above zero, else O(1).
    package func logprobs(of token: TokenID, top count: Int) -> TokenLogprobs {
        TokenLogprobs(chosen: entry(token.index), top: largest(count).map(entry))
    }

    private func entry(_ index: Int) -> TokenLogprob {
        TokenLogprob(token: TokenID(index), logprob: Float(Double(row[index]) - logOfSum))
    }

    /// Indices of the largest logits, in order. NaN is never among them.
    private func largest(_ count: Int) -> [Int] {
        guard count > 0 else { return [] }
        var best: [Int] = []
        best.reserveCapacity(count + 1)
        for index in row.indices {
            let logit = row[index]
            // Nearly every logit stops here. Equals stay behind those that came before them.
            guard best.count < count ? logit == logit : logit > row[best[count - 1]] else { continue }
            var place = best.count
            while place > 0, logit > row[best[place - 1]] { place -= 1 }
            best.insert(index, at: place)
            if best.count > count { best.removeLast() }
        }
        return best
    }
}
