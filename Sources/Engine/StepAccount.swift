// StepAccount.swift — divides a step's time among the causes that each request sees in it.
// Engine.  By rows: a step's time is the sum of its rows' far more than of anything else.

/// A request's part in the step that is being made.
struct StepShare {
    /// Nil: it has no row in the step.
    var rowCount: Int?
    var isPrompt = false
    /// Rows that were computed before a preemption took them away.
    var recomputedCount = 0
    var rejectedCount = 0
}

/// The step that is being made, or the time since the last one.
struct StepAccount {
    private var rowCount = 0
    private(set) var promptRowCount = 0

    /// The plan is made; everybody's time is settled up to the moment before.
    mutating func begin(_ plan: StepPlan) {
        (rowCount, promptRowCount) = (plan.rowCount, 0)
        for entry in plan.entries {
            let request = entry.request
            // Tokens that a constraint left no choice about are computed several at once, and are output all the same.
            let isNewOutput = entry.range.lowerBound >= max(request.promptCount, request.mostComputedCount)
            let isPrompt = !(request.outputCount > 0 && (entry.range.count == 1 || isNewOutput))
            if isPrompt { promptRowCount += entry.rowCount }
            request.share = StepShare(
                rowCount: entry.rowCount, isPrompt: isPrompt,
                recomputedCount: max(
                    0, min(request.mostComputedCount, entry.range.upperBound) - entry.range.lowerBound))
        }
    }

    /// The step is over: time runs outside of steps until the next one begins.
    mutating func end() { (rowCount, promptRowCount) = (0, 0) }

    /// Accounts for the request's time up to `now`.
    func settle(_ request: Request, until now: UInt64) {
        guard now > request.accountedNanoseconds else { return }
        divide(now - request.accountedNanoseconds, request)
        request.accountedNanoseconds = now
    }

    private func divide(_ duration: UInt64, _ request: Request) {
        guard rowCount > 0 else { return Self.add(duration, Self.idleCause(request), request) }
        let share = request.share
        guard let ownCount = share.rowCount else {
            let isKept = request.status == .running && !request.isPaused
            return Self.add(duration, isKept ? .othersPrefill : Self.idleCause(request), request)
        }
        func part(_ rows: Int) -> UInt64 { duration * UInt64(max(0, rows)) / UInt64(rowCount) }
        let others = part(promptRowCount - (share.isPrompt ? ownCount : 0))
        let recomputed = part(share.recomputedCount)
        let rejected = part(share.rejectedCount)
        Self.add(others, .othersPrefill, request)
        Self.add(recomputed, .recompute, request)
        Self.add(rejected, .rejectedDrafts, request)
        // A prompt that is computed for the second time only, after a preemption, is all recomputing.
        let cause: TimeBreakdown.Cause =
            !share.isPrompt ? .decode : ownCount > 0 && share.recomputedCount == ownCount ? .recompute : .ownPrefill
        Self.add(duration - others - recomputed - rejected, cause, request)
    }

    /// What a request waits for that is not in a step.
    private static func idleCause(_ request: Request) -> TimeBreakdown.Cause {
        if request.isPaused { return .backPressure }
        if request.status == .waiting { return request.timings.scheduledNanoseconds == 0 ? .queue : .recompute }
        return request.outputCount > 0 ? .decode : .ownPrefill
    }

    private static func add(_ nanoseconds: UInt64, _ cause: TimeBreakdown.Cause, _ request: Request) {
        request.timings.breakdown[cause] += nanoseconds
    }
}
