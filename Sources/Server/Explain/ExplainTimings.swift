// ExplainTimings.swift — where an explanation's milliseconds went.
// Server › Explain.

package import Engine

/// The stages of one answer, from its request's head to its end; they add up to its wall time.
///
///     head ─ waiting ─► found a thread ─ evidence … , prompt ─► ready ─ limiter, waiting ─► submitted ─ the engine's ─►
///     finished ─ delivery ─► answered
///
/// All times are of one monotonic clock, in nanoseconds.
package struct ExplainTimings: Sendable {
    package typealias Stage = (stage: String, milliseconds: Double)

    package let startNanoseconds: UInt64
    /// From when to when a pool thread looked for evidence and wrote the prompt.
    package let pool: (start: UInt64, end: UInt64)
    /// The evidence's own stages, in order.
    package let evidence: [Stage]
    /// How long the request waited for its limits, before and behind the evidence.
    package var limiterNanoseconds: UInt64 = 0
    package var submittedNanoseconds: UInt64 = 0
    /// Nil where the engine had nothing to do.
    package var engine: RequestTimings?

    package init(startNanoseconds: UInt64, pool: (start: UInt64, end: UInt64), evidence: [Stage]) {
        self.startNanoseconds = startNanoseconds
        self.pool = pool
        self.evidence = evidence
    }

    /// - Parameter end: when the answer was ready to be sent.
    package func stages(end: UInt64) -> [Stage] {
        func span(_ from: UInt64, _ to: UInt64) -> Double { Double(Int64(bitPattern: to &- from)) / 1e6 }
        let limiter = Double(limiterNanoseconds) / 1e6
        var stages: [Stage] = [
            // For a free thread, and from it back to the loop.
            ("waiting", span(startNanoseconds, pool.start) + span(pool.end, submittedNanoseconds) - limiter),
            ("limiter", limiter),
        ]
        stages += evidence
        // The outline, the template, the tokenizer, the grammar of what may be said.
        stages.append(("prompt", span(pool.start, pool.end) - evidence.reduce(0) { $0 + $1.milliseconds }))
        if let engine {
            stages += [
                ("queue", span(submittedNanoseconds, engine.scheduledNanoseconds)),
                ("prefill", span(engine.scheduledNanoseconds, engine.firstTokenNanoseconds)),
                ("decode", span(engine.firstTokenNanoseconds, engine.finishedNanoseconds)),
            ]
        }
        stages.append(("delivery", span(engine?.finishedNanoseconds ?? submittedNanoseconds, end)))
        stages.append(("total", span(startNanoseconds, end)))
        return stages
    }
}
