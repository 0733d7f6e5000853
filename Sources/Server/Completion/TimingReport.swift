// TimingReport.swift — where one answer's milliseconds went.
// Server › Completion.

package import Base
package import Engine

/// The parts of a request's wall time, from its head to the end of its answer; they add up to it. Of several choices, it
/// tells of the one that ended last.
///
///     head ─ preparation, limiter ─► submitted ─ queue … decode: the engine's ─► finished ─ delivery ─► answered
package struct TimingReport: Sendable, Equatable {
    /// Milliseconds by the names that clients see, in this order.
    package let parts: [(name: String, milliseconds: Double)]
    package let total: Double

    /// All times are of one monotonic clock, in nanoseconds.
    /// - Parameters:
    ///   - limiter: how long the request waited for its limits, somewhere between `start` and `submitted`.
    package init(start: UInt64, limiter: UInt64, submitted: UInt64, engine: RequestTimings, end: UInt64) {
        func milliseconds(_ nanoseconds: UInt64) -> Double { Double(Int64(bitPattern: nanoseconds)) / 1e6 }
        let breakdown = engine.breakdown
        parts = [
            // Parsing, the template, the tokenizer.
            ("preparation", milliseconds(submitted &- start &- limiter)),
            ("limiter", milliseconds(limiter)),
            ("queue", milliseconds(engine.arrivalNanoseconds &- submitted &+ breakdown[.queue])),
            ("own_prefill", milliseconds(breakdown[.ownPrefill])),
            ("others_prefill", milliseconds(breakdown[.othersPrefill])),
            ("decode", milliseconds(breakdown[.decode])),
            ("recompute", milliseconds(breakdown[.recompute])),
            ("rejected_drafts", milliseconds(breakdown[.rejectedDrafts])),
            ("back_pressure", milliseconds(breakdown[.backPressure])),
            // From the engine's thread to the loop, into text, into JSON.
            ("delivery", milliseconds(end &- engine.finishedNanoseconds)),
        ]
        total = milliseconds(end &- start)
    }

    /// Of an answer without the engine: the wait for its limits, its work, and the rest, which is waiting for a thread.
    package init(start: UInt64, limiter: UInt64, work: [(name: String, milliseconds: Double)], end: UInt64) {
        total = Double(end &- start) / 1e6
        var parts: [(name: String, milliseconds: Double)] = [("limiter", Double(limiter) / 1e6)]
        parts += work
        parts.append(("other", total - parts.reduce(0) { $0 + $1.milliseconds }))
        self.parts = parts
    }

    /// A whole answer, a JSON object, with the member `timings` as its last.
    package func added(to object: [UInt8]) -> [UInt8] {
        precondition(object.last == UInt8(ascii: "}"))
        var json = JSONWriter()
        write(to: &json)
        var bytes = Array(object.dropLast())
        bytes += Array((object.count > 2 ? ",\"timings\":" : "\"timings\":").utf8)
        bytes += json.bytes
        bytes.append(UInt8(ascii: "}"))
        return bytes
    }

    package func write(to json: inout JSONWriter) {
        json.object { json in
            for part in parts { json.field("\(part.name)_ms", Self.rounded(part.milliseconds)) }
            json.field("total_ms", Self.rounded(total))
        }
    }

    /// To the microsecond.
    private static func rounded(_ milliseconds: Double) -> Double { (milliseconds * 1_000).rounded() / 1_000 }

    package static func == (left: TimingReport, right: TimingReport) -> Bool {
        left.total == right.total && left.parts.elementsEqual(right.parts) { $0 == $1 }
    }
}
