// StepLog.swift — the last steps, in a ring that never grows.
// Engine.

/// Remembers `capacity` steps. Adding one allocates nothing.
struct StepLog {
    static let capacity = 256

    private var ring = [StepRecord](repeating: StepRecord(), count: capacity)
    private var count = 0

    mutating func append(_ record: StepRecord) {
        ring[count % Self.capacity] = record
        count += 1
    }

    /// The oldest first.
    var records: [StepRecord] {
        (max(0, count - Self.capacity)..<count).map { ring[$0 % Self.capacity] }
    }
}
