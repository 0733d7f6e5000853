// StepCost.swift — what one more row costs a step, learned while serving.
// Engine › Speculation.

/// Fits `seconds of a step = base + slope · rows` to recent steps that only decode.
///
/// Until steps of different sizes were seen, a row is taken to cost a fixed share of a step. Only speed depends on
/// this: outputs are the same whatever is drafted.
struct StepCost {
    /// Share of a one-row step that a further row is believed to cost before anything was measured.
    private static let believedShare = 0.2
    /// Weight of that belief, in (rows away from the mean)².
    private static let beliefWeight = 4.0
    /// Each step counts this much of the one after it.
    private static let decay = 0.98

    private var weight = 0.0
    private var meanRows = 0.0
    private var meanSeconds = 0.0
    private var rowsVariation = 0.0
    private var covariation = 0.0

    /// A step that took longer than this many times what it should have was interrupted by somebody else's work.
    private static let longestBelieved = 2.0

    mutating func observe(rows: Int, seconds: Double) {
        // One step that lost its core for ten milliseconds would outweigh a hundred that did not.
        let seconds = isMeasured ? min(seconds, Self.longestBelieved * cost(rows: rows)) : seconds
        let rows = Double(rows)
        weight = weight * Self.decay + 1
        let share = 1 / weight
        let rowsAway = rows - meanRows
        meanRows += share * rowsAway
        let secondsAway = seconds - meanSeconds
        meanSeconds += share * secondsAway
        // Steps of one size tell nothing about a row's cost: what was known of it is not forgotten over them.
        let decay = abs(rowsAway) < 0.5 ? 1 : Self.decay
        rowsVariation = rowsVariation * decay + rowsAway * (rows - meanRows)
        covariation = covariation * decay + rowsAway * (seconds - meanSeconds)
    }

    var isMeasured: Bool { meanSeconds > 0 }

    /// What one more row adds to a step of so many, as a share of it.
    func share(ofRowBeside rows: Int) -> Double { cost(rows: rows + 1) / cost(rows: rows) - 1 }

    /// Cost of a step of so many rows, in seconds; before anything was measured, in one-row steps.
    func cost(rows: Int) -> Double {
        guard isMeasured else { return 1 + Self.believedShare * Double(rows - 1) }
        let believed = Self.believedShare * meanSeconds / (1 + Self.believedShare * max(meanRows - 1, 0))
        let slope = max(0, (covariation + Self.beliefWeight * believed) / (rowsVariation + Self.beliefWeight))
        // Never free, never below a tenth of what was measured.
        return max(meanSeconds + slope * (Double(rows) - meanRows), meanSeconds / 10)
    }
}
