// DraftPlanner.swift — how many guesses each request of a step gets.
// Engine › Speculation.

/// Chooses the guesses that give the most tokens per time, for everybody in the step together.
///
/// The most promising guess of all requests comes first: the first one of whoever is most often right, then, at the
/// chance that two in a row are right, his second or somebody's first, and so on. Behind which of them to stop is where
/// tokens per time are highest.
struct DraftPlanner {
    let cost: VerifyCost
    /// Rows that the step has room for.
    let rowLimit: Int
    /// Plain steps that may be lost if every guess is wrong.
    let allowance: Double
    /// Plain steps that it takes a draft model to guess one token for so many requests.
    let pass: (_ requests: Int) -> Double
    let stepsPerSecond: Double

    /// What guesses must promise: costs and chances are measured with errors, and their own cost is paid for sure.
    private static let caution = 1.03

    /// What is right less often than this does not pay where a row costs anything.
    private static let leastChance = 0.02

    /// - Returns: the number of guesses of each candidate.
    /// - Complexity: O(rowLimit · candidates).
    func counts(for candidates: [DraftPolicy.Candidate]) -> [Int] {
        var counts = [Int](repeating: 0, count: candidates.count)
        guard candidates.contains(where: { $0.limit > 0 }) else { return counts }
        var chances = candidates.map(\.acceptance)
        var order: [Int] = []
        // How many requests the draft model's first, second … pass guesses for.
        var widths: [Int] = []
        var (tokens, effort) = (Double(candidates.count), 0.0)
        var (bestCount, bestRate) = (0, Self.caution)
        while order.count < rowLimit {
            var next: Int?
            for index in candidates.indices where counts[index] < candidates[index].limit {
                if let found = next, chances[found] >= chances[index] { continue }
                next = index
            }
            guard let next, chances[next] > Self.leastChance else { break }
            let depth = counts[next]
            if depth == widths.count { widths.append(0) }
            effort += pass(widths[depth] + 1) - (widths[depth] > 0 ? pass(widths[depth]) : 0)
            if depth == 0 {
                effort += stepsPerSecond * candidates[next].secondsToBegin / DraftBudget.writeOffSteps
            }
            widths[depth] += 1
            counts[next] += 1
            order.append(next)
            tokens += chances[next]
            chances[next] *= candidates[next].acceptance

            let added = cost.added(byGuesses: order.count, requests: candidates.count) + effort
            guard added <= allowance else { break }
            let rate = tokens / Double(candidates.count) / (1 + added)
            if rate > bestRate { (bestCount, bestRate) = (order.count, rate) }
        }
        for index in order[bestCount...] { counts[index] -= 1 }
        return counts
    }

    /// By how many plain steps these guesses lengthen the step.
    func added(by counts: [Int]) -> Double {
        let passes = (0..<(counts.max() ?? 0)).reduce(0) { sum, depth in sum + pass(counts.count { $0 > depth }) }
        return passes + cost.added(byGuesses: counts.reduce(0, +), requests: counts.count)
    }
}
