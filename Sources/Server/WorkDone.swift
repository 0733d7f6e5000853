// WorkDone.swift — an answer's body that no engine made, and how long that took.
// Server.

import Base

/// Made on whatever thread the work is done on.
struct WorkDone: Sendable {
    let body: [UInt8]
    /// What the time went to, in order, as far as the work tells it.
    private(set) var stages: [(name: String, milliseconds: Double)]

    /// Does the work; its time has no parts.
    init(_ time: any TimeSource, _ work: () throws(APIError) -> [UInt8]) throws(APIError) {
        let start = time.nanoseconds()
        body = try work()
        stages = []
        note(time.nanoseconds() &- start)
    }

    /// - Parameters:
    ///   - nanoseconds: of the whole work.
    ///   - stages: parts of it.
    init(_ body: [UInt8], nanoseconds: UInt64, stages: [(name: String, milliseconds: Double)] = []) {
        self.body = body
        self.stages = stages
        note(nanoseconds)
    }

    /// What no stage has is plain work.
    private mutating func note(_ nanoseconds: UInt64) {
        let known = stages.reduce(0) { $0 + $1.milliseconds }
        stages.append(("work", max(0, Double(nanoseconds) / 1e6 - known)))
    }

    /// Behind earlier work of the same request: decoding, before it was known what is to be done.
    func after(nanoseconds: UInt64) -> WorkDone {
        var sum = self
        sum.stages[sum.stages.count - 1].milliseconds += Double(nanoseconds) / 1e6
        return sum
    }
}
