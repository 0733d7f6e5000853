// TimeBreakdown.swift — where a request's time in the engine went.
// Engine › Boundary.

/// Nanoseconds by cause, from a request's arrival in the engine to its end. They add up to exactly that time.
package struct TimeBreakdown: Sendable, Equatable {
    package enum Cause: Int, CaseIterable, Sendable {
        /// Before its first step.
        case queue
        /// Steps that computed its prompt.
        case ownPrefill
        /// The part of its steps, and the whole of those it had no row in, that went to others' prompts.
        case othersPrefill
        /// Steps that chose its tokens, and the moments between them.
        case decode
        /// Waiting after a preemption, and computing again what was lost by it.
        case recompute
        /// The part of its steps that went to guesses which did not come true.
        case rejectedDrafts
        /// Paused, because its client did not read.
        case backPressure
    }

    private var nanoseconds: InlineArray<7, UInt64> = .init(repeating: 0)

    package init() {}

    package subscript(cause: Cause) -> UInt64 {
        get { nanoseconds[cause.rawValue] }
        set { nanoseconds[cause.rawValue] = newValue }
    }

    package var total: UInt64 { Cause.allCases.reduce(0) { $0 + self[$1] } }

    package static func == (left: TimeBreakdown, right: TimeBreakdown) -> Bool {
        Cause.allCases.allSatisfy { left[$0] == right[$0] }
    }
}
