// CandidateSet.swift — the tokens that survive truncation, and the three ways to truncate.
// Sampling.  Nucleus sampling: Holtzman et al. 2020, arXiv:1904.09751; min-p: Nguyen et al. 2024, arXiv:2407.01082.
//
// The vocabulary is never sorted. Top-k selects around a pivot, top-p first drops what cannot be in the nucleus and
// then pops from a heap until the mass is reached.

package import Base

/// One surviving token: its id and its distance from the largest logit, divided by the temperature.
package struct Candidate: Sendable, Equatable {
    package let token: TokenID
    package let logit: Float

    /// Larger logit first; the lower id among equals, so that the order is total and the same everywhere.
    func precedes(_ other: Candidate) -> Bool {
        logit != other.logit ? logit > other.logit : token < other.token
    }
}

/// Candidates in no particular order. Kept by the pipeline between draws so that its array is allocated once.
package struct CandidateSet: Sendable {
    package private(set) var candidates: [Candidate] = []

    package init() {}

    /// Takes every finite logit, relative to the largest and divided by `temperature`. The largest becomes 0: however
    /// small the temperature, it cannot overflow and drop out; what falls to −∞ has no probability left.
    mutating func collect(_ row: LogitsRow, temperature: Float) {
        candidates.removeAll(keepingCapacity: true)
        var largest = -Float.infinity
        row.forEach { _, logit in if logit.isFinite, logit > largest { largest = logit } }
        row.forEach { token, logit in
            // Masked tokens are −∞; NaN is the model's failure and never a choice.
            guard logit.isFinite else { return }
            let relative = (logit - largest) / temperature
            if relative.isFinite { candidates.append(Candidate(token: token, logit: relative)) }
        }
    }

    /// Drops tokens less likely than `minP` times the likeliest.
    mutating func keepMinP(_ minP: Float) {
        guard minP > 0 else { return }
        let floor = naturalLogarithm(Double(minP))
        candidates.removeAll { Double($0.logit) < floor }
    }

    /// Keeps the `count` candidates with the largest logits.
    /// - Complexity: O(n) expected (quickselect).
    mutating func keepTopK(_ count: Int) {
        guard count > 0, count < candidates.count else { return }
        select(count)
        candidates.removeLast(candidates.count - count)
    }

    /// Keeps the smallest set of likeliest candidates whose probabilities add up to `topP` or more.
    /// - Complexity: O(n + s log n) for a nucleus of s tokens.
    mutating func keepTopP(_ topP: Float) {
        guard topP < 1, candidates.count > 1 else { return }
        let topP = Double(topP)
        var total = 0.0
        for candidate in candidates { total += weight(candidate) }
        // n − 1 tokens below (1 − p)/(n − 1) together weigh less than 1 − p: the rest alone reaches p. The likeliest,
        // whose weight is 1, always belongs to the rest.
        let cutoff = min(1, total * (1 - topP) / Double(candidates.count - 1))
        candidates.removeAll { exponential(Double($0.logit)) < cutoff }
        makeHeap()
        var kept = 0.0
        var heapCount = candidates.count
        while heapCount > 0, kept < topP * total {
            kept += weight(candidates[0])
            heapCount -= 1
            candidates.swapAt(0, heapCount)
            siftDown(0, heapCount)
        }
        // Popped candidates stand at the end.
        candidates.removeFirst(heapCount)
    }

    /// exp(logit − largest): a probability before it is normalised.
    package func weight(_ candidate: Candidate) -> Double {
        exponential(Double(candidate.logit))
    }

    /// Probabilities of the candidates, in their order; they add up to 1.
    package func probabilities() -> [Double] {
        let weights = candidates.map(weight)
        let total = weights.reduce(0, +)
        return weights.map { $0 / total }
    }

    // MARK: - Selection

    /// Reorders so that the first `count` candidates precede all others.
    private mutating func select(_ count: Int) {
        var low = 0
        var high = candidates.count - 1
        while low < high {
            let pivot = medianOfThree(low, (low + high) / 2, high)
            var left = low
            var right = high
            while left <= right {
                while candidates[left].precedes(pivot) { left += 1 }
                while pivot.precedes(candidates[right]) { right -= 1 }
                if left <= right {
                    candidates.swapAt(left, right)
                    left += 1
                    right -= 1
                }
            }
            if count - 1 <= right { high = right } else if count - 1 >= left { low = left } else { return }
        }
    }

    private func medianOfThree(_ a: Int, _ b: Int, _ c: Int) -> Candidate {
        let (x, y, z) = (candidates[a], candidates[b], candidates[c])
        if x.precedes(y) { return y.precedes(z) ? y : (x.precedes(z) ? z : x) }
        return x.precedes(z) ? x : (y.precedes(z) ? z : y)
    }

    private mutating func makeHeap() {
        for index in stride(from: candidates.count / 2 - 1, through: 0, by: -1) { siftDown(index, candidates.count) }
    }

    private mutating func siftDown(_ start: Int, _ count: Int) {
        var parent = start
        while true {
            var first = parent
            let left = 2 * parent + 1
            if left < count, candidates[left].precedes(candidates[first]) { first = left }
            if left + 1 < count, candidates[left + 1].precedes(candidates[first]) { first = left + 1 }
            if first == parent { return }
            candidates.swapAt(parent, first)
            parent = first
        }
    }
}
