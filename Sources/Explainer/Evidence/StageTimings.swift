// StageTimings.swift — how long each stage of a question took.
// Explainer › Evidence.

internal import Base

/// Milliseconds from stage to stage.
struct StageTimings {
    private let time: any TimeSource
    private var last: UInt64
    private(set) var stages: [(stage: String, milliseconds: Double)] = []

    init(_ time: any TimeSource) {
        self.time = time
        last = time.nanoseconds()
    }

    mutating func end(_ stage: String) {
        let now = time.nanoseconds()
        stages.append((stage, Double(now - last) / 1e6))
        last = now
    }
}
