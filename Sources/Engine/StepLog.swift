// StepLog.swift — the last steps, in a ring that never grows.
// Engine.

/// Remembers `capacity` steps. Adding one allocates nothing.
struct StepLog {
    static let capacity = 256

    private var ring = [StepRecord](repeating: StepRecord(), count: capacity)
    private var count = 0

    /// Notes a step that is over.
    /// - Parameters:
    ///   - statistics: as they are now; `before` as they were when the step began.
    mutating func append(
        _ plan: StepPlan, promptRowCount: Int, startNanoseconds: UInt64, _ statistics: EngineStatistics,
        before: (generated: UInt64, accepted: UInt64)
    ) {
        var record = StepRecord()
        record.number = statistics.stepCount
        (record.startNanoseconds, record.endNanoseconds) = (startNanoseconds, statistics.lastStepNanoseconds)
        record.prefillRowCount = promptRowCount
        record.draftRowCount = plan.draftRowCount
        record.decodeRowCount = plan.rowCount - plan.draftRowCount - promptRowCount
        record.acceptedCount = Int(statistics.acceptedTokenCount - before.accepted)
        record.generatedCount = Int(statistics.generatedTokenCount - before.generated)
        (record.runningCount, record.waitingCount) = (statistics.runningCount, statistics.waitingCount)
        (record.usedBlockCount, record.cachedBlockCount) = (statistics.usedBlockCount, statistics.cachedBlockCount)
        append(record)
    }

    mutating func append(_ record: StepRecord) {
        ring[count % Self.capacity] = record
        count += 1
    }

    /// The oldest first.
    var records: [StepRecord] {
        (max(0, count - Self.capacity)..<count).map { ring[$0 % Self.capacity] }
    }
}
